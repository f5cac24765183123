"""Edits that keep the meaning: other words for the same, other names of a kind. Closed lists: nothing else moves."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

#: Words and phrases that may stand for each other, English and Chinese.
_SAME = (
    ("do not", "don't"), ("does not", "doesn't"), ("did not", "didn't"), ("is not", "isn't"), ("are not", "aren't"),
    ("was not", "wasn't"), ("cannot", "can't"), ("could not", "couldn't"), ("will not", "won't"),
    ("would not", "wouldn't"), ("have not", "haven't"), ("has not", "hasn't"), ("i am", "i'm"), ("i have", "i've"),
    ("it is", "it's"), ("that is", "that's"), ("we are", "we're"), ("you are", "you're"), ("they are", "they're"),
    ("very", "really"), ("big", "large"), ("begin", "start"), ("buy", "purchase"), ("help", "assist"),
    ("also", "too"), ("maybe", "perhaps"), ("because", "since"), ("however", "but"), ("all right", "okay"),
    ("非常", "十分"), ("但是", "可是"), ("因为", "由于"), ("所以", "因此"), ("如果", "要是"), ("觉得", "认为"),
    ("没有", "没"), ("已经", "早已"), ("马上", "立刻"), ("特别", "尤其"), ("怎么", "如何"), ("为什么", "为何"),
    ("什么时候", "何时"), ("可以", "能够"), ("不错", "挺好"), ("东西", "物品"), ("买", "购买"), ("很", "挺"),
)  # fmt: skip

#: Names of one kind; each is replaced by another of its row.
_KINDS = (
    ("John", "David", "Michael", "James", "Robert", "Daniel", "Ahmed", "Wei", "Carlos", "Ivan"),
    ("Mary", "Anna", "Sarah", "Emma", "Julia", "Laura", "Fatima", "Mei", "Maria", "Olga"),
    ("London", "Paris", "Berlin", "Madrid", "Rome", "Tokyo", "Boston", "Chicago", "Sydney", "Toronto"),
    ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    ("小明", "小红", "小刚", "小丽", "小强"),
    ("北京", "上海", "广州", "深圳", "杭州", "成都", "武汉", "南京"),
    ("星期一", "星期二", "星期三", "星期四", "星期五", "星期六"),
)


def _pattern(words: Sequence[str], flags: int = 0) -> re.Pattern[str]:
    """Any of the words; those of letters only as whole words."""
    ranked = sorted(words, key=lambda word: (-len(word), word))
    parts = [rf"(?<![\w']){re.escape(w)}(?![\w'])" if w.isascii() else re.escape(w) for w in ranked]
    return re.compile("|".join(parts), flags)


_OTHER_WORD = {a: b for pair in _SAME for a, b in (pair, pair[::-1])}
_WORDS = _pattern(list(_OTHER_WORD), re.IGNORECASE)
_OTHERS: Mapping[str, Sequence[str]] = {name: kind for kind in _KINDS for name in kind}
_NAMES = _pattern(list(_OTHERS))
_DIGIT = re.compile(r"\d")


def paraphrase(text: str, place: float) -> str:
    """One word or phrase said in another way, upper case at its start kept. Example: "don't go" -> "do not go"."""
    return _one(_WORDS, text, place, lambda found: _like(found, _OTHER_WORD[found.lower()]))


def entity_swap(text: str, place: float) -> str:
    """One name, city or weekday replaced by another of its kind; a text without any gets one digit changed."""

    def other(found: str) -> str:
        kind = [name for name in _OTHERS[found] if name != found]
        return kind[int(place * len(kind))]

    edited = _one(_NAMES, text, place, other)
    return edited if edited != text else _one(_DIGIT, text, place, lambda digit: str((int(digit) % 9) + 1))


def swap_terms(text: str, first: Sequence[str], second: Sequence[str]) -> str:
    """Every term of either list replaced by the one at its place in the other. Example: he <-> she."""
    other = {a.lower(): b for a, b in zip((*first, *second), (*second, *first), strict=True)}
    found = _pattern([*first, *second], re.IGNORECASE)
    return found.sub(lambda match: _like(match.group(), other[match.group().lower()]), text)


def mentions(text: str, terms: Sequence[str]) -> bool:
    """Whether the text holds any of the terms, words of letters only as a whole."""
    return bool(_pattern(terms, re.IGNORECASE).search(text))


def _one(pattern: re.Pattern[str], text: str, place: float, other: Callable[[str], str]) -> str:
    found = list(pattern.finditer(text))
    if not found:
        return text
    match = found[int(place * len(found))]
    return text[: match.start()] + other(match.group()) + text[match.end() :]


def _like(model: str, word: str) -> str:
    return word[:1].upper() + word[1:] if model[:1].isupper() else word
