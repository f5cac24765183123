"""Hypothesis strategies and small builders that several test folders share."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from pipeline.core.record import Record, Source
from pipeline.core.settings import Task
from pipeline.tasks import TASKS
from pipeline.tasks.text_to_text import TextToText
from tests import chats

SOURCE = Source("test", "files", "data/raw/test.csv", 2, "CC0-1.0", "train")

#: English and Chinese words with what real text brings along: emoji, combining marks, entities.
WORDS = st.sampled_from(
    [
        "fish",
        "Chips",
        "don't",
        "naïve",
        "今天",
        "天气",
        "很好",
        "AT&amp;T",
        "42",
        "😀",
        "é",
        "<b>",
        "，",
        "。",
        "Zürich",
        "x",
    ]
)
TEXTS = st.lists(WORDS, min_size=1, max_size=12).map(" ".join)


@st.composite
def span_targets(draw: st.DrawFn, text: str, labels: tuple[str, ...]) -> list[dict[str, Any]]:
    """Sorted spans over whole words of `text` that do not overlap."""
    spans, start = [], 0
    for word in text.split(" "):
        if word and draw(st.booleans()):
            spans.append({"start": start, "end": start + len(word), "label": draw(st.sampled_from(labels))})
        start += len(word) + 1
    return spans


def record(fields: dict[str, Any], target: Any = None, **more: Any) -> Record:
    """A record with a test source."""
    return Record(**{"id": "r1", "fields": fields, "source": SOURCE, "target": target, "lang": "en", **more})


#: Those that are a text and a target text need no line of their own.
TASKS_BY_TYPE = {name: Task(type=name) for name, kind in TASKS.items() if isinstance(kind, TextToText)} | {
    "classification": Task(type="classification", labels=("bad", "好")),
    "regression": Task(type="regression", range=(0.0, 100.0)),
    "ner": Task(type="ner", labels=("person", "地点")),
    "qa": Task(type="qa"),
    "translation": Task(type="translation", languages=("en", "zh"), target_language="zh"),
    "chat": Task(type="chat"),
}


@st.composite
def records(draw: st.DrawFn, kind: str) -> Record:
    """A sound, labelled record of the task type `kind`."""
    task, text = TASKS_BY_TYPE[kind], draw(TEXTS)
    if kind == "classification":
        return record({"text": text}, draw(st.sampled_from(task.labels)))
    if kind == "regression":
        return record({"text": text, "text_pair": draw(st.none() | TEXTS)}, draw(st.floats(0, 100)))
    if kind == "ner":
        return record({"text": text}, draw(span_targets(text, task.labels)))
    if kind == "qa":
        word = draw(st.sampled_from(text.split(" ")))
        answers = draw(st.sampled_from([[], [{"start": text.index(word), "text": word}]]))
        return record({"context": text, "question": draw(TEXTS)}, answers)
    if kind == "chat":
        return record(chats.fields([("user", text)]), chats.reply(draw(TEXTS)))
    return record({"text": text}, draw(TEXTS))
