"""A number in a cell: what people write as one, and nothing else that Python would read as one."""

from __future__ import annotations

import math


def as_number(value: object) -> float:
    """The finite number that `value` is or spells. Raises ValueError for all else, with what it is.

    `float` alone reads `1_0` as 10, `True` as 1, and `nan`, `inf` and `1e999` as numbers.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError(f"{value!r} is not a number")
    if isinstance(value, str) and "_" in value:
        raise ValueError(f"'{value}' is not a number")
    try:
        number = float(value)
    except ValueError:
        raise ValueError(f"'{value}' is not a number") from None
    except OverflowError:  # an integer of more than 308 digits
        number = math.inf
    if not math.isfinite(number):
        raise ValueError(f"'{value}' is not a finite number")
    return number
