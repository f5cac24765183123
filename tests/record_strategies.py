"""Hypothesis strategies for records of every task type."""

from __future__ import annotations

from hypothesis import strategies as st

from pipeline.core.record import Change, Decision, Record, Source, Vote, as_json
from pipeline.core.settings import Task

CLASSIFICATION = Task(type="classification", labels=("bad", "好", 'so "so" & <b>'), languages=("en", "zh"))
MULTI_LABEL = CLASSIFICATION.model_copy(update={"multi_label": True})
CHAT = Task(type="chat", languages=("en", "zh"))
TASKS = (CLASSIFICATION, MULTI_LABEL, CHAT)

# Lone surrogates cannot be written as UTF-8; readers refuse them long before.
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
filled = texts.filter(lambda text: text.strip())
shares = st.floats(0, 1)
sources = st.builds(
    Source, texts, texts, texts, st.integers(0, 2**40), texts, st.sampled_from(["train", "test"]), st.booleans()
)
messages = st.lists(
    st.fixed_dictionaries({"role": st.sampled_from(["system", "user", "assistant"]), "content": texts}), max_size=3
).map(lambda turns: [*turns, {"role": "user", "content": "?"}])


def fields(task: Task) -> st.SearchStrategy:
    """Input fields of the task."""
    return st.fixed_dictionaries({"messages": messages} if task.type == "chat" else {"text": texts})


def targets(task: Task) -> st.SearchStrategy:
    """Targets of the task, never None."""
    if task.type == "chat":
        return filled
    if task.multi_label:
        return st.sets(st.sampled_from(task.labels)).map(lambda chosen: [x for x in task.labels if x in chosen])
    return st.sampled_from(task.labels)


def records(task: Task) -> st.SearchStrategy[Record]:
    """Whole records of the task."""
    target = targets(task)
    changes = st.builds(Change, texts, texts, texts.map(as_json), texts.map(as_json))
    return st.builds(
        Record,
        id=st.text("0123456789abcdef", min_size=20, max_size=20),
        fields=fields(task),
        source=sources,
        target=st.none() | target,
        lang=st.sampled_from(["", "en", "zh"]),
        split=st.sampled_from([None, "train", "dev", "test", "unlabelled", "benchmark"]),
        group=st.none() | texts,
        votes=st.lists(st.builds(Vote, texts, target, st.none() | texts), max_size=2).map(tuple),
        labels_by=st.none() | st.builds(Decision, texts, st.none() | shares),
        scores=st.dictionaries(texts, shares, max_size=3),
        parent_id=st.none() | texts,
        history=st.lists(changes, max_size=2).map(tuple),
    )
