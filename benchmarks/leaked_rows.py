"""How many rows that leaked from a test set into a train set the whole stage `clean` finds and takes out.

    SHARED_DATA=<folder> python -m benchmarks.leaked_rows

(1) All distinct conversations of oaast zh (682) as a test source, and each again in a train source, as it is and
reformatted (case, white space, line breaks, marks, width). (2) Two published files of CSL hold the same 1,000 titles:
one as test source, one as train source. (3) Every third conversation of oaast zh and of dolly as a test source, and a
copy of it in a train source, reformatted or embedded behind a prompt of the second third; the last third beside it.
Found is a train row that is dropped; `lost` are train rows that are no copies and went all the same.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

import pyarrow as pa

from benchmarks.planted_duplicates import SHARED
from pipeline.clean.contamination.planted import plant
from pipeline.clean.params import Params, chosen_steps
from pipeline.clean.step import Context
from pipeline.core.conversation import Message
from pipeline.core.record import Record, Source
from pipeline.core.settings import Task
from pipeline.runtime.columns import schema
from pipeline.runtime.store import to_table
from pipeline.text.normalise import normalised

CHAT = Task(type="chat", languages=("en", "zh"))
TITLES = Task(type="classification", labels=("any",), languages=("zh",))
STEPS = ("exact_duplicates", "near_duplicates", "contained", "splits")


def main() -> None:
    """Print the table."""
    print(f"{'leaked rows':<34}{'found':>8}{'of':>7}{'lost':>6}{'of':>7}")
    published = (SHARED / "csl_zh" / "ts_dev.tsv").read_text("utf-8").splitlines()
    labelled = (SHARED / "csl_zh" / "cls_ctg_dev.tsv").read_text("utf-8").splitlines()
    others = (SHARED / "csl_zh" / "cls_ctg_train.tsv").read_text("utf-8").splitlines()
    tests = [(line.split("\t")[2], "") for line in published]
    leaked = [(line.split("\t")[1], "") for line in labelled]
    _row("CSL titles in two dev splits", TITLES, tests, leaked, [(line.split("\t")[1], "") for line in others])
    whole = list({normalised("\n".join(pair)): pair for pair in _pairs("oaast_sft_zh.json")}.values())
    _row("oaast zh, all rows as they are", CHAT, whole, whole, [])
    prompts = plant("reformatted", [prompt for prompt, _ in whole], [])
    _row(
        "oaast zh, all rows reformatted", CHAT, whole, [(a[0], b) for a, (_, b) in zip(prompts, whole, strict=True)], []
    )
    for name, file in (("oaast zh", "oaast_sft_zh.json"), ("dolly", "dolly_3k.json")):
        pairs = _pairs(file)
        pairs = list({pair[0]: pair for pair in {reply: (prompt, reply) for prompt, reply in pairs}.values()}.values())
        tests, carriers, rest = pairs[::3], pairs[1::3], pairs[2::3]
        for kind in ("reformatted", "embedded"):
            prompts = plant(kind, [prompt for prompt, _ in tests], [prompt for prompt, _ in carriers])
            copies = [(made[0], reply) for made, (_, reply) in zip(prompts, tests, strict=True)]
            _row(f"{name}, {kind}", CHAT, tests, copies, rest)


def _pairs(file: str) -> list[tuple[str, str]]:
    rows = json.loads((SHARED / "instruct_seeds" / file).read_text("utf-8"))
    return [(f"{row['instruction']}\n{row['input']}".strip(), str(row["output"])) for row in rows]


def _row(
    name: str,
    task: Task,
    tests: Sequence[tuple[str, str]],
    leaked: Sequence[tuple[str, str]],
    others: Sequence[tuple[str, str]],
) -> None:
    make = _conversation if task.type == "chat" else _title
    records = [make(f"t{n}", *row, "test") for n, row in enumerate(tests)]
    records += [make(f"leaked{n}", *row, "train") for n, row in enumerate(leaked)]
    records += [make(f"other{n}", *row, "train") for n, row in enumerate(others)]
    kept = _cleaned(to_table(records, schema(task)), task)
    left = set(kept["id"].to_pylist())
    found = sum(f"leaked{n}" not in left for n in range(len(leaked)))
    lost = sum(f"other{n}" not in left for n in range(len(others)))
    print(f"{name:<34}{found:>8,}{len(leaked):>7,}{lost:>6,}{len(others):>7,}", flush=True)


def _cleaned(table: pa.Table, task: Task) -> pa.Table:
    params = Params(steps=STEPS)
    context = Context(task)
    for name, step in chosen_steps(params).items():
        table = step.function(table, params.of(name), context).kept
    return table


def _conversation(name: str, prompt: str, reply: str, role: str) -> Record:
    fields = {"messages": [Message("user", prompt).as_dict()], "tools": None, "template_arguments": None}
    return Record(name, fields, _source(role), Message("assistant", reply).as_dict(), "zh")


def _title(name: str, text: str, _: str, role: str) -> Record:
    return Record(name, {"text": text}, _source(role), "any", "zh")


def _source(role: str) -> Source:
    return Source(role, "files", role, 1, "MIT", role)


if __name__ == "__main__":
    main()
