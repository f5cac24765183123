"""Texts as they are compared, in every stage: case, white space, width and punctuation do not count, symbols do.

What is kept besides letters and digits: emoji and other symbols (stars, arrows, currency), the signs of arithmetic, `%`
after a digit, `#` after a letter (C#, not #5), a minus before a number, and smiling and frowning faces in ASCII. So
"great 👍" differs from "great 👎", C++ from C#, and -5 from 5. Signs that draw lines and bullets do not count.
"""

from __future__ import annotations

import re
import unicodedata

from pipeline.core.record import content_id

#: Signs whose meaning hangs on their place: ASCII faces, C#, 5%, -5.
_PLACED = re.compile(r"[:;=]['-]?(?:\)+|\(+)|(?<=[^\W_])#(?!\w)|(?<=\d) ?%|(?<![\w-])-(?=\d)")
_PLACED_SIGN = re.compile("[-%#()]")  # in whatever the next two patterns find, and quick to look for
_PLACED_HINT = re.compile(r"[:;=]['-]?[()]|\w#|%|-\d")
#: Four and more in a row are a ruler, not arithmetic.
_RULERS = re.compile(r"([-=+<>])\1{3,}")
_SKIN_TONES = range(0x1F3FB, 0x1F400)
_DRAWING = range(0x2500, 0x2600)  # box drawing, blocks, geometric shapes (bullets)
#: Symbols that separate or decorate; U+FFFD stands for damage.
_DECORATION = frozenset("|~^`´¨¦\ufffd")


class _Letters(dict[int, str | None]):
    """What becomes of each code point, found out on first sight; for `str.translate`."""

    def __missing__(self, code: int) -> str | None:
        self[code] = value = _counted(chr(code))
        return value


def normalised(text: str) -> str:
    """`text` compatibility-normalised and casefolded; words, and signs that carry meaning, one space apart.

    A text without any of them (punctuation) is told apart by its characters.
    """
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    text = text.casefold()
    plain = _RULERS.sub(" ", text)
    if _PLACED_SIGN.search(text) and _PLACED_HINT.search(text):
        plain = _PLACED.sub(_carried, plain)
    return " ".join(plain.translate(_LETTERS).split()) or "".join(text.split())


def text_key(text: str) -> str:
    """A stable hash of the normalised text: equal for texts that count as equal."""
    return content_id("text", normalised(text))


# Placed signs travel through `translate` as noncharacters, which no text holds.
_CARRIED = {")": "\ufdd0", "(": "\ufdd1", "#": "\ufdd2", "%": "\ufdd3", "-": "\ufdd4"}
_SHOWN = {"\ufdd0": " ☺ ", "\ufdd1": " ☹ ", "\ufdd2": "# ", "\ufdd3": "% ", "\ufdd4": " -"}


def _carried(match: re.Match[str]) -> str:
    return _CARRIED[match[0][-1]]


def _counted(letter: str) -> str | None:
    """The letter itself, a space for what does not count, None where nothing stands for it."""
    if letter in _SHOWN:
        return _SHOWN[letter]
    code, kind = ord(letter), unicodedata.category(letter)
    if kind[0] in "LN":
        return letter
    if kind[0] == "M":  # vowel signs of Indic scripts count; U+FE0F says how an emoji is drawn
        return None if 0xFE00 <= code <= 0xFE0F or code >= 0xE0100 else letter
    if kind == "Cf" or code in _SKIN_TONES:
        return None
    if kind[0] == "S" and letter not in _DECORATION and code not in _DRAWING:
        return f" {letter} "
    return " "


_LETTERS = _Letters()
