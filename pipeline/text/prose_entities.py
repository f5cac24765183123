"""Which entities of a text are damage, and which it speaks of or holds as code: told by what stands around them.

A chunk is what stands between two spaces, with its entities decoded; `left` and `right` are the texts around it.
"""

from __future__ import annotations

import re

from pipeline.text.prose_lines import is_comparison
from pipeline.text.prose_tokens import is_code, is_odd, is_word, tokens
from pipeline.text.scripts import HAN

_HAN = re.compile(f"[{HAN}]")


def is_sign_of_name(shown: str, left: str, right: str) -> bool:
    """In a short line of words: `Ronnie O'Sullivan`, `Angels & Demons`, `café`, `1998–2003`; no straight quotes."""
    if shown == "&":
        words = (*tokens(left)[-1:], *tokens(right)[:1])
        return len(words) == 2 and all(word[:1].isupper() and word[1:].islower() for word in words)
    first = next((letter for letter in left + shown if letter.isalpha()), "")
    if not shown.isascii():
        return is_sign_of_prose(shown, left, right) and not _STRAIGHT.search(shown)
    return first.isupper() and is_word(shown.rstrip(",.:;!?")) and not _STRAIGHT.search(shown)


_STRAIGHT = re.compile(r"""^["'(]|["')]$""")


def is_sign_of_prose(shown: str, left: str, right: str) -> bool:
    """Whether a chunk between spaces, its entities decoded, is what prose writes there; `&lt;` alone means itself."""
    if shown in ("&", "<", ">", "–", "—", "…"):
        return _is_between_words(shown, left, right)
    if _HAN.search(shown):
        return not re.search(r"[<>]|://", shown) and all(_joins_han(shown, m) for m in re.finditer("&", shown))
    pieces = shown.split()
    return bool(pieces) and len(shown) > 1 and all(map(_is_written_out, pieces))


def _is_written_out(piece: str) -> bool:
    found = tokens(piece)
    return bool(found) and not any(is_odd(token) or "://" in token for token in found)


def _is_between_words(sign: str, left: str, right: str) -> bool:
    before, after = tokens(left)[-1:], tokens(right)[:1]
    if not (before and after):
        return False
    if sign in "<>":
        return is_comparison([*before, sign, *after], 1)
    if sign != "&":
        named = before[0].lower() in _NAMED_BY or after[0] in _MENTION_AFTER_DASH
        return not named and not is_code(before[0]) and not is_code(after[0])
    return _joins_words(left, right, before[0], after[0])


def _joins_words(left: str, right: str, before: str, after: str) -> bool:
    """Whether `&` with spaces around it stands for `and`."""
    if _HAN.search(left[-2:]) or _HAN.search(right[:2]):
        return not _HAN_MENTION_BEFORE.search(left) and not _HAN_MENTION_AFTER.match(right)
    mentioned = before.lower() in _MENTION_BEFORE or after.lower() in _MENTION_AFTER
    return not (mentioned or _is_operand(before) or _is_operand(after))


def _is_operand(word: str) -> bool:
    """Whether `&` beside it may be an operator."""
    return is_code(word) or _VARIABLE.fullmatch(word) is not None or not word[:1].isalnum()


def _joins_han(shown: str, sign: re.Match[str]) -> bool:
    left, right = shown[: sign.start()], shown[sign.end() :]
    if not left or not right or _HAN_MENTION_BEFORE.search(left) or _HAN_MENTION_AFTER.match(right):
        return False
    return left[-1].isalnum() and right[0].isalnum()


_VARIABLE = re.compile("[b-z]")
#: Words around a sign that is spoken of: `the & operator`, `write &`, `& stands for`.
_MENTION_BEFORE = frozenset(
    re.split(
        r"\s+",
        """the a an of for to with use write writes type is are as by like means put insert escape into in character
           sign symbol entity called from both replace see add and or""",
    )
)
_MENTION_AFTER = frozenset(
    re.split(
        r"\s+",
        """is are means for becomes in sign character entity symbol stands as should must into to with instead was or
           and operator returns joins of""",
    )
)
_NAMED_BY = ("the", "a", "an", "use", "type", "write")
_MENTION_AFTER_DASH = ("sign", "character", "entity", "symbol", "stands", "becomes")
_HAN_MENTION_BEFORE = re.compile(r"[用写把将成为是符号的或与到在即加个叫]\s?$")
_HAN_MENTION_AFTER = re.compile(r"\s?(?:[表代换替转是或符号来连时这的即]|运算)")
