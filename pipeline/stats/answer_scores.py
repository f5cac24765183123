"""What counts as the same answer: spans, and answers by the rules of SQuAD and CMRC.

Plain Python, shared by training (which is evaluated on dev) and evaluate.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

from pipeline.core.record import Answer
from pipeline.stats.scores import f1
from pipeline.text.scripts import CJK

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PIECES = re.compile(rf"[{CJK}]|[^\s{CJK}]+")


def answer_scores(predicted: Sequence[Answer], given: Sequence[Answer], lang: str) -> tuple[float, float]:
    """Exact match and F1 of the first predicted answer against the best of the given ones.

    No answer predicted and none given is right. Chinese is scored by the rules of CMRC 2018, all else by SQuAD's.
    """
    if not predicted or not given:
        right = float(not predicted and not given)
        return right, right
    said, truths = str(predicted[0]["text"]), [str(answer["text"]) for answer in given]
    rule = _cmrc if lang == "zh" else _squad
    exact, overlap = zip(*(rule(said, truth) for truth in truths), strict=True)
    return max(exact), max(overlap)


def squad_normalised(text: str) -> str:
    """Lower case, no punctuation, no articles, single spaces (the SQuAD evaluation script)."""
    plain = "".join(letter for letter in text.lower() if not _is_punctuation(letter))
    return " ".join(_ARTICLES.sub(" ", plain).split())


def cmrc_pieces(text: str) -> list[str]:
    """Chinese characters one by one, other words whole, lower case, no punctuation of either width."""
    plain = "".join(" " if _is_punctuation(letter) else letter for letter in text.lower())
    return _PIECES.findall(plain)


def _squad(said: str, truth: str) -> tuple[float, float]:
    a, b = squad_normalised(said), squad_normalised(truth)
    common = sum((Counter(a.split()) & Counter(b.split())).values())
    return float(a == b), f1(common, len(a.split()), len(b.split())) if common else float(a == b)


def _cmrc(said: str, truth: str) -> tuple[float, float]:
    a, b = cmrc_pieces(said), cmrc_pieces(truth)
    return float(a == b), f1(_longest_common(a, b), len(a), len(b))


def _longest_common(a: Sequence[str], b: Sequence[str]) -> int:
    """The length of the longest common stretch, as CMRC's script measures overlap."""
    best, previous = 0, [0] * (len(b) + 1)
    for x in a:
        row = [0] * (len(b) + 1)
        for n, y in enumerate(b):
            row[n + 1] = previous[n] + 1 if x == y else 0
        best, previous = max(best, *row), row
    return best


def _is_punctuation(letter: str) -> bool:
    """Punctuation of any script; ASCII symbols ($, +, ...) too, as in SQuAD's script."""
    return unicodedata.category(letter)[0] == "P" or (letter.isascii() and unicodedata.category(letter)[0] == "S")
