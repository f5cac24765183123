"""Texts as duplicates are judged: case, white space and punctuation do not count."""

from __future__ import annotations

import re
import unicodedata

from pipeline.record import content_id

_NOISE = re.compile(r"[\W_]+")


def normalised(text: str) -> str:
    """`text` compatibility-normalised and casefolded, its letters and digits in words one space apart.

    A text without any letter or digit (emoji, punctuation) is told apart by its symbols.
    """
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    words = _NOISE.sub(" ", text.casefold()).strip()
    return words or "".join(text.split())


def text_key(text: str) -> str:
    """A stable hash of the normalised text: equal for texts that count as equal."""
    return content_id("text", normalised(text))
