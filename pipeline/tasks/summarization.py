"""Summarization: a document and its summary."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.core.record import Record
from pipeline.core.settings import Task
from pipeline.tasks.text_to_text import (
    FIELDS,
    OPTIONAL,
    OVER_LONG,
    agree,
    answer_places,
    augmentable,
    edit_texts,
    empty_sides,
    likeness,
    main_text,
    parse,
    protected,
    repair,
    result_from_target,
    row,
    says,
    stratum,
    target_from_result,
    target_kind,
    to_label_studio,
    unit,
    with_answer,
    with_augmentable,
)

__all__ = [
    "ASK",
    "FIELDS",
    "HUB_CATEGORY",
    "OPTIONAL",
    "OVER_LONG",
    "agree",
    "answer_places",
    "augmentable",
    "edit_texts",
    "labeling_config",
    "likeness",
    "main_text",
    "parse",
    "problems",
    "protected",
    "repair",
    "result_from_target",
    "row",
    "says",
    "stratum",
    "target_from_result",
    "target_kind",
    "to_label_studio",
    "unit",
    "with_answer",
    "with_augmentable",
]

HUB_CATEGORY = "summarization"

#: What annotators read above each task, by language.
ASK: Mapping[str, str] = {
    "en": "Write the summary. A text filled in is a suggestion: correct it.",
    "zh": "请写出摘要。已填的内容只是建议，请加以修改。",
}


def problems(record: Record, task: Task) -> list[str]:
    """An empty side, a summary as long as its document, a summary that copies it."""
    found = empty_sides(record)
    if found or record.target is None:
        return found
    if len(record.target) >= len(record.fields["text"]):
        found.append("the summary is not shorter than the document")
    return found


def labeling_config(task: Task) -> str:
    """The document, and a TextArea for its summary."""
    return (
        '<View><Text name="text" value="$text"/>'
        '<TextArea name="target" toName="text" rows="3" editable="true" maxSubmissions="1"/></View>'
    )
