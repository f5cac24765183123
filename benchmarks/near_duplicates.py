"""Near duplicates in short texts with planted edits: the step `near_duplicates` against six tools, in one run.

    python -m benchmarks.near_duplicates 100000                     # every tool that is installed
    python -m benchmarks.near_duplicates 1000000 ours rensa         # these
    python -m benchmarks.near_duplicates install text-dedup rensa   # into $PEERS/<name>, an environment each (needs uv)

Each tool runs as a process of its own, on one worker, from a Parquet file of texts to the list of rows that it would
remove; import and start are counted. CPU seconds are user and system time of process and children; memory is the
greatest resident set. What is planted and how it is scored: planted_duplicates.py. Peers run with their documented
defaults, except where their file (near_duplicates/with_*.py) says so.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.planted_duplicates import Planted, plant, recall_by_kind, score
from pipeline.core.settings import load
from pipeline.modeling.models import Models, local_path

HERE = Path(__file__).parent / "near_duplicates"
PEERS = Path(os.environ.get("PEERS", ".cache/peers"))
#: What the command line calls it -> (its environment under $PEERS, '' for ours; its script; arguments).
TOOLS = {
    "ours": ("", "with_ours.py", ()),
    "ours-half": ("", "with_ours.py", ("review=0.5", "bands=42", "rows=3")),
    "rensa": ("rensa", "with_rensa.py", ("words",)),
    "rensa-characters": ("rensa", "with_rensa.py", ("characters",)),
    "datasketch": ("datasketch", "with_datasketch.py", ("words",)),
    "datasketch-characters": ("datasketch", "with_datasketch.py", ("characters",)),
    "text-dedup": ("text-dedup", "with_text_dedup.py", ()),
    "datatrove": ("datatrove", "with_datatrove.py", ()),
    "data-juicer": ("data-juicer", "with_data_juicer.py", ()),
    "semhash": ("semhash", "with_semhash.py", ()),
}  # fmt: skip
#: text-dedup asks for Python 3.12; `install` takes it as it is and makes three `type` statements assignments.
_OF_TEXT_DEDUP = ("bitarray", "datasets", "ftfy", "polars", "polars-grouper", "psutil", "pydantic-settings", "rbloom")
_OF_TEXT_DEDUP += ("regex", "rich", "scipy", "xxhash", "typing-extensions", "pip")
#: What `install` puts into an environment.
PACKAGES = {
    "rensa": ("rensa==0.5.0", "pyarrow"),
    "datasketch": ("datasketch==2.0.0", "pyarrow"),
    "text-dedup": (*_OF_TEXT_DEDUP, "pyarrow"),
    "datatrove": ("datatrove[io,processing]==0.10.1", "pyarrow", "spacy"),
    "data-juicer": ("py-data-juicer==1.6.1", "pyarrow", "aiohttp"),
    "semhash": ("semhash==0.5.0", "model2vec[distill]==0.10.0", "scikit-learn", "pyarrow"),
}
_MINUTES = 30  # a tool that needs longer is stopped and reported so


def main() -> None:
    """Install, or measure what the command line names."""
    if sys.argv[1:2] == ["install"]:
        for name in sys.argv[2:] or PACKAGES:
            install(name)
        return
    size = int(sys.argv[1]) if sys.argv[1:] else 100_000
    planted = plant(size)
    with tempfile.TemporaryDirectory() as place:
        texts = Path(place) / "texts.parquet"
        rows = pa.table({"n": pa.array(range(size), pa.int64()), "text": pa.array(planted.texts, pa.string())})
        pq.write_table(rows, texts)
        copies = sum(map(bool, planted.kind))
        print(f"{size:,} rows, {copies:,} planted copies, {sum(map(len, planted.texts)):,} characters", flush=True)
        print(HEADER, flush=True)
        for name in sys.argv[2:] or TOOLS:
            print(measure(name, texts, planted), flush=True)


HEADER = "tool                    wall s   CPU s    GB rows/CPU s  prec. rec.  F1     recall by kind"


def install(name: str) -> None:
    """Make the environment of one peer."""
    place = PEERS / name
    subprocess.run(["uv", "venv", "--quiet", "--python", sys.executable, place], check=True)
    done = subprocess.run(["uv", "pip", "install", "--quiet", "--python", place / "bin" / "python", *PACKAGES[name]])
    if name == "text-dedup":
        _add_text_dedup(place / "bin" / "python")
    print(f"{name}: {'installed' if done.returncode == 0 else 'does not install here'}")


def _add_text_dedup(python: Path) -> None:
    options = ("--quiet", "--no-deps", "--ignore-requires-python")
    subprocess.run([python, "-m", "pip", "install", *options, "text-dedup==0.4.1"], check=True)
    for file in python.parents[1].glob("lib/python*/site-packages/text_dedup/**/*.py"):
        code = file.read_text("utf-8").replace("from typing import override", "from typing_extensions import override")
        file.write_text(re.sub(r"^type (\w+) = ", r"\1 = ", code, flags=re.MULTILINE), "utf-8")


def measure(name: str, texts: Path, planted: Planted) -> str:
    """One tool's lines."""
    place, script, arguments = TOOLS[name]
    python = PEERS / place / "bin" / "python" if place else Path(sys.executable)
    if not python.is_file():
        return f"{name:22} not installed: python -m benchmarks.near_duplicates install {place}"
    work = texts.parent / name
    work.mkdir()
    out = work / "removed.json"
    environment = {**os.environ, "PYTHONPATH": str(HERE.parents[1]) if not place else "", "HF_DATASETS_OFFLINE": "1"}
    environment |= {"TOKENIZERS_PARALLELISM": "false", "OMP_NUM_THREADS": "1", "RAYON_NUM_THREADS": "1"}
    if name == "semhash" and "STATIC_MODEL" not in environment:
        environment["STATIC_MODEL"] = _static_model(python, texts.parent)
    with (work / "log").open("wb") as log:
        command = [python, HERE / script, texts, out, *arguments]
        started = time.monotonic()
        process = subprocess.Popen(command, cwd=work, env=environment, stdout=log, stderr=subprocess.STDOUT)
        usage = _wait(process)
        wall = time.monotonic() - started
    if not out.is_file():
        return f"{name:22} failed after {wall:.0f} s: {_last_line(work / 'log')}"
    cpu = usage.ru_utime + usage.ru_stime
    found = json.loads(out.read_text("utf-8"))
    first = f"{wall:7.1f} {cpu:7.1f} {usage.ru_maxrss / 2**20:5.2f} {len(planted.texts) / cpu:10,.0f}"
    lines = [_line(f"{name}{f' ({how})' if how else ''}", first, planted, set(rows)) for how, rows in found.items()]
    return "\n".join(lines)


def _static_model(python: Path, folder: Path) -> str:
    """Token vectors distilled from the encoder of params.yaml, since semhash's own model is on a hub; not counted."""
    place = folder / "static-model"
    encoder = local_path(load("models", Models).encoder, "models.encoder")
    code = f"from model2vec.distill import distill; distill({encoder!r}).save_pretrained({str(place)!r})"
    subprocess.run([python, "-c", code], check=True, capture_output=True)
    return str(place)


def _line(name: str, figures: str, planted: Planted, removed: set[int]) -> str:
    found = score(planted, removed)
    kinds = ", ".join(f"{kind} {recall:.2f}" for kind, recall in recall_by_kind(planted, removed).items())
    return f"{name:22} {figures}  {found['precision']:.3f} {found['recall']:.3f} {found['f1']:.3f}  {kinds}"


def _wait(process: subprocess.Popen[bytes]) -> os.struct_rusage:  # type: ignore[name-defined]
    """The usage of the process and its children, once it ended or its time was up."""
    ends = time.monotonic() + 60 * _MINUTES
    while True:
        done, _, usage = os.wait4(process.pid, os.WNOHANG)
        if done:
            process.returncode = 0
            return usage
        if time.monotonic() > ends:
            process.kill()
        time.sleep(0.05)


def _last_line(log: Path) -> str:
    lines = log.read_text("utf-8", "replace").strip().splitlines() or ["no output"]
    return lines[-1][:200]


if __name__ == "__main__":
    main()
