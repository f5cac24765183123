"""Inverse regularisation strength (C) of the linear model: measured, for weak features want less."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.clean.label_errors.detectors.contract import Floats, Integers
from pipeline.clean.label_errors.detectors.planted_labels import plant_labels
from pipeline.clean.label_errors.detectors.signals import log_margin
from pipeline.core.record import Record, share
from pipeline.modeling.features.linear import fit_temperature, out_of_sample, softmax
from pipeline.runtime.part_cache import FEWEST_ROWS, digest, kept
from pipeline.stats.ranking import average_precision

STRENGTHS = (0.3, 1.0, 3.0, 10.0)  # a guess: not measured
_ROWS = 4000  # more would tell the strengths apart no better; a guess: not measured
_FOLDS = 5  # a guess: not measured


def tuned_C(vectors: NDArray[np.float32], records: Sequence[Record], rate: float, seed: int) -> float:
    """The C at which planted errors rank best, half of them in any other class, half along the model's confusions."""
    order = sorted(range(len(records)), key=lambda n: share("strength", str(seed), records[n].id))[:_ROWS]
    some = np.array(sorted(order))
    members = [records[n] for n in some.tolist()]
    names = sorted({str(record.target) for record in members})
    if len(names) < 2:
        return STRENGTHS[2]
    true = np.searchsorted(names, [str(record.target) for record in members]).astype(np.int64)
    ids = [record.id for record in members]
    groups = [record.group or record.id for record in members]

    if len(some) < FEWEST_ROWS:
        return _tuned(vectors[some], true, names, ids, groups, rate, seed)
    inputs = (digest(vectors[some]), digest(true), *map(digest, (names, ids, groups)), rate, seed)
    return kept("strength", inputs, lambda: _tuned(vectors[some], true, names, ids, groups, rate, seed))


def _tuned(
    vectors: NDArray[np.float32],
    true: Integers,
    names: Sequence[str],
    ids: Sequence[str],
    groups: Sequence[str],
    rate: float,
    seed: int,
) -> float:
    """`tuned_C` on the rows that are looked at; `true` are numbers of `names`."""

    def predicted(codes: Integers, C: float) -> tuple[tuple[str, ...], Integers, Floats]:
        labels = [names[code] for code in codes.tolist()]
        known, logits = out_of_sample(vectors, labels, groups, _FOLDS, seed, C)
        given = np.searchsorted(known, labels).astype(np.int64)
        return known, given, softmax(logits / fit_temperature(logits, given))

    confusion = predicted(true, STRENGTHS[2])[2]
    noisy = plant_labels(true, np.ones_like(confusion), ids, rate / 2, f"{seed} strength any")
    noisy = plant_labels(noisy, confusion, ids, rate / 2, f"{seed} strength confused")
    wrong = noisy != true

    def ranking(C: float) -> float:
        known, given, probabilities = predicted(noisy, C)
        return average_precision(wrong, -log_margin(probabilities, given)) if len(known) > 1 else 0.0

    return max(STRENGTHS, key=ranking)
