"""Equal bytes of every output, whatever the hash seed, time zone, language, threads, umask, file order and workers."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT, written
from tests.project import STAGES

_PROGRAM = """
import os, random, shutil, sys
from pathlib import Path
os.umask(int(sys.argv[1], 8))
from tests.bad_inputs import built
from pipeline.commands import init

def other_order(params):
    raw = Path("data/raw")
    files = sorted((f for f in raw.rglob("*") if f.is_file()), reverse=True)
    kept = {file: file.read_bytes() for file in files}
    shutil.rmtree(raw)
    for file, content in kept.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)

def change(params):
    params["engine"] = {"kind": sys.argv[2], "rows": int(sys.argv[3])}
    if sys.argv[4] == "reversed":
        other_order(params)

built.build(Path.cwd(), change)
"""

#: Environment, then umask, engine (one process, or Daft's workers), rows of a part, order in which raw files come to lie on the disk.
HERE = {"PYTHONHASHSEED": "1", "TZ": "UTC", "LC_ALL": "C.UTF-8", "OMP_NUM_THREADS": "1"}, ("022", "local", "5000", "sorted")
THERE = (
    {"PYTHONHASHSEED": "77", "TZ": "Asia/Shanghai", "LC_ALL": "C", "LANG": "zh_CN.GBK", "OMP_NUM_THREADS": "3"},
    ("077", "daft", "10", "reversed"),
)


def outputs(folder: Path, environment: dict[str, str], arguments: tuple[str, ...]) -> dict[str, bytes]:
    folder.mkdir()
    more = {"PYTHONPATH": str(ROOT), "SFT_CACHE": str(folder / ".cache"), **environment}
    command = [sys.executable, "-c", _PROGRAM, *arguments]
    done = subprocess.run(command, cwd=folder, env={**os.environ, **more}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    return {f"{stage}/{name}": data for stage in STAGES for name, data in written(folder / "data" / stage).items()}


def test_every_output_has_equal_bytes_in_another_environment(tmp_path: Path) -> None:
    here, there = outputs(tmp_path / "here", *HERE), outputs(tmp_path / "there", *THERE)
    assert here.keys() == there.keys()
    assert len(here) > 40
    assert [name for name, data in here.items() if there[name] != data] == []
