"""Format `benchmark`: test sets as they are published, for sources with `role: benchmark`.

Known shapes, told apart by their content: a question and its answer in JSON, JSON Lines or CSV (GSM8K, HumanEval,
TruthfulQA); multiple choice (MMLU's CSV without a header, ARC, C-Eval, CMMLU, HellaSwag); several `turns`
(MT-Bench); questions on contexts (SQuAD, CMRC). One row an item: `item` (its id, else its number), the prompt under the
name that each task type reads (`text`, `question`, and `messages`, one user turn each), `context` ("" where there is
none), and `answer` where the file has one, which no record needs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from pipeline.collect.formats import delimited, squad
from pipeline.collect.formats.json_rows import read_either
from pipeline.collect.formats.text_lines import lines
from pipeline.collect.params import FileOptions
from pipeline.collect.rows import AnyRow, BadRow, Row, excerpt
from pipeline.core.json_types import Json

#: Names under which published test sets keep these parts, the first that a row has counts.
_PROMPT = ("question", "turns", "prompt", "problem", "instruction", "query", "goal", "ctx", "sentence", "text", "题目")
_MORE = ("input",)
_ANSWER = ("answer", "target", "solution", "canonical_solution", "output", "best_answer", "reference", "答案")
_CHOICES = ("choices", "options", "endings")
_LETTERS = ("A", "B", "C", "D", "E", "F")
_IDS = ("question_id", "task_id", "id", "idx")
_SQUAD = re.compile(r'"(?:paragraphs|qas|context_text)"\s*:')


def read(path: Path, options: FileOptions, where: str) -> Iterator[AnyRow]:
    """The items. Bad rows: those of the file's own format, and not_a_benchmark_item."""
    head = "".join(line for _, line in islice(lines(path, options, where), 50))
    if head.lstrip("\ufeff \t\r\n").startswith(("{", "[")):
        rows = (
            squad.read(path, options, where) if _SQUAD.search(head[:5_000_000]) else read_either(path, options, where)
        )
    else:
        rows = _delimited(path, options, where, head)
    for row in rows:
        yield _item(row) if isinstance(row, Row) else row


def _delimited(path: Path, options: FileOptions, where: str, head: str) -> Iterator[AnyRow]:
    first = head.partition("\n")[0]
    reader = delimited.read_tsv if "\t" in first else delimited.read_csv
    cells = delimited.first_row(path, options, where, "\t" if reader is delimited.read_tsv else ",")
    if not options.columns and len(cells) >= 4 and cells[-1].strip() in _LETTERS:  # MMLU: no header
        options = options.model_copy(update={"columns": ("question", *_LETTERS[: len(cells) - 2], "answer")})
    return reader(path, options, where)


def _item(row: Row) -> AnyRow:
    values = row.values
    name = next((name for name in _PROMPT if values.get(name)), None)
    turns = _turns(values[name]) if name else []
    if not turns:
        detail = f"no prompt among the keys {', '.join(list(values)[:10])}; name it with `fields` and another format"
        return BadRow(row.number, "not_a_benchmark_item", detail, excerpt(dict(values)))
    more = [str(values[key]) for key in _MORE if values.get(key)]
    turns[0] = "\n".join([turns[0], *more, *_choices(values)])
    prompt = "\n".join(turns)
    context, answer = values.get("context"), _first(values, _ANSWER)
    return replace(
        row,
        values={
            **values,
            "item": str(_first(values, _IDS, row.number)),
            "text": prompt,
            "question": prompt,
            "context": context if isinstance(context, str) else "",
            "messages": [{"role": "user", "content": turn} for turn in turns],
            "answer": answer if isinstance(answer, str) else None,
        },
    )


def _first(values: Mapping[str, Json], names: Sequence[str], default: Json = None) -> Json:
    """The first of the named values that is there."""
    return next((values[name] for name in names if values.get(name) not in (None, "")), default)


def _turns(value: Any) -> list[str]:
    """The user's turns of a prompt: a text, a list of texts, or messages."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, Mapping):
        return [str(value["stem"])] if value.get("stem") else []  # ARC's original form
    turns = map(_said, value if isinstance(value, list) else ())
    return [turn for turn in turns if isinstance(turn, str) and turn.strip()]


def _said(turn: Any) -> Any:
    """What a user's message says; anything else as it is."""
    if isinstance(turn, Mapping) and turn.get("role", turn.get("from")) in ("user", "human", None):
        return turn.get("content", turn.get("value"))
    return turn


def _choices(values: Mapping[str, Any]) -> list[str]:
    """The choices as lines, without their letters: copies write them in a dozen ways."""
    given: Any = next((values[key] for key in _CHOICES if values.get(key)), None)
    if given is None and isinstance(values.get("question"), Mapping):
        given = values["question"].get("choices")
    if given is None:
        given = [values[letter] for letter in _LETTERS if values.get(letter)]
    if isinstance(given, Mapping):
        given = given.get("text", list(given.values()))
    parts = given if isinstance(given, list) else []
    return [str(part.get("text", "")) if isinstance(part, Mapping) else str(part) for part in parts]
