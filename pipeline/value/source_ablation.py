"""Effect of each source: models trained on the final training data without it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from pipeline.core.counts import ranked
from pipeline.stats.intervals import holm
from pipeline.stats.numbers import rounded
from pipeline.stats.paired_gain import Draws, Verdict, draw, verdict
from pipeline.value.linear_probe import Trial
from pipeline.value.params import Params
from pipeline.value.variants import Example
from pipeline.value.verdict import over_seeds

#: Sources beyond these, smallest first, are left out: each costs `seeds` models. A guess: not measured.
_SOURCES = 8


def _without(examples: Sequence[Example], source: str, source_of: Mapping[str, str]) -> list[Example]:
    return [example for example in examples if source_of[example.root] != source]


def source_ablation(
    examples: Sequence[Example], source_of: Mapping[str, str], whole: Draws, trial: Trial, rows: int, params: Params
) -> list[dict[str, object]]:
    """One entry a source: what the score loses when its records are left out, largest source first.

    `per_1000` is the gain for each thousand of its examples. p-values are Holm-corrected over the sources. Nothing
    where all examples come from one source, or where a source alone has all examples of all classes but one.
    """
    counts = Counter(source_of[example.root] for example in examples)
    entries = []
    for name, count in ranked(counts)[:_SOURCES]:
        left = _without(examples, name, source_of)
        if len({example.label for example in left}) < 2:
            continue
        without = draw(trial(left), rows, params.resamples, params.seed)[params.metric]
        entries.append((name, count, over_seeds(whole.minus(without), params)))
    adjusted = holm([gain.p for _, _, gain in entries])
    return [
        {
            "source": name,
            "rows": count,
            "gain": gain.as_dict(),
            "per_1000": rounded(1000 * gain.value / count),
            "p": rounded(p),
            "verdict": verdict(gain, p, params.alpha),
            "sentence": _about_source(name, count, gain.value, verdict(gain, p, params.alpha), params),
        }
        for (name, count, gain), p in zip(entries, adjusted, strict=True)
    ]


def _about_source(name: str, rows: int, gain: float, found: Verdict, params: Params) -> str:
    said = {
        "helped": "is worth having",
        "hurt": "does harm: the score is better without it",
        "no_measurable_effect": "makes no difference that we can measure",
    }[found]
    return f"{name}: {said}; {params.metric.replace('_', ' ')} {gain:+.3f} from {rows:,} rows."
