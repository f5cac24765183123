"""What a token limit takes from a record, as training treats texts over it (`TaskType.OVER_LONG`)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate

Place = tuple[int, int, int]


@dataclass(frozen=True)
class Limit:
    """`max_length` tokens a record may have, `special_tokens` of them around each text; windows share `stride` tokens.

    `count` gives the tokens of one text, special tokens left out.
    """

    max_length: int
    special_tokens: int
    stride: int
    count: Callable[[str], int]


@dataclass(frozen=True)
class Loss:
    """Tokens that are cut off, and how many of the record's answers are not learned whole."""

    tokens: int
    answers: int


NO_LOSS = Loss(0, 0)


def cut(texts: Sequence[str], lengths: Sequence[int], places: Sequence[Place], limit: Limit) -> Loss:
    """All texts in a row, the end cut off: an answer that ends behind the cut is lost or never shows its end."""
    starts = [0, *accumulate(lengths)]
    lost = sum(_end(texts[n], starts[n], lengths[n], end, limit) > limit.max_length for n, _, end in places)
    return Loss(max(0, starts[-1] - limit.max_length), lost)


def windows(texts: Sequence[str], lengths: Sequence[int], places: Sequence[Place], limit: Limit) -> Loss:
    """The text that is marked goes through in overlapping windows, beside all other texts: nothing is cut.

    An answer is lost that stands whole in no window. Other texts leave at least half of the window to it.
    """
    lost = 0
    for n, start, end in places:
        others = sum(lengths) - lengths[n]
        room = max(limit.max_length - others - limit.special_tokens, limit.max_length // 2)
        step = max(1, room - min(limit.stride, room // 2))
        before, through = limit.count(texts[n][:start]), limit.count(texts[n][:end])
        first = max(0, math.ceil((through - room) / step))  # the first window that reaches the answer's end
        lost += first * step > before
    return Loss(0, lost)


def shorten(texts: Sequence[str], lengths: Sequence[int], places: Sequence[Place], limit: Limit) -> Loss:
    """The input gives way to the target: an answer is lost only where it is over the limit by itself."""
    lost = sum(lengths[n] > limit.max_length for n, _, _ in places)
    return Loss(max(0, sum(lengths) - limit.max_length), lost)


#: `TaskType.OVER_LONG` -> what a record over the limit loses.
WAYS = {"cut": cut, "windows": windows, "shorten": shorten}


def _end(text: str, start: int, length: int, end: int, limit: Limit) -> int:
    """Tokens up to the end of a stretch; the special token that closes a text belongs to it."""
    return start + (length if end == len(text) else limit.count(text[:end]))
