"""Classification: one text, one label of a declared set (or several, with `multi_label`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from xml.sax.saxutils import quoteattr

from pipeline.core.json_types import JsonObject
from pipeline.core.record import Fields, Record, Reject, Row, Target, as_json
from pipeline.core.settings import Task
from pipeline.tasks.no_free_answer import with_answer as with_answer
from pipeline.tasks.region import Region
from pipeline.tasks.texts import text_of

FIELDS: Mapping[str, str] = {"text": "text"}

OPTIONAL: tuple[str, ...] = ()

HUB_CATEGORY = "text-classification"

#: See `TaskType.OVER_LONG`.
OVER_LONG = "cut"

#: What annotators read above each task, by language.
ASK: Mapping[str, str] = {
    "en": "Choose what fits the text. A marked answer is a suggestion: correct it where it is wrong.",
    "zh": "请为文本选择合适的标签。已勾选的答案只是建议，如有错误请改正。",
}


def target_kind(task: Task) -> str:
    """`text` (the label), or `texts` (labels in declared order) with `multi_label`."""
    return "texts" if task.multi_label else "text"


def _check_declared(labels: Sequence[object], task: Task) -> None:
    unknown = [label for label in labels if label not in task.labels]
    if unknown:
        raise Reject("unknown_label", f"'{unknown[0]}' is not among task.labels: {', '.join(task.labels)}")


def parse(values: Mapping[str, object], target: object, task: Task) -> tuple[Fields, Target]:
    """Text and label. Rejects: those of `text_of`, unknown_label."""
    text = text_of(values, "text")
    if target is None:
        return {"text": text}, None
    labels = target if isinstance(target, list) else [target]
    _check_declared(labels, task)
    if task.multi_label:
        return {"text": text}, [label for label in task.labels if label in labels]
    if len(labels) != 1:
        raise Reject("not_one_label", f"{len(labels)} labels in a single-label task; set task.multi_label")
    return {"text": text}, labels[0]


def problems(record: Record, task: Task) -> list[str]:
    """Empty text; labels outside the declared set."""
    found = [] if record.fields["text"].strip() else ["text is empty"]
    return found + [f"label '{x}' is not declared" for x in _labels(record) if x not in task.labels]


def repair(fields: Fields, target: Target) -> tuple[Fields, Target]:
    """Nothing to repair."""
    return dict(fields), target


def main_text(record: Record) -> str:
    """The text."""
    return str(record.fields["text"])


def compared_texts(record: Record) -> Sequence[str]:
    """The text."""
    return (record.fields["text"],)


def unit(record: Record) -> str:
    """The text."""
    return str(record.fields["text"])


def says(record: Record) -> str:
    """The target."""
    return as_json(record.target)


def agree(targets: Sequence[Target], task: Task) -> list[Target] | None:
    """Different labels of one text contradict each other."""
    return None


def edit_texts(fields: Fields, target: Target, edit: Callable[[str], str]) -> tuple[Fields, Target]:
    """The text edited; labels do not depend on offsets."""
    return {"text": edit(fields["text"])}, target


def answer_places(record: Record) -> list[tuple[int, int, int]]:
    """None: the answer stands beside the text."""
    return []


def stratum(record: Record) -> str | None:
    """The label; several labels joined by `+`."""
    return "+".join(_labels(record)) or None


def row(record: Record) -> Row:
    """Columns `text` and `label` (a list with `multi_label`)."""
    return {"text": record.fields["text"], "label": record.target}


def augmentable(record: Record) -> str:
    """The text."""
    return str(record.fields["text"])


def protected(record: Record) -> Sequence[str]:
    """Nothing: a label belongs to the whole text."""
    return ()


def with_augmentable(record: Record, text: str) -> tuple[Fields, Target]:
    """The same label on another text."""
    return {"text": text}, record.target


def labeling_config(task: Task) -> str:
    """A Text with Choices, one per declared label, with number hotkeys.

    One of several labels must be chosen: a hotkey pressed twice would else clear the choice unnoticed.
    """
    choice = 'multiple"' if task.multi_label else 'single-radio" required="true"'
    options = "".join(f"<Choice value={quoteattr(label)}/>" for label in task.labels)
    return (
        '<View><Text name="text" value="$text"/>'
        f'<Choices name="label" toName="text" choice="{choice} showInLine="true">{options}</Choices></View>'
    )


def to_label_studio(record: Record) -> JsonObject:
    """`{"text": ...}`."""
    return {"text": record.fields["text"]}


def result_from_target(target: Target) -> list[Region]:
    """One `choices` region."""
    choices = target if isinstance(target, list) else [target]
    return [{"from_name": "label", "to_name": "text", "type": "choices", "value": {"choices": choices}}]


def target_from_result(result: Sequence[Region], task: Task) -> Target:
    """The chosen label(s). Rejects: empty_annotation, unknown_label, not_one_label."""
    chosen = [c for part in result if part.get("type") == "choices" for c in part["value"]["choices"]]
    if not chosen and not task.multi_label:
        raise Reject("empty_annotation", "no choice was made")
    return parse({"text": ""}, chosen, task)[1]


def _labels(record: Record) -> list[str]:
    if record.target is None:
        return []
    return record.target if isinstance(record.target, list) else [record.target]
