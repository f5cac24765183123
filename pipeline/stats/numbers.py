"""Figures as reports hold them: division that survives zero, rounding that hides the order of summation."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
#: Row weights of shape (resamples, rows) -> one value a resample.
Metric = Callable[[Floats], Floats]


#: Figures are rounded to this many digits, so that the order of summation never shows in the output bytes.
#: A guess: not measured.
DIGITS = 6


def divide(above: Floats, below: Floats, otherwise: float = 0.0) -> Floats:
    """`above / below`, and `otherwise` where `below` is zero."""
    found: Floats = np.divide(above, below, out=np.full(np.shape(above), otherwise), where=below != 0)
    return found


def rounded(value: float) -> float:
    """`value` to `DIGITS` digits, with no negative zero."""
    return round(float(value), DIGITS) + 0.0
