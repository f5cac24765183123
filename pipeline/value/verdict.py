"""What a data step did to the score: paired bootstrap over seeds and test rows together, in plain words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline.stats.bootstrap import Estimate, resample, summarise
from pipeline.stats.numbers import Floats
from pipeline.value.params import Params
from pipeline.value.trial import Scores
from pipeline.value.variants import Example


@dataclass(frozen=True)
class Draws:
    """One variant's metric: the plain value, and a value per (resample, seed) on resampled test rows."""

    value: float
    draws: Floats

    def minus(self, other: Draws) -> Draws:
        """The paired difference, seed by seed on the same test rows."""
        return Draws(self.value - other.value, self.draws - other.draws)


def draw(models: Sequence[Scores], rows: int, params: Params) -> dict[str, Draws]:
    """Every metric of one variant's models on the same resamples of the test rows (equal for all variants)."""
    once = np.ones((1, rows))
    parts: dict[str, list[Floats]] = {name: [] for name in models[0]}
    for weights in resample(rows, params.resamples, params.seed):
        for name, part in parts.items():
            part.append(np.stack([model[name](weights) for model in models], axis=1))  # (resamples, seeds)
    return {
        name: Draws(float(np.mean([model[name](once)[0] for model in models])), np.concatenate(part))
        for name, part in parts.items()
    }


def over_seeds(drawn: Draws, params: Params) -> Estimate:
    """The estimate with the seeds resampled too."""
    resamples, seeds = drawn.draws.shape
    picks = np.random.default_rng(params.seed + 1).integers(0, seeds, (resamples, seeds))
    return summarise(drawn.value, np.take_along_axis(drawn.draws, picks, axis=1).mean(axis=1), params.confidence_level)


def changes(before: Sequence[Example], after: Sequence[Example]) -> dict[str, int]:
    """How the training data differ: rows removed and added, texts and labels changed (by source record)."""
    first = {example.root: example for example in before}
    second = {example.root: example for example in after}
    # Children share their parent's root; where the parent itself is among them, it is what `first` is held against.
    second |= {example.root: example for example in after if first.get(example.root) == example}
    both = [root for root in first if root in second]
    removed = len(first) - len(both)
    return {
        "removed": removed,
        "added": len(after) - len(before) + removed,
        "texts_changed": sum(first[root].text != second[root].text for root in both),
        "labels_changed": sum(first[root].label != second[root].label for root in both),
    }


def word(same: bool, gap: Estimate, p: float, alpha: float) -> str:
    """`changed_nothing`, `helped`, `hurt`, or `no_measurable_effect`."""
    if same:
        return "changed_nothing"
    if p >= alpha:
        return "no_measurable_effect"
    return "helped" if gap.value > 0 else "hurt"


def sentence(step: Mapping[str, Any], metric: str) -> str:
    """One step's verdict as people say it."""
    gap, verdict, name = step["difference"], step["verdict"], step["step"].replace("_", " ")
    if verdict == "changed_nothing":
        return f"{name}: changed nothing; the training data are the same as before."
    figures = (
        f"{metric.replace('_', ' ')} {step['before']:.3f} -> {step['after']:.3f} "
        f"({gap['value']:+.3f}, interval {gap['low']:+.3f} to {gap['high']:+.3f}, corrected p {step['p']:.3f})"
    )
    said = {
        "helped": "helped",
        "hurt": "hurt",
        "no_measurable_effect": "did no harm we can measure, and no gain we can be sure of",
    }[verdict]
    return f"{name}: {said}; {figures}.{_about_control(step)}"


def _about_control(step: Mapping[str, Any]) -> str:
    control = step.get("control")
    if not control:
        return ""
    gap = control["difference"]
    than = f"{control['what']} ({gap['value']:+.3f}, interval {gap['low']:+.3f} to {gap['high']:+.3f})"
    if gap["low"] > 0:
        return f" Better than {than}."
    return f" Worse than {than}." if gap["high"] < 0 else f" Not distinguishable from {than}."


def estimated(drawn: Mapping[str, Draws], params: Params) -> dict[str, dict[str, float]]:
    """Each metric's value and interval, for the report."""
    return {name: over_seeds(part, params).as_dict() for name, part in drawn.items()}
