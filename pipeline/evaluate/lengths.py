"""Length buckets, in Unicode code points."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence


def bucket(text: str, edges: Sequence[int]) -> str:
    """The bucket that holds `text`, named so that names sort by length. Example: 70 letters -> '0051-0100'."""
    n = bisect_left(edges, len(text))
    low = edges[n - 1] + 1 if n else 0
    return f"{low:04d}-{edges[n]:04d}" if n < len(edges) else f"{low:04d}+"
