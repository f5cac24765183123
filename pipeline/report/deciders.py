"""Who decided a label, in plain words: `crowd:dawid_skene` reads `crowd votes (Dawid-Skene)`, in both languages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypedDict

#: What a decision is by, before the colon (`pipeline.core.record.Decision`), and what a page says of it.
KINDS = ("source", "crowd", "human", "model")
_COUNTED = re.compile(r"(\d+) annotators")


class Decider(TypedDict):
    """A text of the page: its key, and what fills it."""

    k: str
    a: Mapping[str, object]


def decider(who: str) -> Decider | None:
    """The text that names who decided; None for what is no such name, as an annotator's own."""
    kind, colon, name = who.partition(":")
    if who == "(nobody)":
        return {"k": "who.nobody", "a": {}}
    if not colon or kind not in KINDS:
        return None
    counted = _COUNTED.fullmatch(name)
    if kind == "human" and counted:
        return {"k": "who.humans", "a": {"n": int(counted[1])}}
    joined = name.replace("+", ", ") if kind == "human" else name
    is_ours = kind in ("crowd", "model")  # a method of ours has a name in both languages; a source's is the data's
    return {"k": f"who.{kind}", "a": {"name": {"k": f"code.{joined}", "a": {}} if is_ours else {"w": joined}}}
