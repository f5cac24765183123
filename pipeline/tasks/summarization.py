"""Summarization: a document and its summary."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.core.record import Record
from pipeline.core.settings import Task
from pipeline.tasks.text_to_text import TextToText


class Summarization(TextToText):
    """What the task type `summarization` says beside the defaults of `TextToText`."""

    HUB_CATEGORY = "summarization"
    ASK: Mapping[str, str] = {
        "en": "Write the summary. A text filled in is a suggestion: correct it.",
        "zh": "请写出摘要。已填的内容只是建议，请加以修改。",
    }

    def problems(self, record: Record, task: Task) -> list[str]:
        """An empty side, a summary as long as its document."""
        found = super().problems(record, task)
        if found or record.target is None:
            return found
        if len(record.target) >= len(record.fields["text"]):
            found.append("the summary is not shorter than the document")
        return found
