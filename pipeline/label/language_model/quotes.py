"""Where the quotes that a model gives stand in a text: offsets are found here, a model's own are not to be trusted."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from pipeline.core.record import Reject
from pipeline.text.scripts import is_inside_word

Place = tuple[int, int]


def quote_places(quotes: Sequence[str], text: str) -> list[Place]:
    """Start and end of each quote, none overlapping another; whole words where a quote stands as such anywhere.

    Quotes are asked for in the order of the text, so each is sought behind the one before. Where that fails the longest
    ones take their first place, and shorter ones what is left. White space in a quote stands for any in the text.
    Raises Reject quote_not_found.
    """
    found = [_occurrences(quote, text) for quote in quotes]
    in_order = _in_order(found)
    return in_order if in_order is not None else _longest_first(quotes, found)


def _occurrences(quote: str, text: str) -> list[Place]:
    words = quote.split()
    if not words:
        raise Reject("quote_not_found", "an empty quote")
    pattern = re.escape(quote) if quote in text else r"\s+".join(map(re.escape, words))
    places = [match.span(1) for match in re.finditer(f"(?=({pattern}))", text)]  # overlapping ones too
    if not places:
        raise Reject("quote_not_found", f"'{quote[:60]}' does not stand in the text")
    whole = [one for one in places if not (is_inside_word(text, one[0]) or is_inside_word(text, one[1]))]
    return whole or places


def _in_order(found: Sequence[Sequence[Place]]) -> list[Place] | None:
    """The first place of each quote behind that of the one before; None where one has none there."""
    chosen: list[Place] = []
    behind = 0
    for places in found:
        place = next((one for one in places if one[0] >= behind), None)
        if place is None:
            return None
        chosen.append(place)
        behind = place[1]
    return chosen


def _longest_first(quotes: Sequence[str], found: Sequence[Sequence[Place]]) -> list[Place]:
    chosen: dict[int, Place] = {}
    for n in sorted(range(len(quotes)), key=lambda n: -len(quotes[n])):
        place = next((one for one in found[n] if not _overlaps(one, chosen.values())), None)
        if place is None:
            raise Reject("quote_not_found", f"'{quotes[n][:60]}' stands in the text less often than it was quoted")
        chosen[n] = place
    return [chosen[n] for n in range(len(quotes))]


def _overlaps(place: Place, others: Iterable[Place]) -> bool:
    return any(place[0] < end and start < place[1] for start, end in others)
