"""Hypothesis strategies for records of every task type."""

from __future__ import annotations

from hypothesis import strategies as st

from pipeline.core.conversation import Conversation, Message, ToolCall, canonical, fields_of
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
calls = st.lists(
    st.builds(
        ToolCall, filled, st.dictionaries(texts, texts | st.integers() | st.none(), max_size=2).map(canonical), texts
    ),
    max_size=2,
).map(tuple)
#: Replies say something: a text or a call.
replies = st.builds(Message, st.just("assistant"), filled, texts.map(str.strip), calls)
asked = st.builds(Message, st.sampled_from(["system", "developer", "user"]), texts, name=texts)
results = st.builds(Message, st.just("tool"), texts, tool_call_id=texts, name=texts)
earlier = st.builds(Message, st.just("assistant"), texts, texts, calls, learn=st.none() | st.booleans())
tool_lists = st.lists(
    st.fixed_dictionaries(
        {"type": st.just("function"), "function": st.fixed_dictionaries({"name": filled, "description": texts})}
    ),
    max_size=2,
)
#: What is asked: any turns, and a user's turn last.
conversations = st.builds(
    lambda turns, tools, thinking: fields_of(Conversation((*turns, Message("user", "?")), tuple(tools), thinking)),
    st.lists(asked | results | earlier, max_size=3),
    tool_lists,
    st.sampled_from([(), (("enable_thinking", False),)]),
)


def fields(task: Task) -> st.SearchStrategy:
    """Input fields of the task."""
    return conversations if task.type == "chat" else st.fixed_dictionaries({"text": texts})


def targets(task: Task) -> st.SearchStrategy:
    """Targets of the task, never None."""
    if task.type == "chat":
        return replies.map(Message.as_dict)
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
        meta=st.dictionaries(texts, texts, max_size=2),
    )
