"""Keeping offsets true when a text is edited."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import copy
from math import inf
from typing import TypedDict, TypeVar

from pipeline.core.record import Reject

#: After a difference, windows of these many characters are aligned exactly, until the texts
#: agree again for `_AGREEMENT` characters. A guess: not measured.
_WINDOWS = (32, 160)
_AGREEMENT = 8  # a guess: not measured
#: The cost of one edited character, and of beginning a stretch of equal ones. The second keeps
#: words whole: in "<a>tea</a>" the last letter of "tea" is not looked for in the closing tag. Guesses: not measured.
_EDIT, _BEGIN = 10, 6


class Place(TypedDict):
    """A part `[start, end)` of a text; what is known of it stands beside."""

    start: int
    end: int


Placed = TypeVar("Placed", bound=Place)


def _without_space(text: str, start: int, end: int) -> tuple[int, int]:
    """The place without white space at its edges."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def remap_spans(before: str, after: str, spans: Sequence[Placed]) -> list[Placed]:
    """Spans of `before` as spans of `after`, other keys kept.

    A span that covered edited characters covers what they became: in "fish &amp; chips" the span
    of "&amp;" becomes that of "&" in "fish & chips". Rejects: span_lost, where nothing is left of a span.
    """
    if before == after:
        return [copy(span) for span in spans]
    blocks = list(_equal_blocks(before, after))
    moved = []
    for span in map(copy, spans):
        start = _map(span["start"], blocks, len(after), to_end=False)
        end = _map(span["end"], blocks, len(after), to_end=True)
        start, end = _without_space(after, start, end)
        if start >= end:
            raise Reject("span_lost", f"nothing is left of '{before[span['start'] : span['end']]}' after the edit")
        span["start"], span["end"] = start, end
        moved.append(span)
    return moved


def letters(text: str) -> str:
    """The letters and digits of a text, case folded; the text itself where it has none."""
    return "".join(letter for letter in text.casefold() if letter.isalnum()) or text.strip()


def _map(offset: int, blocks: Sequence[tuple[int, int, int]], length: int, to_end: bool) -> int:
    """`offset` moved along equal blocks; inside a replaced stretch, to its start or (`to_end`) its end."""
    previous_end = 0  # in the text after
    for a, b, size in blocks:
        if offset < a or (to_end and offset == a and a > 0):
            return b if to_end else previous_end
        if offset < a + size or (to_end and offset == a + size):
            return b + offset - a
        previous_end = b + size
    return length if to_end else previous_end


def _equal_blocks(before: str, after: str) -> Iterator[tuple[int, int, int]]:
    """(offset before, offset after, length) of what both texts share, in order.

    Repairs are local, so only a window after each difference is compared in full: linear in the
    texts, where a full diff is quadratic.
    """
    a = b = 0
    while a < len(before) and b < len(after):
        size = _common_prefix(before, a, after, b)
        if size:
            yield a, b, size
        a, b = a + size, b + size
        if a < len(before) and b < len(after):
            blocks = _resynchronise(before[a : a + _WINDOWS[-1]], after[b : b + _WINDOWS[-1]])
            yield from ((a + x, b + y, size) for x, y, size in blocks)
            x, y, size = blocks[-1] if blocks else (_WINDOWS[-1], _WINDOWS[-1], 0)
            a, b = a + x + size, b + y + size


def _common_prefix(before: str, a: int, after: str, b: int) -> int:
    size, step = 0, 256
    while step:
        left, right = before[a + size : a + size + step], after[b + size : b + size + step]
        if left and left == right:
            size += len(left)
        else:
            step //= 2
    return size


def _resynchronise(before: str, after: str) -> list[tuple[int, int, int]]:
    """Equal blocks up to the first that is long enough to trust."""
    blocks: list[tuple[int, int, int]] = []
    for window in _WINDOWS:
        whole = max(len(before), len(after)) <= window
        blocks = _align(before[:window], after[:window], whole)
        long = next((n for n, block in enumerate(blocks) if block[2] >= _AGREEMENT), None)
        if long is not None:
            return blocks[: long + 1]
    return blocks


def _align(before: str, after: str, whole: bool) -> list[tuple[int, int, int]]:
    """Equal blocks of the cheapest edit of one text into the other (Gotoh 1982, with the gap cost on matches).

    Unless `whole`, the texts go on beyond what is given, and the end of the longer one may stay unused.
    """
    columns = range(len(after) + 1)
    # Cost of the cheapest way to reach each cell by an edit (or the corner), and by an equal character.
    edited: list[list[float]] = [[j * _EDIT for j in columns]]
    equal: list[list[float]] = [[inf for _ in columns]]
    for i, letter in enumerate(before, 1):
        edited.append([i * _EDIT])
        equal.append([inf])
        for j in columns[1:]:
            above, diagonal = (min(edited[i - 1][k], equal[i - 1][k]) for k in (j, j - 1))
            edited[i].append(_EDIT + min(above, diagonal, edited[i][j - 1], equal[i][j - 1]))
            same = letter == after[j - 1]
            equal[i].append(min(equal[i - 1][j - 1], edited[i - 1][j - 1] + _BEGIN) if same else inf)
    corner = (len(before), len(after))
    if whole:
        return _trace(edited, equal, *corner)
    edge = [(i, corner[1]) for i in range(1, corner[0])] + [(corner[0], j) for j in columns[1:]]
    costs = [min(edited[i][j], equal[i][j]) for i, j in edge]
    return _trace(edited, equal, *min(zip(costs, edge, strict=True))[1])


def _trace(edited: list[list[float]], equal: list[list[float]], i: int, j: int) -> list[tuple[int, int, int]]:
    blocks: list[tuple[int, int, int]] = []
    size = 0
    while i and j:
        if equal[i][j] <= edited[i][j] + (_BEGIN if size else 0):
            i, j, size = i - 1, j - 1, size + 1
            continue
        blocks.append((i, j, size))  # empty ones go in the end
        size = 0
        cost = edited[i][j] - _EDIT
        ways = ((i - 1, j - 1), (i - 1, j))
        i, j = next((way for way in ways if min(edited[way[0]][way[1]], equal[way[0]][way[1]]) == cost), (i, j - 1))
    blocks += [(i, j, size)]
    return [block for block in reversed(blocks) if block[2]]
