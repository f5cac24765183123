"""Topics by clusters: k-means on the texts' features, each cluster named by its key terms."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import chain, pairwise
from typing import TYPE_CHECKING

import numpy as np

from pipeline.modeling.features.encoder import features
from pipeline.modeling.models import Model
from pipeline.text.scripts import CJK, WORD

if TYPE_CHECKING:
    from pipeline.modeling.features.linear import Matrix

#: Texts that the centres are found on; all others are only assigned. A guess: not measured.
_FITTED = 20_000
_PER_CLUSTER = 10  # a guess: not measured
_NAMED_BY = 2  # a guess: not measured
#: A term of a cluster's name stands in at least this share of its texts. A guess: not measured.
_OFTEN = 0.1
_CJK_LETTER = re.compile(f"[{CJK}]")


def topics(texts: Sequence[str], encoder: Model, most: int, seed: int) -> list[str]:
    """A topic for each text: the two terms that its cluster has more often than the rest; "" where texts are few."""
    count = min(most, len(texts) // _PER_CLUSTER)
    if count < 2:
        return [""] * len(texts)
    labels = _clusters(features(texts, encoder), count, seed)
    names = _names([_terms(text) for text in texts], labels)
    return [names[label] for label in labels]


def _clusters(matrix: Matrix, count: int, seed: int) -> Sequence[int]:
    from sklearn.cluster import MiniBatchKMeans

    rows = np.random.default_rng(seed).permutation(matrix.shape[0])[:_FITTED]
    model = MiniBatchKMeans(count, random_state=seed, n_init=5, batch_size=1024).fit(matrix[np.sort(rows)])
    labels: list[int] = model.predict(matrix).tolist()
    return labels


def _terms(text: str) -> set[str]:
    """Words of three letters and more, and pairs of Chinese characters."""
    words = WORD.findall(text.casefold())
    pairs = {a + b for a, b in pairwise(words) if _is_cjk(a) and _is_cjk(b)}
    return {word for word in words if len(word) > 2 and not word.isdigit()} | pairs


def _is_cjk(word: str) -> bool:
    return _CJK_LETTER.fullmatch(word) is not None


def _names(terms: Sequence[set[str]], labels: Sequence[int]) -> dict[int, str]:
    """By how much more of a cluster's texts hold a term than of all others (the difference of the two shares)."""
    everywhere = Counter(chain.from_iterable(terms))
    found: dict[int, str] = {}
    for label in sorted(set(map(int, labels))):
        inside = [some for some, one in zip(terms, labels, strict=True) if int(one) == label]
        best = _telling(inside, everywhere, len(terms))
        name = ", ".join(best) or f"topic {label}"
        found[label] = name if name not in found.values() else f"{name} ({label})"
    return found


def _telling(inside: Sequence[set[str]], everywhere: Mapping[str, int], texts: int) -> list[str]:
    """The frequent terms whose share inside is farthest above that of the other texts."""
    counts = Counter(term for some in inside for term in some)
    frequent = {term: count for term, count in counts.items() if count >= _OFTEN * len(inside)}
    outside = max(texts - len(inside), 1)
    gap = {term: count / len(inside) - (everywhere[term] - count) / outside for term, count in frequent.items()}
    return sorted(gap, key=lambda term: (-gap[term], term))[:_NAMED_BY]
