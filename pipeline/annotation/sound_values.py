"""What no answer may hold: JSON that nests without end, numbers beyond all bounds, half characters, odd regions."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import Any

#: Why an answer that holds such a value is set aside.
REASON = "unreadable_value"

_SIGNS = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{},]', re.DOTALL)
_HALF = re.compile(r"[\ud800-\udfff]")
_LARGEST = 2**63  # of the 64-bit numbers that Arrow stores
#: Levels of lists and objects; what people and Label Studio write has fewer than ten. A guess: not measured.
_DEEPEST = 100


class UnsoundValue(ValueError):
    """JSON that is well written, with a value that no table or report can hold."""


def decoded(text: str) -> Any:
    """The JSON value of `text`. Raises UnsoundValue (see `check_values`), and JSONDecodeError for what is no JSON."""
    try:
        value = json.loads(text)
    except json.JSONDecodeError:
        raise
    except RecursionError:
        raise UnsoundValue("nested too deeply") from None
    except ValueError:
        raise UnsoundValue("a number of thousands of digits") from None
    check_values(value)
    return value


def check_values(value: object, deep: int = 0) -> None:
    """Raises UnsoundValue for deep nesting, half a character, and numbers that are not finite or beyond 64 bits."""
    if deep > _DEEPEST:
        raise UnsoundValue("nested too deeply")
    if isinstance(value, dict):
        value = [*value, *value.values()]
    if isinstance(value, list):
        for one in value:
            check_values(one, deep + 1)
    elif isinstance(value, str) and _HALF.search(value):
        raise UnsoundValue("half of a character (a lone surrogate)")
    elif isinstance(value, int | float):
        _check_number(value)


def _check_number(value: int | float) -> None:
    if isinstance(value, int):
        if not -_LARGEST <= value < _LARGEST:
            raise UnsoundValue("a number of more than 64 bits")
    elif not math.isfinite(value):
        raise UnsoundValue(f"{value} is not a finite number")


def document(text: str) -> Iterator[object]:
    """The elements of a JSON list, or the one value that is none; UnsoundValue in the place of an unsound element."""
    try:
        found = json.loads(text)
    except json.JSONDecodeError:
        raise
    except (RecursionError, ValueError):  # ValueError: a number of thousands of digits
        yield from map(_decoded_or_why, elements(text))
        return
    for one in found if isinstance(found, list) else [found]:
        try:
            check_values(one)
            yield one
        except UnsoundValue as error:
            yield error


def _decoded_or_why(text: str) -> object:
    try:
        return decoded(text)
    except UnsoundValue as error:
        return error


def elements(text: str) -> Iterator[str]:
    """The texts of the elements of a JSON list, whatever they hold; told apart by brackets and commas alone."""
    depth = start = 0
    for found in _SIGNS.finditer(text):
        sign = found[0]
        before, depth = depth, depth + (sign in "[{") - (sign in "]}")
        if (min(before, depth) > 0 and sign != ",") or depth > 1:
            continue  # inside an element
        if before and text[start : found.start()].strip():
            yield text[start : found.start()]
        start = found.end()


def check_regions(regions: object) -> None:
    """Raises ValueError where what stands beside an answer is not what Label Studio or this project writes there."""
    for part in regions if isinstance(regions, list) else ():
        if not isinstance(part, dict) or not isinstance(part.get("value"), dict):
            raise ValueError("a region without a value")
        if not isinstance(part.get("from_name", ""), str):
            raise ValueError("the name of a control is no text")
        if part.get("type") == "rating":
            _check_rating(part["value"].get("rating"))
        _check_pairs(part["value"].get("pairs"))


def _check_rating(rating: object) -> None:
    if isinstance(rating, bool) or not isinstance(rating, int | float):
        raise ValueError("a rating that is no number")


def _check_pairs(pairs: object) -> None:
    if not isinstance(pairs, list | None):
        raise ValueError("pairs are no list")
    for pair in pairs or ():
        if not (isinstance(pair, dict) and all(isinstance(pair.get(name), dict) for name in ("chosen", "rejected"))):
            raise ValueError("a pair without `chosen` and `rejected`")
