"""One cheap recipe for every variant: a linear head on frozen features, several seeds, one test split."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.core.record import share
from pipeline.modeling.features.encoder import features, occupied
from pipeline.modeling.features.linear import THOROUGH, fit
from pipeline.modeling.models import Model
from pipeline.runtime.threads import side_by_side
from pipeline.stats.bootstrap import mean_of
from pipeline.stats.numbers import Floats, Metric
from pipeline.stats.scores import class_scores
from pipeline.value.variants import Example

#: Metrics of one trained model, by name.
Scores = dict[str, Metric]
#: Training examples -> the metrics of each seed's model on the test split.
Trial = Callable[[Sequence[Example]], list[Scores]]

#: P(draws <= n) of a Poisson variable with mean one, for n = 0, 1, 2, ...
_POISSON = np.cumsum([math.exp(-1) / math.factorial(n) for n in range(12)])


def linear_probe(
    variants: Iterable[Sequence[Example]], test: Sequence[Example], encoder: Model, seeds: int, C: float
) -> Trial:
    """A function that trains `seeds` models on a list of examples and evaluates them on `test`.

    Features of all texts are computed at once (TF-IDF weights are then the same for every variant). Seed s
    trains on bootstrap s of the source records: a record has the same weight in every variant, so variants
    differ only by what the data steps did.
    """
    texts = sorted({example.text for examples in (*variants, test) for example in examples})
    row_of = {text: n for n, text in enumerate(texts)}
    matrix = occupied(features(texts, encoder))
    test_rows = [row_of[example.text] for example in test]

    def trial(examples: Sequence[Example]) -> list[Scores]:
        rows = np.array([row_of[example.text] for example in examples])

        def one(seed: int) -> Scores:
            return scores(_predict(matrix, rows, examples, _weights(examples, seed), C, test_rows), test)

        return list(side_by_side(one, range(seeds)))

    return trial


def scores(predicted: Sequence[str], test: Sequence[Example]) -> Scores:
    """Accuracy and macro F1 as functions of test row weights."""
    labels = sorted({*predicted, *(example.label for example in test)})
    given = _one_hot([example.label for example in test], labels)
    said = _one_hot(predicted, labels)
    return {"accuracy": mean_of((given * said).sum(axis=1)), "macro_f1": class_scores(given, said)["f1"]}


def _predict(
    matrix: Any, rows: NDArray[np.int64], examples: Sequence[Example], weights: Floats, C: float, test: list[int]
) -> list[str]:
    drawn = weights > 0
    labels = [example.label for example, use in zip(examples, drawn, strict=True) if use]
    if len(set(labels)) == 1:  # a tiny bootstrap may lose all classes but one; that model can only say this one
        return [labels[0]] * len(test)
    # A quick fit's stopping point moves macro F1 by as much as a cleaning step does.
    head = fit(matrix[rows[drawn]], labels, C, weights[drawn], THOROUGH)
    best = head.logits(matrix[test]).argmax(axis=1)
    return [head.labels[n] for n in best]


def _weights(examples: Sequence[Example], seed: int) -> Floats:
    """How often each example's source record is drawn: Poisson(1), read off its id."""
    roots = sorted({example.root for example in examples})
    draws = np.searchsorted(_POISSON, [share("bootstrap", str(seed), root) for root in roots], side="right")
    count: Mapping[str, int] = dict(zip(roots, draws.tolist(), strict=True))
    return np.array([count[example.root] for example in examples], np.float64)


def _one_hot(names: Sequence[str], labels: Sequence[str]) -> Floats:
    result: Floats = (np.array(names)[:, None] == np.array(labels)[None, :]).astype(np.float64)
    return result
