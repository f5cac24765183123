"""The linear head for several labels a record, fitted anew on all rows: C and thresholds by cross-validation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from pipeline.core.json_types import JsonObject
from pipeline.modeling.features.linear import out_of_sample
from pipeline.modeling.heads.mean_pooling import CHOOSE_ROWS, FOLDS, STRENGTHS, set_label_rows
from pipeline.modeling.heads.multi_label import best_threshold, sigmoid

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from transformers import PreTrainedModel

#: Labels, the most frequent first, that choose C: each is as many fits as there are folds. A guess: not measured.
_MOST = 10


def refit_label_rows(
    model: PreTrainedModel, features: NDArray[np.float32], labels: Sequence[Sequence[str]]
) -> JsonObject | None:
    """One logistic regression a label on all rows; returns `C`, `log_loss` (held out) and `thresholds` by label.

    C has the smallest held-out log loss over the most frequent labels, thresholds the best held-out F1. None where no
    label is on two rows and missing on two others: the head stays as it is then. A label that is on fewer is fitted,
    but has no threshold of its own here.
    """
    rows = np.sort(np.random.default_rng(0).permutation(len(labels))[:CHOOSE_ROWS])
    present = {name: np.array([name in labels[n] for n in rows.tolist()], bool) for name in model.config.label2id or ()}
    usable = {name: own for name, own in present.items() if min(own.sum(), (~own).sum()) >= 2}
    if not usable:
        return None
    often = dict(sorted(usable.items(), key=lambda item: -int(item[1].sum()))[:_MOST])
    chosen = features[rows] / float(np.linalg.norm(features, axis=1).mean())
    losses = {C: _loss(chosen, often, C) for C in STRENGTHS}
    best = min(losses, key=lambda C: losses[C])
    thresholds = {
        name: best_threshold(sigmoid(_scores(chosen, own, best)), own.astype(np.float64))
        for name, own in usable.items()
    }
    set_label_rows(model, features, labels, best)
    return {"C": best, "log_loss": losses[best], "thresholds": thresholds}


def _loss(features: NDArray[np.float32], present: dict[str, NDArray[np.bool_]], strength: float) -> float:
    """Mean log loss over rows and labels, each row scored by a model that did not see it."""
    parts = [np.logaddexp(0, np.where(own, -1, 1) * _scores(features, own, strength)) for own in present.values()]
    return float(np.mean(parts))


def _scores(features: NDArray[np.float32], present: NDArray[np.bool_], strength: float) -> NDArray[np.float64]:
    """Held-out log odds of one label."""
    answers = ["yes" if one else "no" for one in present.tolist()]
    _, logits = out_of_sample(features, answers, [str(n) for n in range(len(answers))], FOLDS, strength=strength)
    return np.asarray(logits[:, 1] - logits[:, 0], np.float64)
