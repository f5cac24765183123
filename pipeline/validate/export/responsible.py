"""Fields of Croissant's Responsible AI vocabulary, version 1.0, filled from what the stages know.

https://docs.mlcommons.org/croissant/docs/croissant-rai-spec.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypedDict

from pipeline.core.report_types import StageReports
from pipeline.validate.dataset_view import View
from pipeline.validate.export.card import limits, noise_sentence, notes_of, steps_of, unmarked
from pipeline.validate.report_types import Report, Skew

#: Kind of a source -> how the vocabulary calls such a collection.
_COLLECTION = {"crowd": "Crowdsourcing", "url": "Web Scraping", "documents": "Document Analysis"}


def rai(view: View, report: Report) -> dict[str, object]:
    """How the data were collected, cleaned and labelled, where they lean and what they lack; unknowns are left out."""
    kinds = sorted({one.source.kind for one in view.labelled})
    deciders = report["dataset"]["label_by"]
    found: dict[str, object] = {
        "rai:dataCollection": "Sources: " + ", ".join(sorted(report["dataset"]["sources"])),
        "rai:dataCollectionType": sorted({_COLLECTION.get(kind, "Secondary Data Analysis") for kind in kinds}),
        "rai:dataCollectionRawData": "Every record names its source; rows left out are kept with the reason.",
        "rai:dataPreprocessingProtocol": _steps(view.reports),
        "rai:dataAnnotationProtocol": "Labels decided by " + ", ".join(f"{who} ({n:,})" for who, n in deciders.items()),
        "rai:dataAnnotationAnalysis": [noise_sentence(view.reports), *_agreement(view.reports)],
        "rai:annotationsPerItem": _votes(view.reports),
        "rai:dataLimitations": [unmarked(one) for one in limits(report, view.reports)],
        "rai:dataBiases": list(_biases(view.profile.get("bias", ()))),
        "rai:dataUseCases": "Supervised fine-tuning and evaluation",
    }
    return {name: value for name, value in found.items() if value}


def _steps(stages: StageReports) -> list[str]:
    """What each step of clean and augment did to how many rows."""
    return [
        f"{stage}, {step['step']}: {step.get('in', 0):,} rows in, {step.get('changed', 0):,} edited, "
        f"{step.get('dropped', 0):,} dropped"
        for stage in ("clean", "augment")
        for step in steps_of(stages, stage)
    ]


class _Agreement(TypedDict, total=False):
    """What the label stage notes of one voice's annotators."""

    items: int
    votes: int
    alpha: float | None


def _groups(stages: StageReports) -> Iterator[tuple[str, _Agreement]]:
    voices: Mapping[str, _Agreement] = notes_of(stages, "label").get("agreement") or {}
    yield from ((name, found) for name, found in voices.items() if isinstance(found, Mapping) and found.get("items"))


def _agreement(stages: StageReports) -> Iterator[str]:
    for name, found in _groups(stages):
        alpha = found.get("alpha")
        if alpha is not None:
            yield f"Krippendorff's alpha of {name} on {found['items']:,} items: {alpha:.3f}"


def _votes(stages: StageReports) -> str:
    said = [f"{name}: {found['votes'] / found['items']:.1f}" for name, found in _groups(stages) if found.get("votes")]
    return ", ".join(said)


def _biases(found: Sequence[Skew]) -> Iterator[str]:
    for one in found:
        yield f"The label leans on {one['attribute']}: {one['measure'].replace('_', ' ')} {one['value']:.2f}"
