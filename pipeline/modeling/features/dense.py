"""Features as few dense columns: fits many times faster, much the same ranking."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from pipeline.modeling.features.cosine_thresholds import lies_high
from pipeline.modeling.features.encoder import embed, fitted_tfidf
from pipeline.modeling.models import Model, has_weights
from pipeline.runtime.part_cache import FEWEST_ROWS, digest, kept

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

#: Sparse columns that are looked at; a quarter of a million make the decomposition crawl. A guess: not measured.
_COLUMNS = 8192
_DIMENSIONS = 256  # a guess: not measured
#: Texts that decide how TF-IDF is weighed and reduced, and that are held as sparse rows (2 KB each) at a time.
#: A guess: not measured.
_SAMPLE = 50_000


def dense_features(texts: Sequence[str], model: Model, known: int) -> NDArray[np.float32]:
    """One L2-normalised row per text: embeddings, or for models without weights TF-IDF reduced to 256 columns.

    The first `known` texts alone decide how (of more than 50,000 an evenly spaced part). What all vectors of an
    encoder of the e5 family have in common is taken out, so that cosines mean what they do for others.
    """
    if has_weights(model):
        vectors = np.ascontiguousarray(embed(texts, model), np.float32)
        return centred(vectors, known) if lies_high(model) else vectors
    if len(texts) < FEWEST_ROWS:
        return _reduced_tfidf(texts, known)
    return kept("dense TF-IDF", (known, digest(texts)), lambda: _reduced_tfidf(texts, known))


def _reduced_tfidf(texts: Sequence[str], known: int) -> NDArray[np.float32]:
    from sklearn.decomposition import TruncatedSVD
    from sklearn.preprocessing import normalize

    sample = texts[: known : -(-known // _SAMPLE)]
    weigh, matrix = fitted_tfidf(sample)
    weights = np.asarray(matrix.sum(axis=0)).ravel()
    heaviest = np.sort(np.argsort(-weights, kind="stable")[:_COLUMNS])  # the others hardly occur, and cost most
    reduction = TruncatedSVD(min(_DIMENSIONS, len(sample) - 1), n_iter=2, random_state=0).fit(matrix[:, heaviest])

    def reduced(rows: csr_matrix) -> NDArray[np.float32]:
        return np.asarray(normalize(reduction.transform(rows[:, heaviest])), np.float32)

    parts = [reduced(matrix)] if len(sample) == known else []
    first = known if parts else 0
    parts += [reduced(weigh(texts[n : n + _SAMPLE])) for n in range(first, len(texts), _SAMPLE)]
    return np.concatenate(parts)


def centred(vectors: NDArray[np.float32], known: int) -> NDArray[np.float32]:
    """Less the mean of the first `known` rows, and of unit length again; a row that is the mean stays as it is."""
    if not known:
        return vectors
    moved = vectors - vectors[:known].mean(axis=0, keepdims=True)
    length = np.linalg.norm(moved, axis=1, keepdims=True)
    return np.where(length > 1e-6, moved / np.maximum(length, 1e-6), vectors)
