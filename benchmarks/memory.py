"""CPU time and peak memory of the data stages on generated rows: many short ones, or long texts that fill gigabytes.

    python -m benchmarks.memory 100000 300000     # short rows, a tenth near copies: collect to validate, export
    python -m benchmarks.memory text 3            # GiB of text in one column, texts of 256 KiB: collect and clean

Each stage runs as a user runs it, in a process of its own; of several sizes the exponent of CPU time is printed (1:
twice the rows, twice the time). Clean leaves label errors out; label takes the labels that the rows came with. Texts
are random words, so figures compare sizes and versions of this code, not languages.
"""

from __future__ import annotations

import csv
import math
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).parents[1]
LABELS = ("bad", "good", "so_so")
PARAMS = """
task: {type: classification, labels: [bad, good, so_so], languages: [en]}
models: {encoder: {name: tfidf}}
collect:
  sources:
    rows: {kind: files, role: train, licence: MIT, path: rows.csv, fields: {text: text}, target: label, lang: en}
clean:
  steps: [STEPS]
label: {prelabel: {method: null}, active_learning_curve: {rows: 0}}
augment: {methods: {}}
validate: {suite: [{expect: unique, column: id}, {expect: conserved_counts}]}
"""
SHORT = "repair_text, missing, quality, conflicting_labels, exact_duplicates, near_duplicates, splits"
LONG = "repair_text, missing, exact_duplicates, splits"
COMMANDS = {
    "collect": "raw collect",
    "clean": "collect annotations/decisions clean",
    "label": "clean annotations label",
    "augment": "label augment",
    "validate": "collect clean label augment released validate",
    "export": "--form alpaca --dataset validate/dataset --records augment/records.parquet --out export",
}


def short_rows(count: int) -> Iterator[tuple[str, str]]:
    """Ten words of a vocabulary of 20,000; every tenth row is an earlier one with a word changed."""
    rng = random.Random(7)
    words = ["".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=rng.randint(2, 9))) for _ in range(20_000)]
    earlier = [rng.choices(words, k=10) for _ in range(1000)]
    for n in range(count):
        row = rng.choices(words, k=10)
        if n % 10 == 9:
            row = list(earlier[rng.randrange(len(earlier))])
            row[rng.randrange(10)] = rng.choice(words)
        elif n % 10 == 0:
            earlier[rng.randrange(len(earlier))] = row
        yield " ".join(row), rng.choice(LABELS)


def long_rows(gib: float) -> Iterator[tuple[str, str]]:
    """Texts of 256 KiB, each its own."""
    rng = random.Random(7)
    words = ["".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=7)) for _ in range(5000)]
    pages = [" ".join(rng.choices(words, k=2**10)) for _ in range(64)]
    for n in range(int(gib * 2**12)):
        yield f"{n} " + " ".join(rng.choices(pages, k=32)), rng.choice(LABELS)


def run_stage(stage: str, folder: Path) -> tuple[float, float, float]:
    """CPU seconds, wall seconds and peak gigabytes of a stage."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "SFT_CACHE": str(folder / "cache")}
    module = ["pipeline.cli", "export"] if stage == "export" else [f"pipeline.{stage}"]
    command = [sys.executable, "-m", *module, *COMMANDS[stage].split()]
    started = time.monotonic()
    with (folder / "log").open("w+", encoding="utf-8") as log:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
        _, status, used = os.wait4(process.pid, 0)
        if status:
            raise SystemExit((folder / "log").read_text("utf-8")[-3000:])
    return used.ru_utime + used.ru_stime, time.monotonic() - started, used.ru_maxrss / 2**20


def measure(rows: Iterator[tuple[str, str]], stages: list[str], steps: str) -> dict[str, float]:
    """Prints one line a stage; CPU seconds by stage."""
    spent = {}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for name in ("raw", "annotations", "released"):
            (folder / name).mkdir()
        (folder / "annotations" / "annotations.jsonl").touch()
        (folder / "params.yaml").write_text(PARAMS.replace("STEPS", steps), "utf-8")
        with (folder / "raw" / "rows.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["text", "label"])
            writer.writerows(rows)
        for stage in stages:
            spent[stage], wall, peak = run_stage(stage, folder)
            size = sum(file.stat().st_size for file in (folder / stage).rglob("*") if file.is_file()) / 2**20
            print(
                f"  {stage:9} {spent[stage]:7.1f} CPU s  {wall:7.1f} s  peak {peak:5.2f} GB  written {size:,.0f} MB",
                flush=True,
            )
    return spent


def main() -> None:
    """Measure what the command line names."""
    if sys.argv[1:2] == ["text"]:
        gib = float(sys.argv[2]) if len(sys.argv) > 2 else 3.0
        print(f"{gib:g} GiB of text")
        measure(long_rows(gib), ["collect", "clean"], LONG)
        return
    sizes = [int(word) for word in sys.argv[1:]] or [100_000]
    totals = []
    for size in sizes:
        print(f"{size:,} short rows")
        spent = measure(short_rows(size), list(COMMANDS), SHORT)
        totals.append(sum(spent.values()))
        print(f"  all       {totals[-1]:7.1f} CPU s")
    for (a, first), (b, second) in pairwise(zip(sizes, totals, strict=True)):
        print(f"{a:,} to {b:,} rows: exponent of CPU time {math.log(second / first) / math.log(b / a):.2f}")


if __name__ == "__main__":
    main()
