"""How far a model's confidence can be trusted, measured on answers it had not seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.label.params import Prelabel
from pipeline.modeling.features.linear import fit_temperature, softmax
from pipeline.stats.calibration import expected_calibration_error, reliability
from pipeline.stats.scores import plain

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

Z = 1.645  # one-sided 95 %; normal quantile


@dataclass(frozen=True)
class Calibration:
    """What was fitted (`temperature`, `threshold`) and what is reported. `threshold` None: accept nothing."""

    temperature: float
    threshold: float | None
    report: dict[str, Any]


def calibrate(logits: Floats, truth: Ints, half: NDArray[np.bool_], params: Prelabel) -> Calibration:
    """Temperature and threshold from out-of-sample `logits`; their quality measured crosswise.

    `truth` is -1 for rows whose class the model cannot answer: always wrong, and not to be left out, since such
    rows are among those that are asked. What is used is fitted on all rows. What is reported is fitted on one half
    and measured on the other, both ways, so that it says nothing about the rows it was chosen on.
    """
    sure, right, taken = np.zeros(len(truth)), np.zeros(len(truth), bool), np.zeros(len(truth), bool)
    for part in (half, ~half):
        temperature = _temperature(logits[~part], truth[~part])
        threshold = _threshold(logits[~part] / temperature, truth[~part], params)
        sure[part], right[part] = _judge(logits[part] / temperature, truth[part])
        taken[part] = sure[part] >= threshold if threshold is not None else False
    temperature = _temperature(logits, truth)
    threshold = _threshold(logits / temperature, truth, params)
    before, right_before = _judge(logits, truth)
    report = {**_about(sure, right, taken, before, threshold), "temperature": temperature}
    return Calibration(temperature, threshold, report | {"ece_before": _ece(before, right_before)})


@dataclass(frozen=True)
class Scored:
    """Scores of one answer each, calibrated: `sure` turns them into probabilities. `threshold` as in `Calibration`."""

    sure: Callable[[Floats], Floats]
    threshold: float | None
    report: dict[str, Any]


def calibrate_scores(
    scores: Floats, right: NDArray[np.bool_], half: NDArray[np.bool_], params: Prelabel, z: float = Z
) -> Scored:
    """A probability for each row of scores, by Platt 1999 with a weight a column; reported crosswise as above.

    The first column, or the only one, is the log probability of the whole answer, or log odds.
    """
    scores = _columns(scores)
    sure, taken = np.zeros(len(right)), np.zeros(len(right), bool)
    for part in (half, ~half):
        fitted = _platt(scores[~part], right[~part])
        threshold = _confidence_threshold(fitted(scores[~part]), right[~part], params, z)
        sure[part] = fitted(scores[part])
        taken[part] = sure[part] >= threshold if threshold is not None else False
    fitted = _platt(scores, right)
    threshold = _confidence_threshold(fitted(scores), right, params, z)
    return Scored(fitted, threshold, _about(sure, right, taken, np.minimum(1, np.exp(scores[:, 0])), threshold))


def _columns(scores: Floats) -> Floats:
    return scores if scores.ndim == 2 else scores[:, None]


def _platt(scores: Floats, right: NDArray[np.bool_]) -> Callable[[Floats], Floats]:
    if right.all() or not right.any():
        share = (right.sum() + 1) / (len(right) + 2)
        return lambda values: np.full(len(values), share)
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=100.0).fit(scores, right)
    return lambda values: np.asarray(model.predict_proba(_columns(values))[:, 1], np.float64)


def _about(
    sure: Floats, right: NDArray[np.bool_], taken: NDArray[np.bool_], before: Floats, threshold: float | None
) -> dict[str, object]:
    return {
        "rows": len(right),
        "accuracy": float(right.mean()),
        "ece_before": _ece(before, right),
        "ece_after": _ece(sure, right),
        "confidence_threshold": threshold,
        "accepted_share": float(taken.mean()),
        "accepted_accuracy": float(right[taken].mean()) if taken.any() else None,
        "reliability": reliability(sure, right.astype(np.float64)),
    }


def _temperature(logits: Floats, truth: Ints) -> float:
    known = truth >= 0
    return fit_temperature(logits[known], truth[known]) if known.any() else 1.0


def _judge(logits: Floats, truth: Ints) -> tuple[Floats, NDArray[np.bool_]]:
    probabilities = softmax(logits)
    return probabilities.max(axis=1), probabilities.argmax(axis=1) == truth


def _threshold(logits: Floats, truth: Ints, params: Prelabel) -> float | None:
    return _confidence_threshold(*_judge(logits, truth), params)


def _confidence_threshold(sure: Floats, right: NDArray[np.bool_], params: Prelabel, z: float = Z) -> float | None:
    if params.confidence_threshold is not None:
        return params.confidence_threshold
    found = lowest_threshold(sure, right, params.min_precision, z)
    return None if found is None else max(found, params.min_confidence)


def lowest_threshold(sure: Floats, right: NDArray[np.bool_], precision: float, z: float = Z) -> float | None:
    """The lowest confidence above which at least `precision` of the answers are right.

    By the lower end of Wilson's 95 % interval (1927), not by the bare share: a handful of lucky rows
    at the top prove nothing. None where no threshold reaches it.
    """
    if not len(sure):
        return None
    order = np.argsort(-sure, kind="stable")
    ordered = sure[order]
    taken = np.arange(1, len(order) + 1)
    share = np.cumsum(right[order]) / taken
    centre = share + z**2 / (2 * taken)
    margin = z * np.sqrt(share * (1 - share) / taken + z**2 / (4 * taken**2))
    low = (centre - margin) / (1 + z**2 / taken)
    last_of_equals = np.append(ordered[1:] < ordered[:-1], True)
    good = np.flatnonzero((low >= precision) & last_of_equals)
    return float(ordered[good[-1]]) if len(good) else None


def _ece(sure: Floats, right: NDArray[np.bool_]) -> float:
    return plain(expected_calibration_error(sure, right.astype(np.float64)), len(sure))
