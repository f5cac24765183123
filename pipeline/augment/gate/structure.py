"""What an augmented text must not lose, gain or turn round, whatever made it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from pipeline.augment.augmenters.words import NEGATIONS_ZH, is_negation

_ADDRESS = re.compile(r"(?:https?://|www\.)\S+")
_PLACEHOLDER = re.compile(r"<\w+>|\[[A-Z][A-Z_0-9]*\]|\{\{\s*\w+\s*\}\}|\{\w+\}|%[sd]\b|\$\{\w+\}")
_CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_WORD = re.compile(r"[A-Za-z]+(?:['’][A-Za-z]+)*")


def lost_structure(parent: str, child: str, protected: Sequence[str]) -> str:
    """What is broken in `child`, in words; empty where all is as it was.

    Looked at: protected substrings, code between backticks, addresses, placeholders such as <EMAIL> or {name}, numbers,
    negations ("don't" counts as "do not").
    """
    lost = [part for part in protected if child.count(part) < parent.count(part)]
    if lost:
        return f"'{lost[0]}' must stay as it is"
    for what, pattern in (
        ("code", _CODE),
        ("addresses", _ADDRESS),
        ("placeholders", _PLACEHOLDER),
        ("numbers", _NUMBER),
    ):
        before, after = Counter(pattern.findall(parent)), Counter(pattern.findall(child))
        if before != after:
            return f"{what} changed: {_words(before)} became {_words(after)}"
    before_count, after_count = negations(parent), negations(child)
    if before_count != after_count:
        return f"negations changed: {before_count} became {after_count}"
    return ""


def negations(text: str) -> int:
    """How many negating words the text holds."""
    english = sum(is_negation(word) for word in _WORD.findall(text))
    return english + len(NEGATIONS_ZH.findall(text))


def _words(found: Iterable[str]) -> str:
    return ", ".join(sorted(found)) or "none"
