"""Whether confidence can be taken at its word: the expected calibration error (ECE) and the reliability diagram."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.stats.numbers import Floats, Metric, divide, rounded

#: Equal-width bins where nobody sets another number; the usual choice since Naeini et al. 2015.
BINS = 10


def expected_calibration_error(confidence: Floats, correct: Floats, bins: int = BINS) -> Metric:
    """ECE over equal-width bins (Naeini et al. 2015): the mean gap between confidence and accuracy, by bin size."""
    gaps = np.zeros((len(confidence), bins))
    gaps[np.arange(len(confidence)), bin_numbers(confidence, bins)] = confidence - correct
    return lambda weights: divide(np.abs(weights @ gaps).sum(axis=1), weights.sum(axis=1), np.nan)


def reliability(confidence: Floats, correct: Floats, bins: int = BINS) -> list[dict[str, object]]:
    """Mean confidence, accuracy and row count of each bin that holds rows, lowest first.

    `correct` may be a degree: then `accuracy` is its mean.
    """
    number = bin_numbers(confidence, bins)
    return [
        {
            "confidence": rounded(confidence[number == n].mean()),
            "accuracy": rounded(correct[number == n].mean()),
            "count": int((number == n).sum()),
            "bin": f"{n / bins:.2f}-{(n + 1) / bins:.2f}",
        }
        for n in sorted(set(number.tolist()))
    ]


def bin_numbers(confidence: Floats, bins: int) -> NDArray[np.int64]:
    """The bin of each confidence in [0, 1]; 1.0 falls into the last."""
    return np.minimum((confidence * bins).astype(np.int64), bins - 1)
