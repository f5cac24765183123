"""The whole report as one JSON document, which the page draws and `quality.json` holds."""

from __future__ import annotations

from typing import Any

from pipeline.report.inputs import Inputs
from pipeline.report.overview import fixes, flow, headline, verdict
from pipeline.report.sections import SECTIONS


def build(inputs: Inputs) -> dict[str, Any]:
    """First screen, then every section in the order of `SECTIONS`."""
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
        "flow": flow(inputs),
        "fixes": fixes(inputs),
        "sections": [{"id": name, "blocks": section(inputs)} for name, section in SECTIONS.items()],
    }
