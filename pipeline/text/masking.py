"""Regions of a text set aside while the rest is edited."""

from __future__ import annotations

from collections.abc import Sequence


def mask(text: str, regions: Sequence[tuple[int, int]]) -> tuple[str, str, list[str]]:
    """`text` with a mark for each region; the mark, a noncharacter that `text` does not hold; the regions' texts."""
    mark = next(chr(code) for code in range(0xFDD0, 0xFDF0) if chr(code) not in text)
    rest, held, end = [], [], 0
    for start, stop in regions:
        rest += [text[end:start], mark]
        held.append(text[start:stop])
        end = stop
    return "".join([*rest, text[end:]]), mark, held


def blanked(text: str, regions: Sequence[tuple[int, int]]) -> str:
    """`text` as long as before, with noncharacters in the place of `regions`, which may overlap."""
    letters = list(text)
    for start, stop in regions:
        letters[start:stop] = "\ufdd0" * (stop - start)
    return "".join(letters)


def unmask(text: str, mark: str, held: Sequence[str]) -> str:
    """The inverse of `mask` after an edit that kept every mark, in order."""
    pieces = text.split(mark)
    return "".join([*(part for pair in zip(pieces, held, strict=False) for part in pair), pieces[-1]])
