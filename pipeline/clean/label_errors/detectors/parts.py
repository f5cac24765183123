"""From log odds of the parts of a target (tags, labels) to those of the whole."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: How parts are joined: the least plausible part alone, the worst stretch of wrong parts, or all wrong parts.
WAYS = ("part", "stretch", "sum")


def joined(margins: Floats, way: str) -> float:
    """Log odds of a whole target from those of its parts in order; the smallest where no part is doubted."""
    least = float(margins.min(initial=np.inf))
    if way == "part" or least >= 0:
        return min(least, 50.0)
    wrong = np.minimum(margins, 0.0)
    if way == "sum":
        return float(wrong.sum())
    ends = np.append(np.flatnonzero(wrong == 0), len(wrong))
    starts = np.concatenate([[0], ends[:-1] + 1])
    return float(min(wrong[a:b].sum() for a, b in zip(starts, ends, strict=True)))
