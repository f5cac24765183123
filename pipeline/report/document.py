"""The whole report as one JSON document, which the page draws and `quality.json` holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypedDict

from pipeline.report.fix import Fix
from pipeline.report.fixes import fixes
from pipeline.report.inputs import Inputs
from pipeline.report.overview import Flow, equation, flow, headline
from pipeline.report.record_history import RecordHistory, Section, record_histories
from pipeline.report.sections import SECTIONS
from pipeline.report.sections.history import QUALITY_SCORES
from pipeline.report.sections.versions import since
from pipeline.report.verdict.verdict import Verdict, verdict


class Document(TypedDict):
    """The page's content, in reading order."""

    title: str
    language: str
    task: Mapping[str, object]  # type, labels, languages
    verdict: Verdict
    headline: list[dict[str, object]]
    equation: dict[str, object] | None
    flow: Flow
    quality_scores: list[dict[str, object]]  # name, score, change
    since: Mapping[str, object] | None
    fixes: list[Fix]
    sections: list[Section]
    lists: dict[str, int]
    record_histories: dict[str, RecordHistory]


def build(inputs: Inputs, lists: Mapping[str, int] | None = None) -> Document:
    """First screen, then every section in the order of `SECTIONS`; `lists` has the rows of each file in tables/."""
    sections: list[Section] = [{"id": name, "blocks": entry.function(inputs)} for name, entry in SECTIONS.items()]
    return {
        "title": inputs.params.title,
        "language": inputs.params.language,
        "task": {
            "type": inputs.task.type,
            "labels": list(inputs.task.labels),
            "languages": list(inputs.task.languages),
        },
        "verdict": verdict(inputs),
        "headline": headline(inputs),
        "equation": equation(inputs),
        "flow": flow(inputs),
        "quality_scores": _quality_scores(inputs),
        "since": since(inputs),
        "fixes": fixes(inputs),
        "sections": sections,
        "lists": dict(lists or {}),
        "record_histories": record_histories(inputs, sections),
    }


def _quality_scores(inputs: Inputs) -> list[dict[str, object]]:
    """Every quality score and its change since the released version."""
    found, before = inputs.profile.get("quality_scores", {}), inputs.released.get("quality_scores", {})
    rows = []
    for name in QUALITY_SCORES if found else ():
        now, was = found[name]["score"], before.get(name, {}).get("score")
        rows.append({"name": name, "score": now, "change": None if None in (now, was) else round(now - was, 3)})
    return rows
