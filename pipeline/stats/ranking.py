"""How well a ranking puts what is sought first."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def average_precision(wrong: NDArray[np.bool_], doubt: NDArray[np.float64]) -> float:
    """Average precision of ranking by `doubt`, greatest first, where `wrong` marks what is sought; 0 where nothing is.

    Of equal doubts the earlier row comes first. Example: sought rows first and third of three: (1/1 + 2/3) / 2 = 0.833.
    """
    hits = wrong[np.argsort(-doubt, kind="stable")]
    precision = np.cumsum(hits) / np.arange(1, len(hits) + 1)
    return float(precision[hits].mean()) if hits.any() else 0.0
