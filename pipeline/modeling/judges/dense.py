"""Features as few dense columns: fits many times faster, much the same ranking."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Sparse columns that are looked at; a quarter of a million make the decomposition crawl.
_COLUMNS = 8192
_DIMENSIONS = 256


def dense(vectors: Any, known: int) -> NDArray[np.float32]:
    """Sparse features reduced to at most 256 dense ones, dense ones as they are.

    The first `known` rows alone decide how.
    """
    if isinstance(vectors, np.ndarray):
        return np.ascontiguousarray(vectors, np.float32)
    from sklearn.decomposition import TruncatedSVD
    from sklearn.preprocessing import normalize

    weights = np.asarray(vectors[:known].sum(axis=0)).ravel()
    heaviest = np.sort(np.argsort(-weights, kind="stable")[:_COLUMNS])  # the others hardly occur, and cost most
    vectors = vectors[:, heaviest]
    reduction = TruncatedSVD(min(_DIMENSIONS, known - 1), n_iter=2, random_state=0).fit(vectors[:known])
    return np.asarray(normalize(reduction.transform(vectors)), np.float32)
