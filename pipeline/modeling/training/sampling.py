"""The order in which examples are drawn: neighbours of like length, classes equally often."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from pipeline.core.errors import PipelineError
from pipeline.modeling.batches import Example

if TYPE_CHECKING:
    from numpy.typing import NDArray


def length_grouped(lengths: Sequence[int], batch: int, rng: np.random.Generator) -> list[int]:
    """A random order in which neighbours, taken `batch` at a time, have like lengths.

    Random pools of 50 batches are sorted by length and cut; the batches are shuffled, a short one goes last.
    """
    order = rng.permutation(len(lengths))
    pools = [order[start : start + 50 * batch] for start in range(0, len(order), 50 * batch)]
    sorted_pools = [sorted(pool.tolist(), key=lambda n: (-lengths[n], n)) for pool in pools]
    batches = [pool[start : start + batch] for pool in sorted_pools for start in range(0, len(pool), batch)]
    whole = [part for part in batches if len(part) == batch]
    rest = [part for part in batches if len(part) < batch]
    shuffled = [whole[n] for n in rng.permutation(len(whole))]
    return [n for part in [*shuffled, *rest] for n in part]


class LengthGrouped:
    """A sampler whose order depends on the seed and the epoch alone, so that a resumed run repeats it.

    With `shares` each epoch draws as many examples as there are, each with that probability.
    """

    def __init__(
        self, lengths: Sequence[int], batch: int, seed: int, shares: NDArray[np.float64] | None = None
    ) -> None:
        self.lengths, self.batch, self.seed, self.shares = lengths, batch, seed, shares
        self.epoch = 0

    def __len__(self) -> int:
        return len(self.lengths)

    def __iter__(self) -> object:
        rng = np.random.default_rng([self.seed, self.epoch])
        if self.shares is None:
            return iter(length_grouped(self.lengths, self.batch, rng))
        drawn = rng.choice(len(self.lengths), len(self.lengths), p=self.shares).tolist()
        return iter(drawn[n] for n in length_grouped([self.lengths[n] for n in drawn], self.batch, rng))


def balanced_shares(examples: Sequence[Example]) -> NDArray[np.float64]:
    """The probability of drawing each example that makes all classes equally likely."""
    labels = [example["labels"] for example in examples]
    if not all(isinstance(label, int) for label in labels):
        raise PipelineError("params.yaml: train.sampling: 'balanced' needs one class a record.", "Set it to all.")
    _, inverse, counts = np.unique(labels, return_inverse=True, return_counts=True)
    return 1.0 / (len(counts) * counts[inverse])
