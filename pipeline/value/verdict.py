"""What a data step did to the score, in plain words; whether it helped, pipeline/stats/paired_gain.py decides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.stats import paired_gain
from pipeline.stats.bootstrap import Estimate
from pipeline.stats.paired_gain import Draws
from pipeline.value.params import Params
from pipeline.value.variants import Example


def over_seeds(drawn: Draws, params: Params) -> Estimate:
    """The estimate over seeds and test rows, with the interval that params ask for."""
    return paired_gain.over_seeds(drawn, params.seed, params.confidence_level)


def changes(before: Sequence[Example], after: Sequence[Example]) -> dict[str, int]:
    """How the training data differ: rows removed and added, texts and labels changed (by source record)."""
    first = {example.root: example for example in before}
    second = {example.root: example for example in after}
    # Children share their parent's root; where the parent itself is among them, it is what `first` is held against.
    second |= {example.root: example for example in after if first.get(example.root) == example}
    both = first.keys() & second.keys()
    removed = len(first) - len(both)
    return {
        "removed": removed,
        "added": len(after) - len(before) + removed,
        "texts_changed": sum(first[root].text != second[root].text for root in both),
        "labels_changed": sum(first[root].label != second[root].label for root in both),
    }


def sentence(step: Mapping[str, Any], metric: str) -> str:
    """One step's verdict as people say it."""
    gap, verdict, name = step["difference"], step["verdict"], step["step"].replace("_", " ")
    if verdict == "changed_nothing":
        return f"{name}: changed nothing; the training data are the same as before."
    figures = (
        f"{metric.replace('_', ' ').replace(' f1', ' F1')} {step['before']:.3f} -> {step['after']:.3f} "
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
    return {"helped": f" Better than {than}.", "hurt": f" Worse than {than}."}.get(
        control["verdict"], f" Not distinguishable from {than}."
    )


def estimated(drawn: Mapping[str, Draws], params: Params) -> dict[str, dict[str, float]]:
    """Each metric's value and interval, for the report."""
    return {name: over_seeds(part, params).as_dict() for name, part in drawn.items()}
