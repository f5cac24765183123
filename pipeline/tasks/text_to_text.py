"""What translation and summarization share: one text in, one text out. Not a task type itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from pipeline.core.json_types import JsonObject
from pipeline.core.record import Fields, Record, Reject, Row, Target, as_json
from pipeline.core.settings import Task
from pipeline.core.turns import as_text, is_nothing
from pipeline.tasks.region import Region
from pipeline.tasks.texts import text_of

FIELDS: Mapping[str, str] = {"text": "text"}

OPTIONAL: tuple[str, ...] = ()

#: See `TaskType.OVER_LONG`.
OVER_LONG = "shorten"


def target_kind(task: Task) -> str:
    """A text."""
    return "text"


def parse(values: Mapping[str, object], target: object, task: Task) -> tuple[Fields, Target]:
    """Text and target text. Rejects: those of `text_of`."""
    fields = {"text": text_of(values, "text")}
    return fields, None if is_nothing(target) else as_text(target, "the target")


def empty_sides(record: Record) -> list[str]:
    """One sentence for each side that is empty."""
    found = [] if record.fields["text"].strip() else ["text is empty"]
    return found + (["target is empty"] if record.target is not None and not record.target.strip() else [])


def repair(fields: Fields, target: Target) -> tuple[Fields, Target]:
    """Nothing to mend: a text target has no offsets."""
    return dict(fields), target


def main_text(record: Record) -> str:
    """The input text: one input with two targets is one thing said twice."""
    return str(record.fields["text"])


def likeness(record: Record) -> Sequence[str]:
    """The input text."""
    return (record.fields["text"],)


def unit(record: Record) -> str:
    """The input text."""
    return str(record.fields["text"])


def says(record: Record) -> str:
    """The target."""
    return as_json(record.target)


def agree(targets: Sequence[Target], task: Task) -> list[Target] | None:
    """One text may have many good translations or summaries."""
    return list(targets)


def edit_texts(fields: Fields, target: Target, edit: Callable[[str], str]) -> tuple[Fields, Target]:
    """Both sides edited."""
    return {"text": edit(fields["text"])}, None if target is None else edit(target)


def answer_places(record: Record) -> list[tuple[int, int, int]]:
    """The target."""
    return [] if record.target is None else [(1, 0, len(record.target))]


def stratum(record: Record) -> str | None:
    """A text target is no class."""
    return None


def row(record: Record) -> Row:
    """Columns `text` and `target`."""
    return {"text": record.fields["text"], "target": record.target}


def augmentable(record: Record) -> str:
    """The input text."""
    return str(record.fields["text"])


def protected(record: Record) -> Sequence[str]:
    """Nothing by itself: numbers and names are held by the gate."""
    return ()


def with_augmentable(record: Record, text: str) -> tuple[Fields, Target]:
    """The same target for another wording of the input."""
    return {"text": text}, record.target


def with_answer(record: Record, text: str, answer: str) -> tuple[Fields, Target]:
    """Another text with its own target."""
    return {"text": text}, answer


def to_label_studio(record: Record) -> JsonObject:
    """`{"text": ...}`."""
    return {"text": record.fields["text"]}


def result_from_target(target: Target) -> list[Region]:
    """One `textarea` region."""
    return [{"from_name": "target", "to_name": "text", "type": "textarea", "value": {"text": [target]}}]


def target_from_result(result: Sequence[Region], task: Task) -> Target:
    """The text that was written. Rejects: empty_annotation."""
    texts = [text for part in result if part.get("type") == "textarea" for text in part["value"]["text"]]
    if not "".join(texts).strip():
        raise Reject("empty_annotation", "no text was written")
    return "\n".join(texts)
