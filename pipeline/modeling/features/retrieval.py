"""Which passages may answer a question: the nearest ones by the encoder's vectors, or by TF-IDF without weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from pipeline.modeling.features.encoder import embed, tfidf
from pipeline.modeling.models import has_weights

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from pipeline.modeling.models import Model

_QUESTIONS = 1024  # compared at once; a guess: not measured


def nearest_passages(questions: Sequence[str], passages: Sequence[str], model: Model, most: int) -> list[list[int]]:
    """For each question the numbers of at most `most` passages, the nearest first; of equals the earlier one.

    Exact, all pairs: for some hundred thousand passages, not for the web.
    """
    known: NDArray[np.float32] | csr_matrix  # rows of length one
    asked: NDArray[np.float32] | csr_matrix
    if has_weights(model):
        known, asked = embed(passages, model, passages=True), embed(questions, model)
    else:
        vectors = tfidf([*passages, *questions])
        known, asked = vectors[: len(passages)], vectors[len(passages) :]
    found: list[list[int]] = []
    for start in range(0, len(questions), _QUESTIONS):
        product = asked[start : start + _QUESTIONS] @ known.T
        cosines: NDArray[np.float32] = product if isinstance(product, np.ndarray) else product.toarray()
        found += np.argsort(-cosines, axis=1, kind="stable")[:, :most].tolist()
    return found
