"""Running a model on many batches at once: one core a batch beats all cores on one batch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from pipeline.runtime.threads import side_by_side

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_threads(work: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """`work` on every item, results in order; each thread computes on one core.

    Splitting one small batch over cores leaves them waiting for each other: two batches on two
    cores finish earlier than one on both (measure it: benchmarks/embedding.py).
    """
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield from side_by_side(work, items)
    finally:
        torch.set_num_threads(before)
