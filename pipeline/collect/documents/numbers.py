"""The numbers that a text names, in digits or in English and Chinese words, as digits that can be compared."""

from __future__ import annotations

import re

from pipeline.text.numerals import value_of, with_digits

_DIGITS = re.compile(r"\d+(?:[.,]\d+)*")
_SMALL = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
_TEENS = "seventeen eighteen nineteen"
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_WORDS = {word: n for n, word in enumerate(f"{_SMALL} {_TEENS}".split())}
_WORDS |= {word: 10 * n for n, word in enumerate(_TENS.split(), 2)}
_LARGE = {"hundred": 100, "thousand": 1000, "million": 1_000_000}
_ENGLISH = re.compile(rf"\b(?:{'|'.join([*_WORDS, *_LARGE])})(?:[ -](?:and )?(?:{'|'.join([*_WORDS, *_LARGE])}))*\b")

_CHINESE = re.compile("[零〇一二三四五六七八九两十百千万亿]+")
#: Words that are numbers by their letters alone.
_NO_NUMBERS = frozenset({"one", "zero", "一", "十", "百", "千", "万", "亿", "万一", "千万", "零", "〇"})


def numbers(text: str) -> set[str]:
    """The numbers of a text: `1,000`, `two hundred`, `两百`, `3万` as they are compared. `one`, 一 are words."""
    text = with_digits(text).casefold()
    found = {_plain(number) for number in _DIGITS.findall(text)}
    found |= {str(_english(words)) for words in _ENGLISH.findall(text) if words not in _NO_NUMBERS}
    values = (value_of(letters) for letters in _CHINESE.findall(text) if letters not in _NO_NUMBERS)
    return found | {f"{value:f}" for value in values if value is not None}


def _plain(number: str) -> str:
    """Without thousands separators, and zeros that say nothing."""
    whole, dot, part = re.sub(r",(?=\d{3}\b)", "", number).partition(".")
    return (whole.lstrip("0") or "0") + (dot + part.rstrip("0")).rstrip(".")


def _english(words: str) -> int:
    """`two hundred and forty-five` -> 245."""
    total, part = 0, 0
    for word in re.findall(r"[a-z]+", words):
        if word in _WORDS:
            part += _WORDS[word]
        elif word == "hundred":
            part = max(part, 1) * 100
        elif word in _LARGE:
            total, part = total + max(part, 1) * _LARGE[word], 0
    return total + part
