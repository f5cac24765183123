"""Texts as rows give them, and targets as texts."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.core.conversation import Message, readable
from pipeline.core.record import Reject, Target, as_json
from pipeline.core.turns import as_text, is_nothing


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
