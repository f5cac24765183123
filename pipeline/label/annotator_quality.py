"""How each person works: answers to gold questions, time, and whether pre-labels are looked at."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from pipeline.core.record import as_json

if TYPE_CHECKING:
    from pipeline.annotation.annotations import Annotation
    from pipeline.label.params import Agreement


def annotator_quality(
    used: Iterable[Annotation], gold: Mapping[str, str], params: Agreement
) -> dict[str, dict[str, object]]:
    """By annotator: gold questions answered and right, median seconds a task, pre-labels shown and accepted.

    `gold` maps record ids to known answers (JSON). `accepts_all`: at least `min_votes` pre-labels were shown and
    `accepts_all_share` of them accepted, which no model deserves. `weak_on_gold`: at least `min_gold_questions` gold
    questions, of which fewer than `min_gold_accuracy` right.
    """
    by_person: dict[str, list[Annotation]] = defaultdict(list)
    for annotation in used:
        by_person[annotation.annotator].append(annotation)
    return {name: _person(given, gold, params) for name, given in sorted(by_person.items())}


def _person(given: list[Annotation], gold: Mapping[str, str], params: Agreement) -> dict[str, object]:
    on_gold = [as_json(a.value) == gold[a.record_id] for a in given if a.record_id in gold]
    asked, right = len(on_gold), sum(on_gold)
    accepts = [a.prelabel == "accepted" for a in given if a.prelabel is not None]
    shown, accepted = len(accepts), sum(accepts) / len(accepts) if accepts else None
    times = sorted(a.lead_time for a in given if a.lead_time is not None)
    return {
        "answers": len(given),
        "gold": asked,
        "gold_right": right,
        "seconds_median": times[len(times) // 2] if times else None,
        "prelabels_shown": shown,
        "accepted_share": accepted,
        "accepts_all": shown >= params.min_votes and (accepted or 0.0) >= params.accepts_all_share,
        "weak_on_gold": asked >= params.min_gold_questions and right < params.min_gold_accuracy * asked,
    }


def warnings(people: Mapping[str, Mapping[str, object]]) -> list[str]:
    """One sentence per person whose answers should be looked at."""
    found = []
    for name, one in people.items():
        if one["accepts_all"]:
            share = one["accepted_share"]
            found.append(f"{name} accepted {share:.0%} of {one['prelabels_shown']} pre-labels: are they read?")
        if one["weak_on_gold"]:
            found.append(f"{name} answered {one['gold_right']} of {one['gold']} gold questions right")
    return found
