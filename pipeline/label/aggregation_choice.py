"""Crowd votes held against labels that are known: which method is best here, and how sure its posteriors may be.

Known are voted records whose source vouches for the label, and those that two people or an adjudicator answered alike.
On them every method is scored by its log loss after calibration by one temperature (Guo et al. 2017,
https://arxiv.org/abs/1706.04599), fitted on one half and measured on the other. One above 1 lowers confidence.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.core.record import Record, as_json, share
from pipeline.label.aggregation import METHODS, aggregate
from pipeline.label.aggregation.votes import encode, tempered
from pipeline.label.evidence import VoteOutcome, crowd_rows
from pipeline.stats.calibration import expected_calibration_error
from pipeline.stats.numbers import rounded

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.label.aggregation.votes import Floats

#: The method's name in params that means: the best one on known labels.
ON_GOLD = "best_on_gold"
#: What decides where too few labels are known to choose by: best mean over 18 public vote sets.
DEFAULT = "dawid_skene"
#: Fewer known labels choose and calibrate nothing. A guess: not measured.
MIN_KNOWN = 50
_TEMPERATURES = np.geomspace(0.5, 8.0, 49)  # a guess: not measured


@dataclass(frozen=True)
class Choice:
    """The method that decides, the temperature of its posteriors, and what report.json says of both."""

    method: str
    temperature: float = 1.0
    report: Mapping[str, Any] = field(default_factory=dict)


def plain(method: str) -> str:
    """The method's own name: `best_on_gold` chooses for crowd votes, the default decides everything else."""
    return DEFAULT if method == ON_GOLD else method


def known_labels(records: Iterable[Record], human: Mapping[str, VoteOutcome]) -> dict[str, str]:
    """Record id -> known label as JSON, of the voted records whose label is beyond doubt."""
    found: dict[str, str] = {}
    for record in records:
        answered = human.get(record.id)
        if not record.votes:
            continue
        if answered is not None and _is_beyond_doubt(answered):
            found[record.id] = as_json(answered.value)
        elif record.source.trusted and record.target is not None:
            found[record.id] = as_json(record.target)
    return found


def _is_beyond_doubt(answered: VoteOutcome) -> bool:
    """An adjudicator decided, or several people, of one mind."""
    return answered.confidence is None and (answered.adjudicated or len(answered.voters) > 1)


def choose(records: Iterable[Record], known: Mapping[str, str], method: str) -> Choice:
    """`method`, or the best one for `best_on_gold`, with its temperature; as they are where too little is known."""
    votes = encode(crowd_rows(records))  # the source's own label would vote for itself
    place, numbers = _numbered(votes.items), _numbered(votes.labels)
    names = sorted(name for name, label in known.items() if name in place and label in numbers)
    if len(names) < MIN_KNOWN:
        why = f"{len(names)} labels of voted records are known, of {MIN_KNOWN} needed"
        return Choice(plain(method), report={"applies": False, "why": why})
    items = np.array([place[name] for name in names])
    truth = np.array([numbers[known[name]] for name in names])
    half = np.array([share("label.crowd.half", name) < 0.5 for name in names])
    tried = list(METHODS) if method == ON_GOLD else [method]
    posteriors = {name: aggregate(votes, name).posterior[items] for name in tried}
    losses = {name: _crosswise(posterior, truth, half) for name, posterior in posteriors.items()}
    best = min(losses, key=lambda name: (losses[name], name != DEFAULT))
    temperature = _fit(posteriors[best], truth)
    return Choice(best, temperature, _report(best, temperature, losses, posteriors[best], truth))


def _numbered(names: Iterable[str]) -> dict[str, int]:
    return {name: n for n, name in enumerate(names)}


def _crosswise(posterior: Floats, truth: NDArray[np.int64], half: NDArray[np.bool_]) -> float:
    """Mean log loss, each half calibrated on the other."""
    if half.all() or not half.any():
        return _loss(posterior, truth, 1.0)
    parts = [(part, _fit(posterior[~part], truth[~part])) for part in (half, ~half)]
    return float(sum(_loss(posterior[part], truth[part], at) * part.mean() for part, at in parts))


def _fit(posterior: Floats, truth: NDArray[np.int64]) -> float:
    losses = [_loss(posterior, truth, float(at)) for at in _TEMPERATURES]
    return float(_TEMPERATURES[int(np.argmin(losses))])


def _loss(posterior: Floats, truth: NDArray[np.int64], temperature: float) -> float:
    right = tempered(posterior, temperature)[np.arange(len(truth)), truth]
    return float(-np.log(np.maximum(right, 1e-12)).mean())


def _report(
    method: str, temperature: float, losses: Mapping[str, float], posterior: Floats, truth: NDArray[np.int64]
) -> dict[str, object]:
    after = tempered(posterior, temperature)
    return {
        "applies": True,
        "method": method,
        "known": len(truth),
        "accuracy": rounded(float((posterior.argmax(axis=1) == truth).mean())),
        "temperature": rounded(temperature),
        "log_loss": {name: rounded(loss) for name, loss in losses.items()},
        "ece_before": _ece(posterior, truth),
        "ece_after": _ece(after, truth),
    }


def _ece(posterior: Floats, truth: NDArray[np.int64]) -> float:
    correct = (posterior.argmax(axis=1) == truth).astype(np.float64)
    return rounded(float(expected_calibration_error(posterior.max(axis=1), correct)(np.ones((1, len(truth))))[0]))
