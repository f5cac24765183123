"""Texts as rows give them."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.core.record import Reject


def text_of(values: Mapping[str, object], field: str, if_missing: str = "missing_text_column") -> str:
    """The text of one field; numbers are written out. Rejects: `if_missing`, not_a_text (a list, an object, bytes)."""
    value = values.get(field)
    if value is None:
        raise Reject(if_missing, f"the row has no value for the field '{field}'")
    if not isinstance(value, str | int | float):
        what = {"dict": "an object", "list": "a list"}.get(type(value).__name__, f"of type {type(value).__name__}")
        raise Reject("not_a_text", f"the field '{field}' is {what}; name the column that holds the text itself")
    return str(value)
