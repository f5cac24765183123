"""Texts as rows give them, and targets as texts."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.core.conversation import Message, readable
from pipeline.core.record import Reject, Target, as_json
from pipeline.core.settings import Task
from pipeline.core.turns import as_text, is_nothing

#: Languages that put no spaces between words, or not between all of them.
_UNSPACED = frozenset({"zh", "ja", "th", "lo", "km", "my", "bo", "yue"})


def granularity(task: Task) -> str:
    """What a mark in Label Studio covers at least: a word, or a symbol where a language of the task has no spaces."""
    return "symbol" if any(code.lower().split("-")[0] in _UNSPACED for code in task.languages) else "word"


def text_of(values: Mapping[str, object], field: str, if_missing: str = "missing_text_column") -> str:
    """The text of one field; numbers are written out, NaN is missing. Rejects: `if_missing`, and that of `as_text`."""
    value = values.get(field)
    if is_nothing(value):
        raise Reject(if_missing, f"the row has no value for the field '{field}'")
    return as_text(value, f"the field '{field}'")


def target_text(target: Target) -> str:
    """A target as one text: a text itself, what a message says (`readable`), anything else as JSON."""
    if isinstance(target, str):
        return target
    is_message = isinstance(target, Mapping) and "role" in target
    return readable(Message.of(target)) if is_message else as_json(target)
