"""How many trainings a measurement takes, and how far it is."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

from pipeline.core.progress import Progress
from pipeline.value.learning_curve import SHARES
from pipeline.value.linear_probe import Scores, Trial
from pipeline.value.params import Params
from pipeline.value.variants import Example, Variants


def trainings(variants: Variants, controls: Mapping[str, Sequence[Example]], params: Params) -> int:
    """How often the model is trained: for the variants that differ, controls, points of the curve, sources, leaks."""
    sets = list(variants.train.values())
    unlike = sum(after != before for before, after in itertools.pairwise(sets))
    sources = len(set(variants.source_of.values())) if params.source_ablation else 0
    return 1 + unlike + len(controls) + len(SHARES) * params.learning_curve + sources + bool(variants.leaks)


def counted_trial(trial: Trial, total: int) -> Trial:
    """The trial that tells how many trainings are done."""
    progress = Progress("trainings", total)

    def told(examples: Sequence[Example]) -> list[Scores]:
        found = trial(examples)
        progress.add()
        return found

    return told
