"""Numbers (regression): is the number far from what its texts let expect, as numbers here go?

A ridge regression on features of the texts predicts what to expect; whether a number is doubtful depends on how far
others are from what was expected of them, there and anywhere.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.clean.label_errors.detectors.contract import (
    ClassProbabilities,
    Copies,
    Eligible,
    Floats,
    Integers,
    OutOfFold,
    Planted,
    Scores,
    TargetScore,
    enough_groups,
    rounds,
    scores_of,
)
from pipeline.clean.label_errors.protected_labels import is_labelled, is_test
from pipeline.clean.label_errors.settings import LabelErrors
from pipeline.core.record import Record, Target, share
from pipeline.core.settings import Task
from pipeline.modeling.features.dense import dense_features
from pipeline.modeling.models import Model

#: Log odds rest on how rare wrong numbers are taken to be.
CALIBRATED = False

_PENALTIES = (1.0, 10.0, 100.0, 1000.0)  # a guess: not measured
_USUAL = 1.64  # standard deviations: a tenth of sound numbers are further off; normal quantile
_NEAR = 0.1  # of the range: so near two numbers say the same; a guess: not measured
_PRIOR = float(np.log(9))  # nine of ten numbers are right, where nothing is known; a guess: not measured
_POINTS = 2000  # of a density; a guess: not measured
# `_SHIFT` is a guess: not measured.
_SHIFT = (0.3, 0.3)  # least part of the range that a planted shift moves a number, and how much more at most


def eligible(records: Sequence[Record], task: Task, folds: int) -> Eligible:
    """Every number; of enough groups."""
    return enough_groups(records, [is_labelled(r) for r in records], [is_test(r) for r in records])


def strata(targets: Sequence[Target]) -> Integers:
    """Numbers have no classes."""
    return np.zeros(len(targets), np.int64)


def prepare(records: Sequence[Record], known: int, task: Task, encoder: Model, settings: LabelErrors) -> Floats:
    """Features of both texts, how they differ, and their lengths; standardised on the first `known`."""
    texts = [r.fields["text"] for r in records]
    columns = [_vectors(texts, encoder, known)]
    lengths = [np.log1p(list(map(len, texts)))]
    pairs = [r.fields["text_pair"] or "" for r in records]
    if any(r.fields["text_pair"] is not None for r in records):
        columns.append(_vectors(pairs, encoder, known))
        if columns[0].shape == columns[1].shape:
            columns += [np.abs(columns[0] - columns[1]), columns[0] * columns[1]]
        lengths.append(np.log1p(list(map(len, pairs))))
        lengths.append(lengths[0] - lengths[1])
    found = np.concatenate([*columns, np.stack(lengths, axis=1)], axis=1).astype(np.float64)
    result: Floats = (found - found[:known].mean(axis=0)) / (found[:known].std(axis=0) + 1e-6)
    return result


def score_out_of_fold(
    prepared: Floats, rows: Integers, targets: Sequence[Target], folds: Integers, task: Task
) -> OutOfFold:
    """Scores by each recipe.

    `density`: how common the number is where so much is expected, against any number of the range; `odds`: against how
    common it is anywhere; `residual`: its distance in units of the usual one.
    """
    from sklearn.linear_model import RidgeCV

    given = np.array(targets, np.float64)
    expected = np.zeros(len(rows))
    for train, held_out in rounds(folds):
        model = RidgeCV(_PENALTIES).fit(prepared[rows[train]], given[train])
        expected[held_out] = model.predict(prepared[rows[held_out]])
    known = folds >= 0
    low, high = _range(given[known], task)
    expected = np.clip(expected, low, high)
    spread = max(1.4826 * float(np.median(np.abs(given - expected)[known])), 1e-3 * (high - low), 1e-9)
    density = _log_density(given, expected, given[known], expected[known])
    common = _log_density(given, np.zeros(len(given)), given[known], np.zeros(int(known.sum())))
    found = {
        "density": density + np.log(high - low) + _PRIOR,
        "odds": density - common + _PRIOR,
        "residual": _USUAL - np.abs(given - expected) / spread,
    }
    whole = bool(np.equal(np.mod(given[known], 1), 0).all())
    return OutOfFold({recipe: _scores(log_odds, expected, whole) for recipe, log_odds in found.items()})


def plant(
    records: Sequence[Record], task: Task, rate: float, seed: str, classes: ClassProbabilities | None = None
) -> Copies:
    """Kinds: other (another record's number), shift (by 30 to 60 % of the range), turned (the scale upside down)."""
    given = np.array([record.target for record in records], np.float64)
    low, high = _range(given, task)

    def wrong(n: int, id: str) -> tuple[str, float]:
        kind = ("other", "shift", "turned")[int(3 * share("plant kind", seed, id))]
        draw = share("plant as", seed, id)
        if kind == "other":
            return kind, float(given[int(draw * len(given))])
        if kind == "turned":
            return kind, float(low + high - given[n])
        size = (high - low) * (_SHIFT[0] + _SHIFT[1] * draw)
        up = given[n] + size <= high if draw < 0.5 or given[n] - size < low else False
        return kind, float(np.clip(given[n] + (size if up else -size), low, high))

    found: list[Planted | None] = []
    for n, record in enumerate(records):
        planted = wrong(n, record.id) if share("plant", seed, record.id) < rate else None
        found.append(Planted(*planted) if planted and abs(planted[1] - given[n]) > _NEAR * (high - low) else None)
    return {"planted": found}


def same(a: Target, b: Target, task: Task) -> bool:
    """Within a tenth of `task.range`; equal where there is no range."""
    return abs(a - b) <= _NEAR * (task.range[1] - task.range[0]) if task.range else bool(a == b)


def _vectors(texts: Sequence[str], encoder: Model, known: int) -> NDArray[np.float32]:
    return dense_features(texts, encoder, known)


def _range(given: Floats, task: Task) -> tuple[float, float]:
    return task.range or (float(given.min(initial=0.0)), float(given.max(initial=1.0)))


def _log_density(values: Floats, given_that: Floats, known: Floats, known_that: Floats) -> Floats:
    """Log of how common numbers are among known ones where `known_that` is alike (Gaussian kernels)."""
    every = max(1, -(-len(known) // _POINTS))
    order = np.argsort(known, kind="stable")[::every]
    points, beside = known[order], known_that[order]
    width, reach = _width(points), _width(beside)
    found = np.zeros(len(values))
    for n in range(0, len(values), 2048):
        part = slice(n, n + 2048)
        near = np.exp(-(((given_that[part, None] - beside) / reach) ** 2) / 2)
        like = np.exp(-(((values[part, None] - points) / width) ** 2) / 2) / (width * np.sqrt(2 * np.pi))
        found[part] = np.log((near * like).sum(axis=1) / (near.sum(axis=1) + 1e-12) + 1e-12)
    return found


def _width(points: Floats) -> float:
    """Silverman's rule."""
    result: float = max(1.06 * float(points.std()) * len(points) ** -0.2, 1e-9)
    return result


def _scores(log_odds: Floats, expected: Floats, whole: bool) -> Scores:
    values = [float(round(value)) if whole else round(value, 4) for value in expected.tolist()]
    return scores_of([TargetScore(o, v, f"{v:g} expected") for o, v in zip(log_odds.tolist(), values, strict=True)])
