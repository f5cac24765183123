"""Time and memory of the stages `validate` and `report` and of `sft trace` on generated rows.

    python -m benchmarks.validation 100000 1000000

Each command runs in a process of its own, with the default project's suite; TF-IDF stands for the encoder, so that no
embedding is computed. The report compares with a released version; a trace looks for an id, the beginning of one, words
of a text, and an id that nobody has. Prints wall and CPU seconds and the peak memory.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from multiprocessing import get_context
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from ruamel.yaml import YAML

from pipeline.core.record import content_id, share
from pipeline.core.settings import load_task
from pipeline.runtime.columns import dropped_schema, schema
from pipeline.runtime.store import write_json, write_table

ROOT = Path(__file__).parents[1]
STAGES = ("collect", "clean", "label", "augment")
_CHUNK = 50_000


def main() -> None:
    """Measure every size named on the command line."""
    for size in map(int, sys.argv[1:] or ["100000"]):
        with tempfile.TemporaryDirectory() as place:
            for line in measure(Path(place), size):
                print(line, flush=True)


def measure(folder: Path, size: int) -> Iterator[str]:
    """One line of figures a command, for `size` rows."""
    writing = get_context("spawn").Process(target=_write, args=(folder, size))  # a process that is started inherits the
    writing.start()  # peak memory of its parent, which has to stay small
    writing.join()
    stages = [f"data/{name}" for name in (*STAGES, "released", "validate")]
    yield f"{size:,} rows: validate  {_run(folder, 'pipeline.validate', *stages)}"
    _release(folder)
    page = folder / "data/report/quality.html"
    yield f"{size:,} rows: report    {_run(folder, 'pipeline.report', 'data', 'data/report')}, {_megabytes(page)}"
    id = content_id("made", str(size // 2))
    for words in (id, id[:12], f"{size // 2}", id[:-1] + ("0" if id[-1] != "0" else "1")):
        yield f"{size:,} rows: trace {words:<21} {_run(folder, 'pipeline.cli', 'trace', words, fails=True)}"


def _run(folder: Path, module: str, *words: str, fails: bool = False) -> str:
    """Seconds and peak memory of a command in a process of its own; it may fail only where `fails` says so."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "SFT_CACHE": str(folder / ".cache")}
    started = time.monotonic()
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", module, *words], cwd=folder, env=environment, stdout=output, stderr=output
        )
        _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode and not fails:
        raise SystemExit((folder / "output").read_text("utf-8"))
    seconds = time.monotonic() - started
    peak = used.ru_maxrss / 2**20
    return f"{seconds:.0f} s wall, {used.ru_utime + used.ru_stime:.0f} CPU s, {peak:.2f} GB peak"


def _megabytes(path: Path) -> str:
    return f"{path.stat().st_size / 1e6:.2f} MB page"


def _release(folder: Path) -> None:
    """The version just validated, less its last records, as the one to compare with."""
    new, old = folder / "data/validate", folder / "data/released"
    old.mkdir(parents=True)
    shutil.copyfile(new / "profile.json", old / "profile.json")
    index = pq.read_table(new / "index.parquet")
    write_table(index.slice(0, index.num_rows * 99 // 100), old / "index.parquet")


def _write(folder: Path, size: int) -> None:
    """Params, the final table, and the tables and reports of the stages before: a tenth as many rows were dropped."""
    params = YAML(typ="safe").load((ROOT / "params.yaml").read_text("utf-8"))
    params["models"] = {"encoder": {"name": "tfidf"}}
    with (folder / "params.yaml").open("w", encoding="utf-8") as stream:
        YAML(typ="safe").dump(params, stream)
    columns, data = schema(load_task(ROOT / "params.yaml")), folder / "data"
    for stage in STAGES:
        (data / stage).mkdir(parents=True)
    _parts(data / "augment/records.parquet", columns, 0, size, {})
    for stage in STAGES[:-1]:
        os.link(data / "augment/records.parquet", data / stage / "records.parquet")
    drop = {"step": "near_duplicates", "reason": "near_duplicate", "detail": "Jaccard 0.93", "other_id": None}
    _parts(data / "clean/dropped.parquet", dropped_schema(columns), size, size + size // 10, drop)
    review_items = [
        {"record_id": content_id("made", str(n)), **_DOUBT, "confidence": n % 97 / 97} for n in range(0, size, 50)
    ]
    write_table(pa.Table.from_pylist(review_items), data / "clean/review.parquet")
    books = {"in": size, "added": 0, "kept": size, "dropped": 0}
    for stage in STAGES:
        step = {"step": "all", **books, "reasons": {}, "notes": {}}
        write_json({"stage": stage, **books, "steps": [step], "notes": {}}, data / stage / "report.json")


_DOUBT = {"reason": "label_error", "given": '"positive"', "suggested": '"negative"', "group": None, "detail": ""}


def _parts(path: Path, columns: pa.Schema, start: int, end: int, more: Mapping[str, object]) -> None:
    kept = content_id("made", "0")
    with pq.ParquetWriter(path, columns, compression="zstd") as writer:
        for first in range(start, end, _CHUNK):
            rows = [
                {**row, **more} | ({"other_id": kept} if more else {}) for row in _rows(first, min(first + _CHUNK, end))
            ]
            writer.write_table(pa.Table.from_pylist(rows, schema=columns))


def _rows(start: int, end: int) -> Iterator[dict[str, object]]:
    words = [f"{a}{b}" for a in ("ba", "ke", "li", "mo", "nu", "ra", "so", "ti") for b in "abcdefghijklmnopqrstuvwxyz"]
    source = {"name": "made", "kind": "files", "locator": "data/raw/made.csv", "licence": "MIT", "role": "train"}
    for n in range(start, end):
        rng = random.Random(n)
        id = content_id("made", str(n))
        split = "test" if share(id) < 0.02 else "dev" if share(id) < 0.05 else "train"
        yield {
            "id": id,
            "fields": {"text": f"{' '.join(rng.choices(words, k=rng.randint(8, 30)))} {n}"},
            "target": rng.choice(("negative", "neutral", "positive")),
            "lang": "en",
            "source": {**source, "row": n, "trusted": True},
            "split": split,
            "group": id,
            "votes": [],
            "labels_by": {"who": "source:made", "confidence": 0.9},
            "scores": [("length", 1.0)],
            "parent_id": None,
            "history": [{"step": "splits", "field": "split", "before": "null", "after": f'"{split}"'}],
        }


if __name__ == "__main__":
    main()
