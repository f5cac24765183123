"""Time and memory of the stage `validate` on generated rows.

    python -m benchmarks.validation 100000 1000000

Each size runs in a process of its own, with the default project's suite; TF-IDF stands for the encoder, so that no
embedding is computed. Prints wall and CPU seconds and the peak memory of the stage.
"""

from __future__ import annotations

import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from ruamel.yaml import YAML

from pipeline.record import content_id, share
from pipeline.settings import load_task
from pipeline.store import schema, write_json

ROOT = Path(__file__).parents[1]
STAGES = ("collect", "clean", "label", "augment")
_CHUNK = 50_000


def main() -> None:
    """Measure every size named on the command line."""
    for size in map(int, sys.argv[1:] or ["100000"]):
        with tempfile.TemporaryDirectory() as place:
            print(measure(Path(place), size), flush=True)


def measure(folder: Path, size: int) -> str:
    """One line of figures for `size` rows."""
    _write(folder, size)
    command = [
        sys.executable,
        "-m",
        "pipeline.validate",
        *(f"data/{name}" for name in (*STAGES, "released", "validate")),
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "SFT_CACHE": str(folder / ".cache")}
    started = time.monotonic()
    subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = time.monotonic() - started
    peak = used.ru_maxrss / 2**20
    return f"{size:,} rows: {seconds:.0f} s wall, {used.ru_utime + used.ru_stime:.0f} CPU s, {peak:.2f} GB peak"


def _write(folder: Path, size: int) -> None:
    params = YAML(typ="safe").load((ROOT / "params.yaml").read_text("utf-8"))
    params["models"] = {"encoder": {"name": "tfidf"}}
    with (folder / "params.yaml").open("w", encoding="utf-8") as stream:
        YAML(typ="safe").dump(params, stream)
    columns = schema(load_task(ROOT / "params.yaml"))
    path = folder / "data/augment/records.parquet"
    path.parent.mkdir(parents=True)
    with pq.ParquetWriter(path, columns, compression="zstd") as writer:
        for start in range(0, size, _CHUNK):
            rows = list(_rows(start, min(start + _CHUNK, size)))
            writer.write_table(pa.Table.from_pylist(rows, schema=columns))
    books = {"in": size, "added": 0, "kept": size, "dropped": 0}
    for stage in STAGES:
        step = {"step": "all", **books, "reasons": {}, "notes": {}}
        write_json({"stage": stage, **books, "steps": [step], "notes": {}}, folder / "data" / stage / "report.json")


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
