"""How strongly the linear model is to trust the data: measured, for weak signals want less."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pipeline.clean.label_errors.planted_noise import average_precision, plant
from pipeline.clean.label_errors.signals import log_margin
from pipeline.core.record import Record, share
from pipeline.modeling.features.linear import fit_temperature, out_of_sample, softmax

STRENGTHS = (0.3, 1.0, 3.0, 10.0)
_ROWS = 4000  # more would tell the strengths apart no better
_FOLDS = 5


def best_strength(vectors: Any, labels: Sequence[str], members: Sequence[Record], rate: float, seed: int) -> float:
    """The C at which planted errors rank best, half of them in any other class, half along the model's confusions."""
    order = sorted(range(len(members)), key=lambda n: share("strength", str(seed), members[n].id))[:_ROWS]
    some = np.array(sorted(order))
    names = sorted({labels[n] for n in some})
    if len(names) < 2:
        return STRENGTHS[2]
    true = np.searchsorted(names, [labels[n] for n in some])
    ids = [members[n].id for n in some]
    groups = [members[n].group or members[n].id for n in some]

    def judged(codes: Any, strength: float) -> Any:
        known, logits = out_of_sample(vectors[some], [names[c] for c in codes], groups, _FOLDS, seed, strength)
        seen = np.searchsorted(known, [names[c] for c in codes])
        return known, seen, softmax(logits / fit_temperature(logits, seen))

    confusion = judged(true, STRENGTHS[2])[2]
    noisy = plant(true, np.ones_like(confusion), ids, rate / 2, f"{seed} strength any")
    noisy = plant(noisy, confusion, ids, rate / 2, f"{seed} strength confused")
    wrong = noisy != true

    def quality(strength: float) -> float:
        known, seen, probabilities = judged(noisy, strength)
        return average_precision(wrong, -log_margin(probabilities, seen)) if len(known) > 1 else 0.0

    return max(STRENGTHS, key=quality)
