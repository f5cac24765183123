"""How many copies of a benchmark's items `decontaminate` finds, how many others it takes for them, and how fast it is.

    python -m benchmarks.contamination [rows]      # needs SHARED_DATA=<folder>

Recall and false alarms: GSM8K's 1,319 test questions planted beside dolly's 2,996 instructions, which hold none of
them. Speed: `rows` chats (default 50,000) of two drawn dolly texts against 10,000 items: GSM8K's and word chains drawn
from them.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise

from benchmarks.planted_duplicates import SHARED
from pipeline.clean.contamination.step import Decontaminate, drop_contaminated
from pipeline.clean.step import Context
from pipeline.core.record import Record, Source
from pipeline.core.settings import Task
from pipeline.runtime.store import schema, to_table

TASK = Task(type="chat", languages=("en",))
ITEMS = 10_000


def main(rows: int) -> None:
    """Print both tables."""
    questions = [json.loads(line)["question"] for line in (SHARED / "gsm8k" / "test.jsonl").open(encoding="utf-8")]
    dolly = json.loads((SHARED / "instruct_seeds" / "dolly_3k.json").read_text("utf-8"))
    ours = [(f"{row['instruction']}\n{row['input']}", row["output"]) for row in dolly]
    records = [*_chats(ours), *_items(questions)]
    outcome = drop_contaminated(to_table(records, schema(TASK)), Decontaminate(sample=len(questions)), Context(TASK))
    print(f"dolly: {outcome.dropped.num_rows} of {len(ours)} taken for an item; threshold {outcome.notes['threshold']}")
    for kind, found in outcome.notes["recall"].items():
        print(
            f"{kind:16} recall {found['value']:.4f} ({found['low']:.4f} to {found['high']:.4f}) of {found['planted']}"
        )
    print("items taken for another item, of 1,000:", outcome.notes["false_alarms_per_1000"])
    _speed(rows, ours, questions)


def _speed(rows: int, ours: Sequence[tuple[str, str]], questions: Sequence[str]) -> None:
    rng = random.Random(0)
    many = [(rng.choice(ours)[0], rng.choice(ours)[1]) for _ in range(rows)]
    items = [*questions, *_chains(questions, ITEMS - len(questions), rng)]
    table = to_table([*_chats(many), *_items(items)], schema(TASK))
    started = time.process_time()
    drop_contaminated(table, Decontaminate(), Context(TASK))
    seconds = time.process_time() - started
    chars = sum(len(a) + len(b) for a, b in many) / rows
    print(f"{rows:,} chats of {chars:.0f} characters against {len(items):,} items: {seconds:.1f} CPU s", end="; ")
    print(f"5,000,000 rows by proportion: {seconds / rows * 5e6 / 60:.1f} CPU minutes")


def _chains(texts: Sequence[str], count: int, rng: random.Random) -> Iterator[str]:
    follow = defaultdict(list)
    for words in map(str.split, texts):
        for one, after in pairwise(words):
            follow[one].append(after)
    for _ in range(count):
        words = [rng.choice(list(follow))]
        while len(words) < 45:
            words.append(rng.choice(follow.get(words[-1]) or list(follow)))
        yield " ".join(words)


def _chats(pairs: Sequence[tuple[str, str]]) -> Iterator[Record]:
    for n, (prompt, reply) in enumerate(pairs):
        yield Record(f"d{n}", {"messages": [{"role": "user", "content": prompt}]}, _source("dolly", "train"), reply)


def _items(texts: Sequence[str]) -> Iterator[Record]:
    for n, text in enumerate(texts):
        yield Record(f"b{n}", {"messages": [{"role": "user", "content": text}]}, _source("gsm8k", "benchmark"))


def _source(name: str, role: str) -> Source:
    return Source(name, "files", name, 1, "MIT", role)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 50_000)
