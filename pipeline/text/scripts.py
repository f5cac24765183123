r"""Which script a letter belongs to: the one place that lists ranges of code points.

The names are for character classes of regular expressions: `rf"[{HAN}]"`, `rf"[^\s{CJK}]+"`.
"""

from __future__ import annotations

import re

#: Chinese characters, in Japanese and Korean texts too: all ideographs of Unicode 16, the iteration mark and the zero.
HAN = r"\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
#: Hiragana and katakana.
KANA = r"\u3040-\u30ff\u31f0-\u31ff"
#: Korean syllables.
HANGUL = r"\uac00-\ud7af"
#: Letters of scripts that write no spaces between words.
UNSPACED = HAN + KANA
#: Chinese, Japanese and Korean letters: one says about as much as half an English word.
CJK = HAN + KANA + HANGUL
#: Letters that code is hardly written in: Greek to Georgian (so Cyrillic, Arabic and Thai too), Japanese, Korean.
NO_LATIN = r"\u0370-\u052f\u0590-\u08ff\u0900-\u0eff\u10a0-\u10ff" + KANA + HANGUL

HAN_LETTER = re.compile(f"[{HAN}]")
KANA_LETTER = re.compile(f"[{KANA}]")
UNSPACED_LETTER = re.compile(f"[{UNSPACED}]")

#: Words, and single letters of scripts without spaces (and of Korean); signs and underscores separate.
WORD = re.compile(rf"[{CJK}]|[^\W_{CJK}]+")


def ranges(script: str) -> list[tuple[int, int]]:
    r"""First and last code point of each range of a script, in order.

    >>> ranges(KANA)
    [(12352, 12543), (12784, 12799)]
    """
    letters = script.encode().decode("unicode_escape")
    pairs = re.findall(r"(.)(?:-(.))?", letters)
    return sorted((ord(first), ord(last or first)) for first, last in pairs)


def count_han(text: str) -> int:
    """How many Chinese characters the text holds."""
    return 0 if text.isascii() else len(HAN_LETTER.findall(text))


def has_han(text: str) -> bool:
    """Whether the text holds a Chinese character."""
    return not text.isascii() and HAN_LETTER.search(text) is not None


def is_inside_word(text: str, place: int) -> bool:
    """Whether a word goes on across `place`; letters of scripts without spaces each stand alone.

    >>> is_inside_word("Adam", 3), is_inside_word("Ada.", 3), is_inside_word("在北京", 1)
    (True, False, False)
    """
    return 0 < place < len(text) and _joins(text[place - 1]) and _joins(text[place])


def _joins(letter: str) -> bool:
    return letter.isalnum() and not UNSPACED_LETTER.match(letter)
