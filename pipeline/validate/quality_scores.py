"""Six scores for the quality of a version, each with its formula, so that two versions compare.

Each lies between 0 and 1, higher is better, and is None where the project gives nothing to measure it by.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from pipeline.validate.dataset_view import View
from pipeline.validate.report_types import Profile, QualityScore

#: Reasons of the review queue that say two records contradict each other.
_CONTRADICTIONS = ("conflicting_label", "near_duplicate_other_label")

#: Formula of each score, in words; the report shows them beside the scores.
FORMULAS = {
    "accuracy": "1 - estimated share of wrong labels; where the data cannot tell it, "
    "the mean confidence of the label decisions",
    "consistency": "1 - share of records whose label contradicts an equal or near-equal text, or whose annotators tie",
    "freedom_from_bias": "1 - the largest association of the label with a declared attribute "
    "(Cramer's V; correlation ratio where targets are no classes)",
    "coverage": "share of test records with a train record at least as near as train records have among themselves "
    "(95th percentile), times the share of declared labels and languages that train holds",
    "scale": "log10(1 + original train records) / 6, at most 1: a million records score 1",
    "diversity": "mean of distinct-2 on 20,000 tokens and the evenness of the regions of meaning "
    "(entropy over its maximum)",
}


def quality_scores(view: View, found: Profile) -> dict[str, QualityScore]:
    """Score and inputs of every quality score; `found` is the rest of the profile."""
    parts = {
        "accuracy": _accuracy(view),
        "consistency": _consistency(view, found),
        "freedom_from_bias": _bias(found),
        "coverage": _coverage(view, found),
        "scale": _scale(view),
        "diversity": _diversity(found),
    }
    return {name: {"score": _rounded(score), "from": inputs} for name, (score, inputs) in parts.items()}


Part = tuple[float | None, dict[str, object]]


def _accuracy(view: View) -> Part:
    steps = view.reports["clean"].get("steps", ()) if "clean" in view.reports else ()
    noise = next((step["notes"]["label_noise"] for step in steps if step.get("notes", {}).get("label_noise")), None)
    if noise and noise.get("share"):
        rate = float(noise["share"]["value"])
        return 1 - rate, {"estimated_wrong_labels": round(rate, 4), "records_looked_at": noise["records"]}
    return _confidence(view)


def _confidence(view: View) -> Part:
    decisions = (record.labels_by for record in view.records if record.labels_by)
    sure = [decision.confidence for decision in decisions if decision.confidence is not None]
    if not sure:
        return None, {}
    return sum(sure) / len(sure), {"mean_label_confidence": round(sum(sure) / len(sure), 4), "records": len(sure)}


def _consistency(view: View, found: Profile) -> Part:
    waiting = _notes(view, "clean").get("review", {})
    contradicting = sum(int(waiting.get(reason, 0)) for reason in _CONTRADICTIONS)
    agreement = _notes(view, "label").get("agreement", {})
    tied = sum(int(one.get("tied", 0)) for one in agreement.values() if isinstance(one, Mapping))
    share = min(1.0, (contradicting + tied) / max(1, found["originals"]))
    return 1 - share, {"contradicting": contradicting, "tied": tied, "records": found["originals"]}


def _bias(found: Profile) -> Part:
    values = {one["attribute"]: one["value"] for one in found["bias"]}
    return (1 - max(values.values()), {**values}) if values else (None, {})


def _coverage(view: View, found: Profile) -> Part:
    reached = found["coverage"].get("test_reached")
    if reached is None:
        return None, {}
    train = found["classes"].get("train", {})
    declared = [(label, label in train) for label in view.task.labels if train]
    declared += [(language, language in found["languages"]) for language in view.task.languages]
    held = sum(there for _, there in declared) / len(declared)
    return reached * held, {"test_reached": reached, "declared_values_held": round(held, 4)}


def _scale(view: View) -> Part:
    train = sum(r.split == "train" and r.parent_id is None and r.target is not None for r in view.records)
    return min(1.0, math.log10(1 + train) / 6), {"original_train_records": train}


def _diversity(found: Profile) -> Part:
    distinct = found["words"]["distinct"]["2"]
    evenness = found["coverage"].get("evenness")
    known = [value for value in (distinct, evenness) if value is not None]
    return (sum(known) / len(known), {"distinct_2": distinct, "evenness": evenness}) if known else (None, {})


def _notes(view: View, stage: str) -> Mapping[str, Any]:
    return view.reports[stage].get("notes", {}) if stage in view.reports else {}


def _rounded(score: float | None) -> float | None:
    return None if score is None else round(score, 4)
