"""The order in which annotators are asked: useful, and not twenty times the same.

    acquisition score = priority x DECAY ^ (tasks already taken from the record's cluster)

Priority is the queue's (how unsure the model is, how likely wrong the label,
how far people disagree: docs/labelling.md).
Clusters are k-means cells of the encoder's features. The most useful record goes next; then its cluster counts less.
Of equally useful ones the most typical of its cluster goes first: while nothing is labelled yet, all are equal.
Choosing whole batches by uncertainty alone asks about near copies: Sener & Savarese 2018 (https://arxiv.org/abs/1708.00489);
typical records serve best at the start: Hacohen et al. 2022 (https://arxiv.org/abs/2202.02794).
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    #: Rows of features, dense or sparse.
    Features: TypeAlias = NDArray[np.float32] | csr_matrix

#: What each further task of one cluster is still worth. A guess: not measured.
DECAY = 0.9
#: Records a cluster holds on average. A guess: not measured.
CLUSTER_SIZE = 20
_MOST_CLUSTERS = 500  # a guess: not measured
_DIMENSIONS = 64  # a guess; without it a push took 1.4 GB (benchmarks/label_push.py)


def most_useful_first(ids: Sequence[str], priorities: Sequence[float], features: Features) -> list[int]:
    """Positions of all records, most useful first. `features` has one row a record.

    The result does not depend on the order in which records are given.
    """
    place = sorted(range(len(ids)), key=lambda n: ids[n])
    cells = dict(zip(place, _clusters(features[place], len(ids)), strict=True))
    taken: Counter[int] = Counter()
    heap = [(-priorities[n], cells[n][1], ids[n], n, 0) for n in place]
    heapq.heapify(heap)
    order: list[int] = []
    while heap:
        _, far, name, n, seen = heapq.heappop(heap)
        cell = cells[n][0]
        if taken[cell] > seen:  # its cluster has been asked about since: worth less now
            heapq.heappush(heap, (-priorities[n] * DECAY ** taken[cell], far, name, n, taken[cell]))
            continue
        taken[cell] += 1
        order.append(n)
    return order


def _clusters(features: Features, size: int) -> list[tuple[int, float]]:
    """The cell of each row and the distance from its centre; one cell where there are too few rows to divide."""
    count = min(size // CLUSTER_SIZE, _MOST_CLUSTERS)
    if count < 2:
        return [(0, 0.0)] * size
    from sklearn.cluster import MiniBatchKMeans

    rows = _dense(features)
    model = MiniBatchKMeans(count, n_init=1, max_iter=20, batch_size=1024, random_state=0).fit(rows)
    distances = model.transform(rows)  # (rows, cells)
    return [(int(cell), round(float(row[cell]), 6)) for cell, row in zip(model.labels_, distances, strict=True)]


def _dense(features: Features) -> NDArray[np.float32]:
    """Sparse features reduced to 64 dense ones: centres of cells are dense, and a gigabyte in all TF-IDF columns."""
    import numpy as np

    if isinstance(features, np.ndarray):
        return features
    from sklearn.decomposition import TruncatedSVD

    from pipeline.modeling.features.encoder import occupied

    rows: csr_matrix = occupied(features.tocsr())
    size = min(_DIMENSIONS, rows.shape[0] - 1, rows.shape[1] - 1)
    dense: NDArray[np.float32] = (
        rows.toarray() if size < 2 else TruncatedSVD(size, n_iter=2, random_state=0).fit_transform(rows)
    )
    return dense
