"""Features of many texts, looked up by text: every question of one run is asked of one matrix."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.modeling.features.cosine_thresholds import cosines
from pipeline.modeling.features.encoder import features
from pipeline.modeling.models import Model, has_weights

if TYPE_CHECKING:
    from pipeline.modeling.features.linear import Matrix


class TextFeatures:
    """Embeddings (cached per text) or TF-IDF weights (fitted on all `texts`), one row per distinct text."""

    def __init__(self, texts: Iterable[str], model: Model) -> None:
        distinct = sorted(set(texts))
        self.is_tfidf = not has_weights(model)
        self.cosines = cosines(model)
        self._row = {text: n for n, text in enumerate(distinct)}
        matrix: Any = np.zeros((0, 1), np.float32)
        if distinct:
            matrix = features(distinct, model)
        if distinct and self.is_tfidf:
            # n-grams of one text only tell nothing about another one, and are most of the 2**18 columns.
            matrix = matrix[:, np.bincount(matrix.indices, minlength=matrix.shape[1]) > 1]
        self._matrix = matrix

    def rows(self, texts: Sequence[str]) -> Matrix:
        """The features of `texts`, in order; dense or sparse."""
        return self._matrix[[self._row[text] for text in texts]]

    def cosine(self, some: Sequence[str], others: Sequence[str]) -> list[float]:
        """Cosine of each pair. Embeddings are of unit length; cut TF-IDF rows are not."""
        a: Any = self.rows(some)
        b: Any = self.rows(others)
        if not self.is_tfidf:
            return [float(value) for value in (a * b).sum(axis=1)]
        products = np.asarray(a.multiply(b).sum(axis=1)).ravel()
        lengths = [np.sqrt(np.asarray(m.multiply(m).sum(axis=1)).ravel()) for m in (a, b)]
        return [float(value) for value in products / np.maximum(lengths[0] * lengths[1], 1e-9)]
