"""Small edits that should not change an answer. Each takes a text and a number in [0, 1) that places the edit."""

from __future__ import annotations

from collections.abc import Callable

from pipeline.evaluate.rewording import entity_swap, paraphrase
from pipeline.text.scripts import has_han

#: Half-width punctuation and its full-width twin, as Chinese keyboards type them.
_WIDE = {",": "，", ".": "。", "!": "！", "?": "？", ":": "：", ";": "；", "(": "（", ")": "）"}
_NARROW = {wide: narrow for narrow, wide in _WIDE.items()}


def typo(text: str, place: float) -> str:
    """Two neighbouring letters inside a word swapped. Example: 'abcd' -> 'acbd'."""
    spots = [
        n
        for n in range(len(text) - 3)
        if text[n : n + 4].isalpha() and text[n + 1] != text[n + 2] and text[n : n + 4].isascii()
    ]
    if not spots:
        return text
    n = spots[int(place * len(spots))] + 1
    return text[:n] + text[n + 1] + text[n] + text[n + 2 :]


def dropped_character(text: str, place: float) -> str:
    """One character left out, never the first of the text; texts under five characters stay."""
    if len(text) < 5:
        return text
    n = 1 + int(place * (len(text) - 1))
    return text[:n] + text[n + 1 :]


def lower_case(text: str, place: float) -> str:
    """All letters in lower case."""
    return text.lower()


def upper_case(text: str, place: float) -> str:
    """All letters in upper case."""
    return text.upper()


def punctuation_width(text: str, place: float) -> str:
    """Punctuation in the other width: full to half where there is full, else half to full next to Chinese text."""
    if any(letter in _NARROW for letter in text):
        return "".join(_NARROW.get(letter, letter) for letter in text)
    if has_han(text):
        return "".join(_WIDE.get(letter, letter) for letter in text)
    return text


def final_punctuation(text: str, place: float) -> str:
    """The last full stop, question or exclamation mark taken away, or a full stop added."""
    stripped = text.rstrip()
    if stripped and stripped[-1] in ".!?。！？":
        return stripped[:-1] or text
    chinese = has_han(stripped[-1:])
    return stripped + ("。" if chinese else ".")


#: Adding an edit: one function, one line here.
EDITS: dict[str, Callable[[str, float], str]] = {
    "typo": typo,
    "dropped_character": dropped_character,
    "lower_case": lower_case,
    "upper_case": upper_case,
    "punctuation_width": punctuation_width,
    "final_punctuation": final_punctuation,
    "paraphrase": paraphrase,
    "entity_swap": entity_swap,
}
