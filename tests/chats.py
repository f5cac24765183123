"""Small builders for records of the task chat, in the shape that a record holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pipeline.core.conversation import Message


def turns(given: Iterable[Mapping[str, Any] | tuple[str, str]]) -> list[dict[str, Any]]:
    """Turns with every key, from (role, content) pairs or from dictionaries that hold a few."""
    pairs = (one if isinstance(one, Mapping) else {"role": one[0], "content": one[1]} for one in given)
    return [Message.of(one).as_dict() for one in pairs]


def fields(given: Iterable[Mapping[str, Any] | tuple[str, str]]) -> dict[str, Any]:
    """The fields of a conversation without tools."""
    return {"messages": turns(given), "tools": None, "template_arguments": None}


def reply(text: str | None) -> dict[str, Any] | None:
    """A reply that is a text alone; None for none."""
    return None if text is None else Message("assistant", text).as_dict()


def as_record_holds(given: Mapping[str, Any], target: Any) -> tuple[dict[str, Any], Any]:
    """Fields and target of a chat in full where `given` holds messages; anything else as it is."""
    if "messages" not in given:
        return dict(given), target
    return fields(given["messages"]), reply(target) if target is None or isinstance(target, str) else target
