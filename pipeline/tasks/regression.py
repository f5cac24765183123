"""Regression: a text, or a pair of texts, and a number (quality, similarity)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from pipeline.core.errors import shorten
from pipeline.core.json_types import JsonObject
from pipeline.core.numbers import as_number
from pipeline.core.record import Fields, Record, Reject, Row, Target, as_json
from pipeline.core.settings import Task
from pipeline.tasks.no_free_answer import with_answer as with_answer
from pipeline.tasks.region import Region
from pipeline.tasks.texts import text_of

#: `text_pair` is null for tasks on one text.
FIELDS: Mapping[str, str] = {"text": "text", "text_pair": "text"}

OPTIONAL: tuple[str, ...] = ("text_pair",)

HUB_CATEGORY = "text-classification"

#: See `TaskType.OVER_LONG`.
OVER_LONG = "cut"

#: What annotators read above each task, by language.
ASK: Mapping[str, str] = {
    "en": "Give the number that fits. A number filled in is a suggestion: correct it where it is wrong.",
    "zh": "请给出合适的分数。已填的数字只是建议，如有错误请改正。",
}


def target_kind(task: Task) -> str:
    """A number."""
    return "number"


def parse(values: Mapping[str, object], target: object, task: Task) -> tuple[Fields, Target]:
    """Text, pair and number. Rejects: those of `text_of`, not_a_number."""
    pair = None if values.get("text_pair") is None else text_of(values, "text_pair")
    fields = {"text": text_of(values, "text"), "text_pair": pair}
    return fields, None if target is None else _number(target)


def problems(record: Record, task: Task) -> list[str]:
    """An empty text; a number outside `task.range`."""
    empty = [name for name in FIELDS if record.fields[name] is not None and not record.fields[name].strip()]
    found = [f"{name} is empty" for name in empty]
    if record.target is not None and task.range and not task.range[0] <= record.target <= task.range[1]:
        found.append(f"{record.target} is outside {task.range[0]} to {task.range[1]}")
    return found


def repair(fields: Fields, target: Target) -> tuple[Fields, Target]:
    """Nothing to repair."""
    return dict(fields), target


def main_text(record: Record) -> str:
    """The text, and its pair on a second line."""
    pair = record.fields["text_pair"]
    return record.fields["text"] if pair is None else f"{record.fields['text']}\n{pair}"


def compared_texts(record: Record) -> Sequence[str]:
    """Both texts: equal sources with other translations are other records."""
    return (record.fields["text"], record.fields["text_pair"] or "")


def unit(record: Record) -> str:
    """Both texts."""
    return main_text(record)


def says(record: Record) -> str:
    """The target."""
    return as_json(record.target)


def agree(targets: Sequence[Target], task: Task) -> list[Target] | None:
    """Numbers within a tenth of `task.range` become their mean; others contradict each other."""
    return _mean(targets, task)


def edit_texts(fields: Fields, target: Target, edit: Callable[[str], str]) -> tuple[Fields, Target]:
    """Both texts edited."""
    return {name: None if value is None else edit(value) for name, value in fields.items()}, target


def answer_places(record: Record) -> list[tuple[int, int, int]]:
    """None: the answer stands beside the text."""
    return []


def stratum(record: Record) -> str | None:
    """A number is no class."""
    return None


def row(record: Record) -> Row:
    """Columns `text`, `text_pair` and `score`."""
    return {**record.fields, "score": record.target}


def augmentable(record: Record) -> str:
    """The first text."""
    return str(record.fields["text"])


def protected(record: Record) -> Sequence[str]:
    """Nothing: the gate decides whether an augmented example may keep the number."""
    return ()


def with_augmentable(record: Record, text: str) -> tuple[Fields, Target]:
    """The same number on another first text."""
    return {**record.fields, "text": text}, record.target


def labeling_config(task: Task) -> str:
    """The text, its pair, and a Number (within `task.range`)."""
    limits = f' min="{task.range[0]}" max="{task.range[1]}"' if task.range else ""
    return (
        '<View><Text name="text" value="$text"/><Text name="pair" value="$text_pair"/>'
        f'<Number name="score" toName="text"{limits} required="true"/></View>'
    )


def to_label_studio(record: Record) -> JsonObject:
    """`{"text": ..., "text_pair": ...}`."""
    return {name: value or "" for name, value in record.fields.items()}


def result_from_target(target: Target) -> list[Region]:
    """One `number` region."""
    return [{"from_name": "score", "to_name": "text", "type": "number", "value": {"number": target}}]


def target_from_result(result: Sequence[Region], task: Task) -> Target:
    """The number that was given. Rejects: empty_annotation, not_a_number."""
    numbers = [part["value"]["number"] for part in result if part.get("type") == "number"]
    if not numbers:
        raise Reject("empty_annotation", "no number was given")
    return _number(numbers[0])


def _mean(targets: Sequence[Target], task: Task) -> list[Target] | None:
    if task.range is None or max(targets) - min(targets) > (task.range[1] - task.range[0]) / 10:
        return None
    return [math.fsum(targets) / len(targets)]


def _number(value: Target) -> float:
    try:
        return as_number(value)
    except ValueError as error:
        raise Reject("not_a_number", shorten(error)) from None
