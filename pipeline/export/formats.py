"""The exported dataset in the forms that trainers and annotation tools read, one function a form."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import groupby, pairwise

from pipeline.core.conversation import JsonObject, canonical
from pipeline.core.record import Reject, Row, Span, as_json
from pipeline.core.registry import Entry
from pipeline.core.settings import NoSettings, Task
from pipeline.dialects import DIALECTS
from pipeline.export.conversations import Line, line_of
from pipeline.export.preference import Pairs
from pipeline.export.trainers import axolotl, llama_factory, trl
from pipeline.export.written_counts import Account
from pipeline.text.scripts import UNSPACED

#: Words, single Chinese and Japanese characters, single other signs: the tokens of CoNLL files.
_TOKEN = re.compile(rf"[^\W{UNSPACED}]+|[^\s]")


#: `(the rows of a split, task, account to keep) -> text`.
Writer = Callable[[Iterable[Row], Task, Account], Iterator[str]]


@dataclass(frozen=True)
class Form(Entry[NoSettings, Writer]):
    """A form: its writer, the end of its files' names, the task types that have it, and what trainers need beside it.

    `beside(split -> columns)` gives files by name. `fewest` is how many train rows the reader of the form asks for.
    `of_records` forms are made of data/augment/records.parquet, whose rows know their history.
    """

    suffix: str
    only: tuple[str, ...] = ()  # none: all
    beside: Callable[[Mapping[str, Set[str]]], Mapping[str, str]] | None = None
    fewest: int = 0
    of_records: bool = False


def in_lines(line: Line) -> Writer:
    """The writer of a form of one JSON object a line. Keys stay in their order: chat templates print them so.

    A row stands as often as its column `repeats` says, where the dataset has a mixture: any trainer then follows it.
    """

    def write(rows: Iterable[Row], task: Task, account: Account) -> Iterator[str]:
        for row in rows:
            try:
                found: JsonObject | None = line(row, task)
            except Reject as reject:
                account.refused.append((str(row["id"]), reject))
                continue
            times = 1 if row.get("repeats") is None else int(row["repeats"])
            account.not_in_mixture += times < 1
            if found is not None and times:
                account.rows += times
                account.columns |= found.keys()
                yield (canonical(found) + "\n") * times

    return write


def conll(rows: Iterable[Row], task: Task, account: Account) -> Iterator[str]:
    """One token and its IOB2 tag a line, a blank line after each text. No span cuts through a token."""
    for row in rows:
        account.rows += 1
        yield f"# id = {row['id']}\n"
        for token, tag in tagged(str(row["text"]), row["spans"]):
            yield f"{token}\t{tag}\n"
        yield "\n"


def squad(rows: Iterable[Row], task: Task, account: Account) -> Iterator[str]:
    """One SQuAD 2.0 object; questions of one context stand together."""
    ordered = sorted(rows, key=lambda row: (row["context"], row["id"]))
    account.rows = len(ordered)
    paragraphs = [
        {"context": context, "qas": [_question(row) for row in group]}
        for context, group in groupby(ordered, key=lambda row: str(row["context"]))
    ]
    yield as_json({"version": "v2.0", "data": [{"title": task.type, "paragraphs": paragraphs}]}) + "\n"


#: Dialect -> the files that its trainer needs.
_BESIDE = {
    "messages": axolotl,
    "sharegpt": llama_factory("sharegpt"),
    "alpaca": llama_factory("alpaca"),
    "trl": trl,
    "prompt_completion": trl,
}
#: OpenAI's service takes no training file of fewer lines.
_FEWEST = {"openai": 10}

FORMS: dict[str, Form] = {
    **{
        name: Form(NoSettings, in_lines(line_of(name)), "jsonl", (), _BESIDE.get(name), _FEWEST.get(name, 0))
        for name in DIALECTS
    },
    "preference": Form(NoSettings, Pairs().write, "jsonl", ("chat",), of_records=True),
    "conll": Form(NoSettings, conll, "conll", ("ner",)),
    "squad": Form(NoSettings, squad, "json", ("qa",)),
}


def tagged(text: str, spans: Sequence[Span]) -> Iterator[tuple[str, str]]:
    """Tokens with IOB2 tags.

    >>> list(tagged("Ann lives", [{"start": 0, "end": 3, "label": "PER"}]))
    [('Ann', 'B-PER'), ('lives', 'O')]
    """
    ordered = sorted(spans, key=lambda span: span["start"])
    borders = sorted({0, len(text), *(span[end] for span in ordered for end in ("start", "end"))})
    for start, end in pairwise(borders):
        inside = next((span for span in ordered if span["start"] <= start < span["end"]), None)
        yield from ((match.group(), _tag(text, match.start(), inside)) for match in _TOKEN.finditer(text, start, end))


def _tag(text: str, start: int, span: Span | None) -> str:
    """The tag of the token that begins at `start`: the first of its span, another one of it, or none."""
    if span is None:
        return "O"
    return f"{'I' if text[span['start'] : start].strip() else 'B'}-{span['label']}"


def _question(row: Row) -> dict[str, object]:
    answers = [{"text": one["text"], "answer_start": one["start"]} for one in row["answers"]]
    return {"id": row["id"], "question": row["question"], "answers": answers, "is_impossible": not answers}
