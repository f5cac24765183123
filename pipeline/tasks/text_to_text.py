"""The defaults of task types with one text in, one text out (translation, summarization). Not a task type itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from pipeline.core.json_types import JsonObject
from pipeline.core.record import Fields, Record, Reject, Row, Target, as_json
from pipeline.core.settings import Task
from pipeline.core.turns import as_text, is_nothing
from pipeline.tasks.region import WHOLE_TEXT, Region
from pipeline.tasks.texts import text_of


class TextToText:
    """The defaults of a task type whose records are a text and a target text.

    A task type of this shape says what annotators are asked, which problems it finds, and what it is called on the hub
    where that has a category of its own.
    """

    # See `TaskType` for what each means.
    FIELDS: Mapping[str, str] = {"text": "text"}
    OPTIONAL: tuple[str, ...] = ()
    OVER_LONG: str = "shorten"
    HUB_CATEGORY: str = "text-generation"
    ASK: Mapping[str, str] = {
        "en": "Write the answer. A text filled in is a suggestion: correct it.",
        "zh": "请写出答案。已填的内容只是建议，请加以修改。",
    }

    def target_kind(self, task: Task) -> str:
        """A text."""
        return "text"

    def parse(self, values: Mapping[str, object], target: object, task: Task) -> tuple[Fields, Target]:
        """Text and target text. Rejects: those of `text_of`."""
        fields = {"text": text_of(values, "text")}
        return fields, None if is_nothing(target) else as_text(target, "the target")

    def problems(self, record: Record, task: Task) -> list[str]:
        """One sentence for each side that is empty."""
        found = [] if record.fields["text"].strip() else ["text is empty"]
        return found + (["target is empty"] if record.target is not None and not record.target.strip() else [])

    def repair(self, fields: Fields, target: Target) -> tuple[Fields, Target]:
        """Nothing to repair: a text target has no offsets."""
        return dict(fields), target

    def main_text(self, record: Record) -> str:
        """The input text: one input with two targets is one thing said twice."""
        return str(record.fields["text"])

    def compared_texts(self, record: Record) -> Sequence[str]:
        """The input text."""
        return (record.fields["text"],)

    def unit(self, record: Record) -> str:
        """The input text."""
        return str(record.fields["text"])

    def says(self, record: Record) -> str:
        """The target."""
        return as_json(record.target)

    def agree(self, targets: Sequence[Target], task: Task) -> list[Target] | None:
        """One text may have many good translations or summaries."""
        return list(targets)

    def edit_texts(self, fields: Fields, target: Target, edit: Callable[[str], str]) -> tuple[Fields, Target]:
        """Both sides edited."""
        return {"text": edit(fields["text"])}, None if target is None else edit(target)

    def answer_places(self, record: Record) -> list[tuple[int, int, int]]:
        """The target."""
        return [] if record.target is None else [(1, 0, len(record.target))]

    def stratum(self, record: Record) -> str | None:
        """A text target is no class."""
        return None

    def row(self, record: Record) -> Row:
        """Columns `text` and `target`."""
        return {"text": record.fields["text"], "target": record.target}

    def augmentable(self, record: Record) -> str:
        """The input text."""
        return str(record.fields["text"])

    def protected(self, record: Record) -> Sequence[str]:
        """Nothing by itself: numbers and names are held by the gate."""
        return ()

    def with_augmentable(self, record: Record, text: str) -> tuple[Fields, Target]:
        """The same target for another wording of the input."""
        return {"text": text}, record.target

    def with_answer(self, record: Record, text: str, answer: str) -> tuple[Fields, Target]:
        """Another text with its own target."""
        return {"text": text}, answer

    def labeling_config(self, task: Task) -> str:
        """The text, and a TextArea for its target."""
        return (
            '<View><Text name="text" value="$text"/>'
            f'<TextArea name="target" toName="text" {WHOLE_TEXT} required="true"/></View>'
        )

    def to_label_studio(self, record: Record) -> JsonObject:
        """`{"text": ...}`."""
        return {"text": record.fields["text"]}

    def result_from_target(self, target: Target) -> list[Region]:
        """One `textarea` region."""
        return [{"from_name": "target", "to_name": "text", "type": "textarea", "value": {"text": [target]}}]

    def target_from_result(self, result: Sequence[Region], task: Task) -> Target:
        """The text that was written. Rejects: empty_annotation."""
        texts = [text for part in result if part.get("type") == "textarea" for text in part["value"]["text"]]
        if not "".join(texts).strip():
            raise Reject("empty_annotation", "no text was written")
        return "\n".join(texts)
