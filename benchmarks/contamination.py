"""How many copies of a benchmark's items `decontaminate` finds, how many others it takes for them, and how fast it is.

    python -m benchmarks.contamination [rows]      # needs SHARED_DATA=<folder>

Recall and false alarms: GSM8K's 1,319 test questions planted beside dolly's 2,996 instructions, and two Chinese
benchmarks (1,000 abstracts of CSL, long; XQuAD's 1,190 questions, short) beside oaast's 689 conversations, which hold
none of them. The threshold is chosen on half of the items, the figures are of the other half. Speed: `rows` chats
(default 50,000) of two drawn dolly texts against 10,000 items: GSM8K's and word chains drawn from them.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from benchmarks.planted_duplicates import SHARED
from pipeline.clean.contamination.step import Decontaminate, drop_contaminated
from pipeline.clean.step import Context
from pipeline.core.conversation import Message
from pipeline.core.record import Record, Source
from pipeline.core.settings import Task
from pipeline.runtime.columns import schema
from pipeline.runtime.store import to_table

TASK = Task(type="chat", languages=("en",))
ITEMS = 10_000


def main(rows: int) -> None:
    """Print both tables."""
    questions = [json.loads(line)["question"] for line in (SHARED / "gsm8k" / "test.jsonl").open(encoding="utf-8")]
    dolly = json.loads((SHARED / "instruct_seeds" / "dolly_3k.json").read_text("utf-8"))
    ours = [(f"{row['instruction']}\n{row['input']}", row["output"]) for row in dolly]
    _measure("GSM8K in dolly", ours, questions)
    oaast = json.loads((SHARED / "instruct_seeds" / "oaast_sft_zh.json").read_text("utf-8"))
    chinese = [(f"{row['instruction']}\n{row['input']}", row["output"]) for row in oaast]
    abstracts = (SHARED / "csl_zh" / "ts_dev.tsv").read_text("utf-8").splitlines()
    _measure("CSL abstracts in oaast zh", chinese, [line.split("\t")[1] for line in abstracts])
    articles = json.loads((SHARED / "xquad" / "xquad.zh.json").read_text("utf-8"))["data"]
    asked = [qa["question"] for article in articles for part in article["paragraphs"] for qa in part["qas"]]
    _measure("XQuAD zh questions in oaast zh", chinese, asked)
    _speed(rows, ours, questions)


def _measure(name: str, ours: Sequence[tuple[str, str]], items: Sequence[str]) -> None:
    records = [*_chats(ours), *_items(items)]
    outcome = drop_contaminated(to_table(records, schema(TASK)), Decontaminate(sample=len(items)), Context(TASK))
    notes = outcome.notes
    print(f"{name}: {outcome.dropped.num_rows} of {len(ours)} taken for an item; threshold {notes['threshold']}")
    for kind, found in notes["recall"].items():
        interval = f"({found['low']:.4f} to {found['high']:.4f})"
        print(f"  {kind:16} recall {found['value']:.4f} {interval} of {found['planted']}")
    print("  items taken for another item, of 1,000:", notes["false_alarms_per_1000"])


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
        yield Record(f"d{n}", _asked(prompt), _source("ours", "train"), Message("assistant", reply).as_dict())


def _items(texts: Sequence[str]) -> Iterator[Record]:
    for n, text in enumerate(texts):
        yield Record(f"b{n}", _asked(text), _source("items", "benchmark"))


def _asked(prompt: str) -> dict[str, Any]:
    return {"messages": [Message("user", prompt).as_dict()], "tools": None, "template_arguments": None}


def _source(name: str, role: str) -> Source:
    return Source(name, "files", name, 1, "MIT", role)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 50_000)
