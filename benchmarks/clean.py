"""The whole stage `clean` on generated rows: rows per second, peak memory, share of time of each step.

    python -m benchmarks.clean 100000 1000000                 # in this process
    python -m benchmarks.clean 100000 '{kind: daft}'          # with an engine

Each size runs in a process of its own with the default project's steps. Texts are word chains drawn from public data
with planted near duplicates (planted_duplicates.py), a tenth of them damaged (entities, tags, spaces, addresses).
TF-IDF stands for the encoder, so that no embedding is computed; half the texts hold a word that tells their label, and
one label in twenty is drawn at random. Needs SHARED_DATA.
"""

from __future__ import annotations

import os
import random
import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from ruamel.yaml import YAML

from benchmarks.planted_duplicates import plant
from pipeline.core.record import content_id
from pipeline.core.settings import load_task
from pipeline.runtime.columns import schema

ROOT = Path(__file__).parents[1]
LABELS = ("negative", "neutral", "positive")
DAMAGE = (" &amp; ", "<br/>", "  ", " don&#39;t ", " write to ann@example.org ", "\u200b")
_CHUNK = 50_000
_LINE = re.compile(r"^clean +(\S+) .* ([\d.]+) s$")


def main() -> None:
    """Measure every size named on the command line."""
    sizes = [int(word) for word in sys.argv[1:] if word.isdigit()] or [100_000]
    engine = next((word for word in sys.argv[1:] if not word.isdigit()), "{kind: local}")
    for size in sizes:
        with tempfile.TemporaryDirectory() as place:
            print(measure(Path(place), size, engine), flush=True)


def measure(folder: Path, size: int, engine: str) -> str:
    """Lines of figures for `size` rows."""
    write(folder, size, engine)
    command = [sys.executable, "-m", "pipeline.clean", "data/collect", "data/annotations/decisions", "data/clean"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "SFT_CACHE": str(folder / ".cache")}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.monotonic()
    done = subprocess.run(command, cwd=folder, env=environment, check=False, capture_output=True, text=True)
    seconds = time.monotonic() - started
    if done.returncode:
        raise SystemExit(done.stderr)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime
    spent = {m[1]: float(m[2]) for m in map(_LINE.match, done.stderr.splitlines()) if m}
    shares = ", ".join(f"{name} {100 * part / seconds:.0f} %" for name, part in spent.items())
    peak = used.ru_maxrss / 2**20
    rates = f"{seconds:.0f} s wall, {cpu:.0f} CPU s, {size / cpu:,.0f} rows per CPU s, {peak:.2f} GB"
    first = f"{size:,} rows {engine}: {rates}"
    return f"{first}\n  {shares}\n{done.stderr}"


def write(folder: Path, size: int, engine: str) -> None:
    """`params.yaml` and `data/collect/records.parquet` of a project with `size` rows."""
    params = YAML(typ="safe").load((ROOT / "params.yaml").read_text("utf-8"))
    params["models"] = {"encoder": {"name": "tfidf"}}
    params["engine"] = YAML(typ="safe").load(engine)
    with (folder / "params.yaml").open("w", encoding="utf-8") as stream:
        YAML(typ="safe").dump(params, stream)
    columns = schema(load_task(ROOT / "params.yaml"))
    path = folder / "data/collect/records.parquet"
    path.parent.mkdir(parents=True)
    planted = plant(size)
    with pq.ParquetWriter(path, columns, compression="zstd") as writer:
        for start in range(0, size, _CHUNK):
            numbers = range(start, min(start + _CHUNK, size))
            rows = [_row(n, planted.texts[n], planted.cluster[n]) for n in numbers]
            writer.write_table(pa.Table.from_pylist(rows, schema=columns))


def _row(n: int, text: str, cluster: int) -> dict[str, Any]:
    rng = random.Random(n)
    if rng.random() < 0.1:
        text = text.replace(" ", rng.choice(DAMAGE), 1)
    label = LABELS[cluster % 3] if rng.random() < 0.95 else rng.choice(LABELS)
    hint = {"negative": "awful", "neutral": "plain", "positive": "lovely"}[LABELS[cluster % 3]]
    source = {"name": "made", "kind": "files", "locator": "data/raw/made.csv", "row": n + 2, "licence": "MIT"}
    return {
        "id": content_id("made", str(n)),
        "fields": {"text": f"{text} {hint}" if cluster % 2 else text},
        "target": label,
        "lang": "",
        "source": {**source, "role": "train", "trusted": rng.random() < 0.3},
        "votes": [],
        "labels_by": {"who": "source:made", "confidence": 0.9},
        "scores": [],
        "history": [],
    }


if __name__ == "__main__":
    main()
