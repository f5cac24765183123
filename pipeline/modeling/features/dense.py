"""Features as few dense columns: fits many times faster, much the same ranking."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa

from pipeline.modeling.features.cosine_thresholds import lies_high
from pipeline.modeling.features.encoder import embed, fitted_tfidf, gram_counts
from pipeline.modeling.models import Model, has_weights
from pipeline.runtime.engine import load_engine
from pipeline.runtime.part_cache import FEWEST_ROWS, digest, kept
from pipeline.runtime.parts import parts_of

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfTransformer

#: Sparse columns that are looked at; a quarter of a million make the decomposition crawl. A guess: not measured.
_COLUMNS = 8192
_DIMENSIONS = 256  # a guess: not measured
#: Texts that decide how TF-IDF is weighed and reduced, and that are held as sparse rows (2 KB each).
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

    sample = texts[: known : -(-known // _SAMPLE)]
    weights, matrix = fitted_tfidf(sample)
    sums = np.asarray(matrix.sum(axis=0)).ravel()
    heaviest = np.sort(np.argsort(-sums, kind="stable")[:_COLUMNS])  # the others hardly occur, and cost most
    svd = TruncatedSVD(min(_DIMENSIONS, len(sample) - 1), n_iter=2, random_state=0).fit(matrix[:, heaviest])
    reduction = _Reduction(weights, heaviest, svd)
    whole = len(sample) == known
    found = [reduction.of(matrix)] if whole else []
    left, engine = pa.array(texts[known if whole else 0 :], pa.large_string()), load_engine()
    if len(left):
        found += engine.map_parts(
            partial(_reduced, reduction=reduction), parts_of(pa.table({"text": left}), engine.rows)
        )
    return np.concatenate(found)


class _Reduction(NamedTuple):
    """How texts become few columns, as a sample of them decided."""

    weights: TfidfTransformer
    columns: NDArray[np.int64]
    svd: TruncatedSVD

    def of(self, rows: csr_matrix) -> NDArray[np.float32]:
        """TF-IDF reduced, of unit length."""
        from sklearn.preprocessing import normalize

        return np.asarray(normalize(self.svd.transform(rows[:, self.columns])), np.float32)


def _reduced(part: pa.Table, reduction: _Reduction) -> NDArray[np.float32]:
    """Few columns of a part's texts."""
    return reduction.of(reduction.weights.transform(gram_counts(part["text"].to_pylist())))


def centred(vectors: NDArray[np.float32], known: int) -> NDArray[np.float32]:
    """Less the mean of the first `known` rows, and of unit length again; a row that is the mean stays as it is."""
    if not known:
        return vectors
    moved = vectors - vectors[:known].mean(axis=0, keepdims=True)
    length = np.linalg.norm(moved, axis=1, keepdims=True)
    return np.where(length > 1e-6, moved / np.maximum(length, 1e-6), vectors)
