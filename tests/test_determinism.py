"""Equal bytes of every output, whatever the hash seed, time zone, locale, threads, umask, file order and workers."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT, written
from tests.fixture_types import RecordProperty
from tests.project import STAGES

#: The sample project through all stages, in a process whose folders are listed in another order.
_PROGRAM = """
import os, sys
from pathlib import Path
umask, engine, rows, listing = sys.argv[1:]
os.umask(int(umask, 8))

class Listing(list):
    __enter__ = lambda self: self
    __exit__ = lambda self, *error: None
    close = lambda self: None

scandir, listdir = os.scandir, os.listdir
backwards = listing == "backwards"
os.scandir = lambda *path: Listing(sorted(scandir(*path), key=lambda entry: entry.name, reverse=backwards))
os.listdir = lambda *path: sorted(listdir(*path), reverse=backwards)

from tests.bad_inputs import built

def change(params):
    params["engine"] = {"kind": engine, "rows": int(rows)}
    params["label"]["prelabel"] = {}
    params["augment"] = {"keep": "always", "methods": {"random_swap": {"factor": 0.3, "languages": ["en", "zh"]}}}

built.build(Path.cwd(), change)
"""

#: Environment; then umask, engine (this process, or the workers of Daft), rows of a part, order of listed folders.
HERE = (
    {"PYTHONHASHSEED": "1", "TZ": "UTC", "LC_ALL": "C.UTF-8", "LANGUAGE": "en", "OMP_NUM_THREADS": "1"},
    ("022", "local", "5000", "forwards"),
)
THERE = (
    {
        "PYTHONHASHSEED": "77",
        "TZ": "Asia/Kathmandu",
        "LC_ALL": "C",  # with the two below: ASCII, where a program does not say that it means UTF-8
        "PYTHONCOERCECLOCALE": "0",
        "PYTHONUTF8": "0",
        "LANGUAGE": "zh_CN",
        "OMP_NUM_THREADS": "3",
    },
    ("077", "daft", "30", "backwards"),
)


def outputs(folder: Path, environment: dict[str, str], arguments: tuple[str, ...]) -> dict[str, bytes]:
    """The bytes of every file that the nine stages write, in a folder of their own."""
    folder.mkdir()
    more = {"PYTHONPATH": str(ROOT), "SFT_CACHE": str(folder / ".cache"), **environment}
    command = [sys.executable, "-c", _PROGRAM, *arguments]
    done = subprocess.run(command, cwd=folder, env={**os.environ, **more}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    return {f"{stage}/{name}": data for stage in STAGES for name, data in written(folder / "data" / stage).items()}


def test_every_output_has_equal_bytes_in_another_environment(tmp_path: Path, record_property: RecordProperty) -> None:
    here, there = outputs(tmp_path / "here", *HERE), outputs(tmp_path / "there", *THERE)
    record_property("counts", f"determinism: {len(here)} files, {sum(map(len, here.values())):,} bytes, compared")
    assert here.keys() == there.keys()
    assert len(here) > 40
    assert [name for name, data in here.items() if there[name] != data] == []
