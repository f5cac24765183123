"""Parts of a page, and a page of a project whose notes say more."""

from __future__ import annotations

import shutil

from pipeline.report.document import build
from pipeline.report.inputs import load_inputs
from pipeline.report.params import Params
from pipeline.runtime.store import read_json, write_json
from tests.report.conftest import TASK


def section(document, name: str):
    return next(one["blocks"] for one in document["sections"] if one["id"] == name)


def table(document, name: str, title: str):
    return next(block for block in section(document, name) if block["kind"] == "table" and block["name"] == title)


GUESS = {"value": 0.1, "low": 0.05, "high": 0.2}


def with_notes(project, folder, more=None, **notes):
    """The project's page with more notes of the label stage; and of `clean`, a model's estimate of two classes."""
    data = shutil.copytree(project, folder / "data")
    report = read_json(data / "label/report.json")
    write_json({**report, "notes": {**report["notes"], **notes}}, data / "label/report.json")
    clean = read_json(data / "clean/report.json")
    guess = {"records": 20, "suspected": 2, "share": GUESS, "mostly": "neutral"}
    noise = {"records": 20, "suspected": 2, "share": GUESS, "cannot_tell": "", "classes": {"negative": guess}}
    steps = [*clean["steps"], {"step": "label_errors", "notes": {"label_noise": {**noise, **(more or {})}}}]
    write_json({**clean, "steps": steps}, data / "clean/report.json")
    return build(load_inputs(data, TASK, Params()))
