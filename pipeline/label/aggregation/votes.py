"""Votes as integer arrays, and what an aggregation method returns."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Votes:
    """Vote n says that `items[item[n]]` is `labels[label[n]]`, by `annotators[annotator[n]]`.

    Names are sorted, and so are votes (item, annotator, label): the order in which votes were read
    changes no result.
    """

    items: tuple[str, ...]
    annotators: tuple[str, ...]
    labels: tuple[str, ...]
    item: Ints
    annotator: Ints
    label: Ints

    def counts(self) -> Floats:
        """How many votes each label got, shape (items, labels)."""
        return self.spread(np.ones(len(self.item)))

    def spread(self, values: Floats) -> Floats:
        """One value per vote, summed where the vote went; shape (items, labels)."""
        cells = self.item * len(self.labels) + self.label
        size = len(self.items) * len(self.labels)
        sums = np.bincount(cells, values, size).astype(np.float64)
        return sums.reshape(len(self.items), len(self.labels))

    def by_annotator(self, values: Floats) -> Floats:
        """One value per vote, summed by annotator; shape (annotators,)."""
        return np.bincount(self.annotator, values, len(self.annotators)).astype(np.float64)


@dataclass(frozen=True)
class Consensus:
    """What a method concluded. Rows of `posterior` (items, labels) sum to 1.

    `quality` (annotators,) is the estimated probability that an annotator's vote is right (for
    MACE: that the annotator knew rather than guessed).
    """

    posterior: Floats
    quality: Floats

    def decide(self) -> list[tuple[int, float] | None]:
        """Label number and probability of each item; None where the best two labels tie."""
        ordered = np.sort(self.posterior, axis=1)
        tied = (ordered[:, -1] - ordered[:, -2] < 1e-9) if ordered.shape[1] > 1 else np.zeros(len(ordered), bool)
        best = self.posterior.argmax(axis=1)
        top = ordered[:, -1] if len(ordered) else np.zeros(0)
        return [None if tie else (int(n), min(float(p), 1.0)) for n, p, tie in zip(best, top, tied, strict=True)]


def encode(rows: Iterable[tuple[str, str, str]]) -> Votes:
    """Votes from (item, annotator, label) triples. A repeated triple counts once."""
    triples = sorted(set(rows))
    names = [tuple(sorted({triple[k] for triple in triples})) for k in range(3)]
    numbers = [{name: n for n, name in enumerate(column)} for column in names]
    columns = [np.fromiter((numbers[k][triple[k]] for triple in triples), np.int64, len(triples)) for k in range(3)]
    return Votes(names[0], names[1], names[2], columns[0], columns[1], columns[2])


def normalised(values: Floats) -> Floats:
    """Rows (last axis) divided by their sum."""
    return np.asarray(values / values.sum(axis=-1, keepdims=True), np.float64)


def tempered(posterior: Floats, temperature: float) -> Floats:
    """Posteriors made less sure (temperature above 1) or surer; the order of the labels stays."""
    if temperature == 1.0 or not len(posterior):
        return posterior
    return from_logs(np.log(np.maximum(posterior, 1e-12)) / temperature)


def from_logs(logs: Floats) -> Floats:
    """Rows of log weights as probabilities."""
    return normalised(np.exp(logs - logs.max(axis=1, keepdims=True)))
