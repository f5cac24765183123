"""Groups of records that must share a split, and what becomes of one that would swallow a split."""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.core.errors import shorten
from pipeline.text.clusters import components, same_value
from pipeline.text.normalise import text_key

log = logging.getLogger("pipeline")

#: A group of so many records is never too large. A guess: not measured.
_SMALL = 10
_STEP = 0.05  # by which the similarity is raised that joins a group that is too large; a guess: not measured


@dataclass(frozen=True)
class Pair:
    """Two rows, the similarity of their texts, and that of the least similar of their parts."""

    a: int
    b: int
    similarity: float
    alike: float


def joined_groups(own: Sequence[str | None], texts: Mapping[int, str], pairs: Sequence[Pair]) -> list[str | None]:
    """Names of groups: the smallest of the members' `own` groups and text keys. Lone records keep what they have."""
    root = components(len(own), [(p.a, p.b) for p in pairs] + same_value(own)).tolist()
    sizes = Counter(root)
    names: dict[int, str] = {}
    for n, group in enumerate(own):
        if sizes[root[n]] > 1:
            name = group or text_key(texts[n])
            names[root[n]] = min(name, names.get(root[n], name))
    return [names.get(root[n], group) for n, group in enumerate(own)]


def close_pairs(
    own: Sequence[str | None],
    sources: Sequence[str],
    texts: Mapping[int, str],
    pairs: Sequence[Pair],
    thresholds: tuple[float, float],
    max_share: float,
) -> tuple[list[Pair], list[dict[str, object]]]:
    """The pairs that join groups, so that none holds more than `max_share` of a source, and what was too large.

    In a group that is too large the similarity that joins is raised from the first of `thresholds` by .05 up to the
    second; what is alike beyond that, or shares a group that its source gave it, stays together. Each such group is
    told.
    """
    size = len(own)
    lowest, highest = thresholds
    least = np.full(size, lowest)
    limits = {name: max(_SMALL, max_share * count) for name, count in Counter(sources).items()}
    values = np.array([p.similarity for p in pairs])
    ends = np.array([(p.a, p.b) for p in pairs], np.int64).reshape(-1, 2)
    fixed = same_value(own)
    joins = values >= lowest
    told: dict[int, dict[str, Any]] = {}
    while True:
        root = components(size, [*map(tuple, ends[joins].tolist()), *fixed])
        large = _too_large(root, sources, limits)
        if not told:
            told = {one: _about(one, root, names, sources, texts) for one, names in large.items()}
            first = root
        rows = np.flatnonzero(np.isin(root, list(large)) & (least < highest))
        if not len(rows):
            break
        least[rows] = np.minimum(least[rows] + _STEP, highest)
        joins = values >= least[ends].max(axis=1, initial=lowest)
    for one, about in told.items():
        inside = first == one
        about["similarity"] = round(float(least[inside].max()), 2)
        about["largest_part"] = max(Counter(root[inside].tolist()).values())
        log.warning("clean     one group holds %s", _sentence(about))
    return [pair for pair, join in zip(pairs, joins.tolist(), strict=True) if join], list(told.values())


def _too_large(root: NDArray[np.int64], sources: Sequence[str], limits: Mapping[str, float]) -> dict[int, list[str]]:
    """The roots of groups that are too large -> the sources of which they hold too much."""
    counts = Counter(zip(root.tolist(), sources, strict=True))
    found: defaultdict[int, list[str]] = defaultdict(list)
    for (one, name), count in sorted(counts.items()):
        if count > limits[name]:
            found[one].append(name)
    return found


def _about(
    one: int, root: NDArray[np.int64], names: Sequence[str], sources: Sequence[str], texts: Mapping[int, str]
) -> dict[str, object]:
    rows = np.flatnonzero(root == one).tolist()
    sizes = Counter(sources)
    largest = max(names, key=lambda name: sum(sources[n] == name for n in rows))
    count = sum(sources[n] == largest for n in rows)
    text = min((texts[n] for n in rows if n in texts), default="")
    return {"source": largest, "records": count, "share": round(count / sizes[largest], 3), "text": text[:200]}


def _sentence(about: Mapping[str, object]) -> str:
    return (
        f"{about['records']:,} records ({about['share']:.0%}) of the source '{about['source']}': "
        f'"{shorten(about["text"], 80)}". Divided at a similarity of {about["similarity"]}: '
        f"its largest part holds {about['largest_part']:,}"
    )
