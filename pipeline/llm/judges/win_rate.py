"""How often one model's replies beat another's by a judge, with the judge's own error rates taken out.

A judge that leans to the longer reply makes the wordier model win. On pairs whose better reply is known its rates of
naming the first reply are measured, where that is better and where it is not, apart for longer and shorter replies; the
share of pairs that it names is then turned back into the share that is better (Rogan and Gladen 1978).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.llm.judges.bias import Judged
from pipeline.stats.bootstrap import Estimate, estimate, mean_of, summarise
from pipeline.stats.intervals import wilson

Floats = NDArray[np.float64]
Codes = NDArray[np.int8]

_RESAMPLES = 1000  # a guess: not measured
#: Rates that are nearer than this tell nothing: the judge says the same whichever reply is better.
#: A guess: not measured.
_LEAST_GAP = 0.1


@dataclass(frozen=True)
class _Pairs:
    """Pairs whose answers could be read, as arrays: how much names the first reply, and which one is longer, better."""

    first: Floats  # 1, 0.5 or 0
    longer: Codes  # 1: the first, -1: the second, 0: neither or not known
    better: Codes

    def draw(self, rng: np.random.Generator) -> _Pairs:
        """A bootstrap sample: as many pairs, drawn with replacement."""
        rows = rng.integers(0, len(self.first), len(self.first))
        return _Pairs(self.first[rows], self.longer[rows], self.better[rows])


def raw_win_rate(judged: Sequence[Judged], seed: int = 0) -> Estimate | None:
    """The share of pairs whose first reply the judge chooses, ties half; None where no answer could be read."""
    values = _pairs(judged).first
    if not len(values):
        return None
    return estimate({"win_rate": mean_of(values)}, len(values), _RESAMPLES, seed)["win_rate"]


def win_rate(judged: Sequence[Judged], gold: Sequence[Judged], seed: int = 0) -> Estimate | None:
    """The share of pairs whose first reply is the better one. `gold` are other pairs by the same judge, better known.

    The interval covers both samples. None where `gold` does not tell the judge from one that says the same whichever
    reply is better: its answers then rank nothing.
    """
    rng = np.random.default_rng(seed)
    mine, known = _pairs(judged), _pairs(gold)
    if not _is_better_than_a_coin(known):
        return None
    value = _corrected(mine, _with_mirror_images(known))
    if value is None:
        return None
    draws = [_corrected(mine.draw(rng), _with_mirror_images(known.draw(rng))) for _ in range(_RESAMPLES)]
    return summarise(value, np.array([np.nan if draw is None else draw for draw in draws]))


def _is_better_than_a_coin(known: _Pairs) -> bool:
    """Whether the lower end of the interval of its share of right answers lies above one half."""
    right = np.where(known.better == 1, known.first, 1 - known.first)[known.better != 0]
    return wilson(float(right.sum()), len(right))[0] > 0.5


def _corrected(mine: _Pairs, known: _Pairs) -> float | None:
    total = 0.0
    for longer in np.unique(mine.longer):
        values = mine.first[mine.longer == longer]
        # Where gold questions hold no pair of that kind, all of them tell how often the judge is right.
        alike = known.longer == longer
        alike = alike if longer and alike.any() else np.ones(len(alike), bool)
        hits = known.first[alike & (known.better == 1)]
        false = known.first[alike & (known.better == -1)]
        if not len(hits) or not len(false) or hits.mean() - false.mean() < _LEAST_GAP:
            return None
        share = (values.mean() - false.mean()) / (hits.mean() - false.mean())
        total += len(values) * min(1.0, max(0.0, float(share)))
    return total / len(mine.first) if len(mine.first) else None


def _with_mirror_images(pairs: _Pairs) -> _Pairs:
    """Each pair also with its replies exchanged: what a judge says of it does not depend on which one we call first."""
    return _Pairs(
        np.concatenate([pairs.first, 1 - pairs.first]),
        np.concatenate([pairs.longer, -pairs.longer]),
        np.concatenate([pairs.better, -pairs.better]),
    )


def _pairs(judged: Sequence[Judged]) -> _Pairs:
    worth = {"first": 1.0, "second": 0.0, "tie": 0.5}
    codes = {"first": 1, "second": -1}
    rows = []
    for one in judged:
        said = [worth[choice] for choice in (one.comparison.as_given, one.comparison.swapped) if choice]
        if said:
            rows.append((sum(said) / len(said), codes.get(one.longer or "", 0), codes.get(one.better or "", 0)))
    table = np.array(rows, np.float64).reshape(-1, 3)
    return _Pairs(table[:, 0], table[:, 1].astype(np.int8), table[:, 2].astype(np.int8))
