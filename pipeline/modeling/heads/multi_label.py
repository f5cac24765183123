"""Several labels a record: one yes-or-no question per label, each with a threshold that dev chose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pipeline.core.record import Target
from pipeline.modeling.batches import Example
from pipeline.modeling.heads.classification_predictor import Classifier
from pipeline.modeling.heads.contract import Evaluation
from pipeline.modeling.prediction import Prediction
from pipeline.modeling.training.losses import Loss, binary_cross_entropy
from pipeline.stats.scores import class_scores, micro_f1, plain

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


def loss_function(class_weights: NDArray[np.float64] | None, focal: float) -> Loss:
    """Binary cross-entropy."""
    return binary_cross_entropy(class_weights, focal)


def positive_weights(examples: Sequence[Example]) -> Floats:
    """Rows without a label over rows with it, per label, at most 100."""
    present = np.array([example["labels"] for example in examples]).sum(axis=0)
    result: Floats = np.minimum((len(examples) - present) / np.maximum(present, 1), 100.0)
    return result


def evaluate(logits: Floats, target: Floats, names: Mapping[int, str]) -> Evaluation:
    """Mean loss, and F1 and whole-set accuracy at the thresholds that are best here."""
    probabilities = sigmoid(logits)
    thresholds = [best_threshold(probabilities[:, n], target[:, n]) for n in range(target.shape[1])]
    said = (probabilities >= thresholds).astype(np.float64)
    likely = np.where(target > 0, probabilities, 1 - probabilities)
    metrics = {
        "loss": float(-np.log(likely + 1e-12).mean()),
        "macro_f1": plain(class_scores(target, said)["f1"], len(target)),
        "micro_f1": plain(micro_f1(target * said, said, target), len(target)),
        "accuracy": float((said == target).all(axis=1).mean()),
    }
    return Evaluation(metrics, {"thresholds": {names[n]: value for n, value in enumerate(thresholds)}})


def best_threshold(probabilities: Floats, target: Floats) -> float:
    """The probability from which on saying yes gives the best F1, midway between two rows.

    0.5 where no row has the label.
    """
    order = np.argsort(-probabilities, kind="stable")
    ranked, hits = probabilities[order], np.cumsum(target[order])
    if not len(hits) or hits[-1] == 0:
        return 0.5
    cuts = np.append(ranked[:-1] > ranked[1:], True)  # equal probabilities cannot be told apart
    scores = np.where(cuts, 2 * hits / (np.arange(1, len(hits) + 1) + hits[-1]), -1.0)
    best = int(scores.argmax())
    after = float(ranked[best + 1]) if best + 1 < len(ranked) else 0.0
    return (float(ranked[best]) + after) / 2


def sigmoid(logits: Floats) -> Floats:
    """Logits as probabilities."""
    return np.asarray(1 / (1 + np.exp(-logits)), np.float64)


class MultiLabelClassifier(Classifier):
    """Label sets in declared order. Reads: text.

    `confidence` is that of the whole set being right, labels taken as independent.
    """

    def __init__(self, folder: Path, settings: Mapping[str, Target]) -> None:
        super().__init__(folder, {"temperature": 1.0, **settings})
        self.thresholds = np.array([float(settings["thresholds"][label]) for label in self.labels])

    def answers(self, logits: Floats) -> list[Prediction]:
        """One prediction per row of logits."""
        found = []
        for row in sigmoid(logits):
            chosen = row >= self.thresholds
            named = {label: float(p) for label, p in zip(self.labels, row, strict=True)}
            sure = float(np.where(chosen, row, 1 - row).prod())
            found.append(
                Prediction([label for label, is_in in zip(self.labels, chosen, strict=True) if is_in], sure, named)
            )
        return found
