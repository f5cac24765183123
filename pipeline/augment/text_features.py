"""Features of many texts, looked up by text: every question of one run is asked of one matrix."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from pipeline.modeling.encoder import features
from pipeline.modeling.models import TFIDF, Model


class TextFeatures:
    """Embeddings (cached per text) or TF-IDF weights (fitted on all `texts`), one row per distinct text."""

    def __init__(self, texts: Iterable[str], model: Model) -> None:
        distinct = sorted(set(texts))
        self.is_tfidf = model.name == TFIDF
        self._row = {text: n for n, text in enumerate(distinct)}
        self._matrix = features(distinct, model) if distinct else np.zeros((0, 1), np.float32)

    def rows(self, texts: Sequence[str]) -> Any:
        """The features of `texts`, in order; dense or sparse."""
        return self._matrix[[self._row[text] for text in texts]]

    def cosine(self, some: Sequence[str], others: Sequence[str]) -> list[float]:
        """Cosine of each pair. Rows are of unit length by construction."""
        a, b = self.rows(some), self.rows(others)
        products = a.multiply(b).sum(axis=1) if self.is_tfidf else (a * b).sum(axis=1)
        return [float(value) for value in np.asarray(products).ravel()]
