"""Paired gain: how much better one variant's models score than another's, and the one rule for 'does this help?'.

A variant is a way to train (with or without a data step, say), trained several times: once a seed. All its models are
scored on held-out rows; seeds and rows are resampled together, and two variants are compared seed by seed on the same
draws.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from pipeline.stats.bootstrap import Estimate, difference, resample, summarise
from pipeline.stats.numbers import Floats, Metric

Verdict = Literal["helped", "hurt", "no_measurable_effect"]


@dataclass(frozen=True)
class Draws:
    """One variant's metric: the plain value, and a value per (resample, seed) on resampled held-out rows."""

    value: float
    draws: Floats

    def minus(self, other: Draws) -> Draws:
        """The paired difference, seed by seed on the same held-out rows."""
        return Draws(self.value - other.value, self.draws - other.draws)


def draw(models: Sequence[Mapping[str, Metric]], rows: int, resamples: int, seed: int) -> dict[str, Draws]:
    """Every metric of one variant's models on the same resamples of the held-out rows (equal for all variants)."""
    once = np.ones((1, rows))
    parts: dict[str, list[Floats]] = {name: [] for name in models[0]}
    for weights in resample(rows, resamples, seed):
        for name, part in parts.items():
            part.append(np.stack([model[name](weights) for model in models], axis=1))  # (resamples, seeds)
    return {
        name: Draws(float(np.mean([model[name](once)[0] for model in models])), np.concatenate(part))
        for name, part in parts.items()
    }


def over_seeds(drawn: Draws, seed: int, level: float) -> Estimate:
    """The estimate with the seeds resampled too, and its interval at `level`."""
    resamples, seeds = drawn.draws.shape
    picks = np.random.default_rng(seed + 1).integers(0, seeds, (resamples, seeds))
    return summarise(drawn.value, np.take_along_axis(drawn.draws, picks, axis=1).mean(axis=1), level)


def paired_gain(
    variant: Sequence[Metric],
    against: Sequence[Metric],
    rows: Sequence[int],
    same_rows: bool,
    resamples: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> Estimate:
    """The first variant's metric minus the second's, one model a seed; `rows` counts each seed's held-out rows.

    With `same_rows` all seeds are scored on the same rows, so one draw of them serves all seeds.
    """
    gaps = [difference(one, other) for one, other in zip(variant, against, strict=True)]
    if same_rows:
        return over_seeds(draw([{"gap": gap} for gap in gaps], rows[0], resamples, seed)["gap"], seed, level)
    each = [draw([{"gap": gap}], rows[n], resamples, seed + n)["gap"] for n, gap in enumerate(gaps)]
    value = float(np.mean([one.value for one in each]))
    return over_seeds(Draws(value, np.concatenate([one.draws for one in each], axis=1)), seed, level)


def verdict(gain: Estimate, p: float, alpha: float, lower_is_better: bool = False) -> Verdict:
    """What every stage calls help: a two-sided p below `alpha`, corrected where several things were tried."""
    if p >= alpha:
        return "no_measurable_effect"
    return "helped" if (gain.value > 0) != lower_is_better else "hurt"
