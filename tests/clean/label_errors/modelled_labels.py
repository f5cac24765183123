"""What the tests of label_errors share."""

import numpy as np

from pipeline.clean.label_errors.detectors.contract import Scores

CLASSES = 10


def scores(labels, suggested, probabilities):
    """Scores as the detector of single labels gives them."""
    confidence = probabilities.max(axis=1)
    names = [name(code) for code in suggested]
    return Scores(np.zeros(len(labels)), names, confidence, suggested != labels, confidence, [""] * len(labels))


def name(code):
    return f"类 {code}"


def modelled(noise, hard=0.0, count=6000, seed=0, classes=CLASSES):
    """Scores of a calibrated model that does not know a share `hard` of the records; labels, and true classes."""
    rng = np.random.default_rng(seed)
    true = rng.integers(0, classes, count)
    sure = np.where(rng.random(count) < hard, rng.uniform(0.3, 0.95, count), rng.beta(60, 1, count))
    predicted = np.where(rng.random(count) < sure, true, (true + 1) % classes)
    wrong = (true + rng.integers(1, classes, count)) % classes
    labels = np.where(rng.random(count) < noise, wrong, true)
    probabilities = np.full((count, classes), 1.0)
    probabilities *= ((1 - sure) / (classes - 1))[:, None]
    probabilities[np.arange(count), predicted] = sure
    return scores(labels, predicted, probabilities), labels, true
