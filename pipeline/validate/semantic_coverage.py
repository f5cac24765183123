"""Where the dataset lies in the space of meanings: a map, its regions, and what of the test split train reaches.

Embeddings come from the per-record cache (cleaning has computed them); models without weights, or that do not read a
language of the data, give TF-IDF.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from heapq import nsmallest
from typing import TYPE_CHECKING, cast

import numpy as np
import pyarrow as pa

from pipeline.core.record import Record
from pipeline.modeling.features.encoder import features, occupied
from pipeline.modeling.features.unsupported_languages import readable_model
from pipeline.modeling.models import Model, has_weights
from pipeline.runtime.part_cache import FEWEST_ROWS, digest, kept
from pipeline.validate.dataset_view import View
from pipeline.validate.profile import tokens
from pipeline.validate.report_types import Coverage

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

MAP = pa.schema(
    {
        **{name: pa.string() for name in ("id", "split", "source", "class", "nearest")},
        **{name: pa.float64() for name in ("x", "y", "distance")},
        "region": pa.int32(),
    }
)

_DIMENSIONS = 64  # sparse features are reduced to so many before distances are taken; a guess: not measured
_ROUNDS = 12  # a guess: not measured
_WORDS = 6  # a guess: not measured


def coverage(view: View, size: int) -> tuple[Coverage, pa.Table]:
    """What the map says in figures, and one row a point of it; at most `size` original records.

    `test_reached`: the share of sampled test records whose nearest train record is no further than 95 % of train
    records are from theirs. `distance` is one minus the cosine to the nearest train record.
    """
    records = _sample(view, size)
    if len(records) < 3 or not size:
        return {"records": 0}, MAP.empty_table()
    texts = [view.kind.main_text(record) for record in records]
    model, unread = readable_model(texts, [record.lang for record in records], view.models.encoder)
    vectors = _vectors(texts, model)
    train = np.array([record.split == "train" for record in records])
    distance, nearest = _to_nearest(vectors, train)
    places = _plane(vectors)
    region = _regions(vectors)
    regions = _describe(view, records, region, distance, train)
    found = cast("Coverage", {"records": len(records), "regions": regions, **unread})
    counts = np.bincount(region)
    shares = counts[counts > 0] / len(records)
    found["evenness"] = round(float(-(shares * np.log(shares)).sum() / math.log(max(2, len(counts)))), 4)
    test = np.array([record.split == "test" for record in records])
    if train.sum() > 1 and test.any():
        found["usual_distance"], found["test_reached"] = _reached(distance[train], distance[test])
    return found, _map(view, records, places, distance, nearest, region)


def _reached(train: NDArray[np.float64], test: NDArray[np.float64]) -> tuple[float, float]:
    """The distance that 95 % of train records keep, and the share of test records that are no further."""
    usual = float(np.quantile(train, 0.95))
    return round(usual, 3), round(float((test <= usual + 1e-6).mean()), 4)


def _sample(view: View, size: int) -> list[Record]:
    """Four fifths train and the rest test, as far as there are so many; those with the smallest ids."""
    found: list[Record] = []
    for split, part in (("test", size // 5), ("train", size)):
        own = (r for r in view.labelled if r.split == split and r.parent_id is None)
        room = part if split == "test" else size - len(found)
        found += nsmallest(room, own, key=lambda record: record.id)  # ids are content hashes: as good as drawn
    return sorted(found, key=lambda record: record.id)


def _vectors(texts: Sequence[str], model: Model) -> NDArray[np.float32]:
    if has_weights(model) or len(texts) < FEWEST_ROWS:
        return _unit(features(texts, model))
    return kept("map of TF-IDF", digest(texts), lambda: _unit(features(texts, model)))


def _unit(matrix: NDArray[np.float32] | csr_matrix) -> NDArray[np.float32]:
    """Rows of unit length; sparse ones reduced first."""
    if not isinstance(matrix, np.ndarray):
        from sklearn.decomposition import TruncatedSVD

        matrix = occupied(matrix)
        size = min(_DIMENSIONS, matrix.shape[0] - 1, matrix.shape[1] - 1)
        matrix = TruncatedSVD(size, random_state=0).fit_transform(matrix)
    norms = np.linalg.norm(matrix, axis=1, keepdims=True)
    return np.asarray(matrix / np.where(norms > 0, norms, 1), np.float32)


def _to_nearest(
    vectors: NDArray[np.float32], train: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """One minus the cosine to the nearest other train record, and its row; 1 and -1 where there is none."""
    rows = np.flatnonzero(train)
    distance, nearest = np.ones(len(vectors)), np.full(len(vectors), -1, np.int64)
    for start in range(0, len(vectors), 512):
        part = vectors[start : start + 512]
        near = part @ vectors[rows].T  # (part, train)
        own = start + np.arange(len(part))
        same = rows[None, :] == own[:, None]
        near[same] = -1
        if near.shape[1] > 1 or not same.all():
            distance[own] = np.clip(1 - near.max(1, initial=-1), 0, 1)
            nearest[own] = rows[near.argmax(1)]
    return np.round(distance, 4), nearest


def _plane(vectors: NDArray[np.float32]) -> NDArray[np.float64]:
    """The first two principal components, each with its largest weight positive and scaled into -1 to 1."""
    centred = (vectors - vectors.mean(0)).astype(np.float64)
    _, _, axes = np.linalg.svd(centred.T @ centred)
    axes = axes[:2] if len(axes) > 1 else np.vstack([axes, np.zeros_like(axes)])
    axes = axes * np.sign(axes[np.arange(2), np.abs(axes).argmax(1)] + 1e-12)[:, None]
    places = centred @ axes.T
    result: NDArray[np.float64] = np.round(places / max(float(np.abs(places).max()), 1e-12), 3)
    return result


def _regions(vectors: NDArray[np.float32]) -> NDArray[np.int64]:
    """Spherical k-means: the first centre is the record nearest the mean, each further one is the farthest from all."""
    wanted = max(2, min(24, len(vectors) // 40))
    similarity = vectors @ (vectors.mean(0))
    chosen = [int(similarity.argmax())]
    nearest = vectors @ vectors[chosen[0]]
    while len(chosen) < wanted:
        chosen.append(int(nearest.argmin()))
        nearest = np.maximum(nearest, vectors @ vectors[chosen[-1]])
    centres = vectors[chosen]
    region = np.zeros(len(vectors), np.int64)
    for _ in range(_ROUNDS):
        region = (vectors @ centres.T).argmax(1)
        sums = np.stack([vectors[region == n].sum(0) if (region == n).any() else centres[n] for n in range(wanted)])
        centres = sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-12)
    return region


def _describe(
    view: View,
    records: Sequence[Record],
    region: NDArray[np.int64],
    distance: NDArray[np.float64],
    train: NDArray[np.bool_],
) -> list[dict[str, object]]:
    """One entry a region, thin ones first: under a quarter of an even share, or test far ahead of train."""
    words = [set(tokens(view.kind.main_text(record))) for record in records]
    everywhere: Counter[str] = Counter(word for one in words for word in one)
    test = np.array([record.split == "test" for record in records])
    names = sorted(set(region.tolist()))
    strata = [view.kind.stratum(record) for record in records]
    found = []
    for name in names:
        inside = np.flatnonzero(region == name)
        classes = Counter(stratum for n in inside.tolist() if (stratum := strata[n]) is not None)
        shares = {"train": train[inside].sum() / max(1, train.sum()), "test": test[inside].sum() / max(1, test.sum())}
        found.append(
            {
                "region": name,
                "records": len(inside),
                "words": _key_terms([words[n] for n in inside], everywhere, len(records)),
                "classes": dict(classes.most_common(3)),
                "train_share": round(float(shares["train"]), 4),
                "test_share": round(float(shares["test"]), 4),
                "mean_distance": round(float(distance[inside].mean()), 3),
                "thin": bool(len(inside) < len(records) / len(names) / 4 or shares["train"] < shares["test"] / 3),
                "example": records[int(inside[distance[inside].argmin()])].id,
            }
        )
    return sorted(found, key=lambda one: (not one["thin"], one["records"], one["region"]))


def _key_terms(inside: Sequence[set[str]], everywhere: Counter[str], total: int) -> list[str]:
    """The words that are more frequent inside than elsewhere, by smoothed log ratio times frequency."""
    counts = Counter(word for one in inside for word in one)
    rest = max(1, total - len(inside))

    def weight(word: str) -> float:
        here, there = counts[word], everywhere[word] - counts[word]
        return here / len(inside) * math.log((here + 0.5) / (len(inside) + 1) / ((there + 0.5) / (rest + 1)))

    return sorted((w for w in counts if len(w) > 1 or ord(w) > 0x2E80), key=lambda w: (-weight(w), w))[:_WORDS]


def _map(
    view: View,
    records: Sequence[Record],
    places: NDArray[np.float64],
    distance: NDArray[np.float64],
    nearest: NDArray[np.int64],
    region: NDArray[np.int64],
) -> pa.Table:
    columns = {
        "id": [record.id for record in records],
        "split": [record.split for record in records],
        "source": [record.source.name for record in records],
        "class": [view.kind.stratum(record) for record in records],
        "nearest": [records[n].id if n >= 0 else None for n in nearest.tolist()],
        "x": places[:, 0].tolist(),
        "y": places[:, 1].tolist(),
        "distance": distance.tolist(),
        "region": region.tolist(),
    }
    return pa.table(columns, schema=MAP)
