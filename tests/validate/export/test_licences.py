"""Licences: names of the hub, and the one that binds most."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.core.record import Decision
from pipeline.validate.export.licences import hub_id, most_restrictive
from tests.validate.conftest import reports_for, sound_reviews
from tests.validate.exported import SUITE, metadata


@pytest.mark.parametrize(
    ("written", "known"),
    [
        ("CC BY 4.0", "cc-by-4.0"),
        ("Apache-2.0", "apache-2.0"),
        ("MIT License", "mit"),
        ("Apache-2.0 (simulated votes)", "apache-2.0"),
        ("BSD", "bsd"),
        ("内部使用", "other"),
        ("", "other"),
    ],
)
def test_hub_id(written, known):
    assert hub_id(written) == known


def test_an_unknown_licence_binds_most():
    assert most_restrictive(["MIT", "CC BY-SA 4.0", "Apache-2.0"]) == "CC BY-SA 4.0"
    assert most_restrictive(["internal use only", "CC BY-NC-ND 4.0"]) == "internal use only"


def test_language_models_that_wrote_targets_stand_among_the_licences_and_bind(project):
    rows = sound_reviews()
    rows[0] = replace(rows[0], labels_by=Decision("model:big"))
    reports = reports_for(len(rows))
    about = {"big": {"model": "qwen3-32b", "licence": "CC BY-NC 4.0"}, "unused": {"model": "x", "licence": "none"}}
    reports["label"]["notes"] = {"writers": about}
    out = project.write(rows, SUITE, reports=reports).validate() / "dataset"
    card = (out / "README.md").read_text("utf-8")
    assert "| model:big (qwen3-32b) | language model | CC BY-NC 4.0 | 1 |" in card
    assert "unused" not in card
    assert metadata(out)["license"] == "cc-by-nc-4.0"
    assert "CC BY-NC 4.0" in (out / "DATA_STATEMENT.md").read_text("utf-8")
    about["big"]["licence"] = ""
    out = project.write(rows, SUITE, reports=reports).validate() / "dataset"
    assert "terms of the model not stated" in (out / "README.md").read_text("utf-8")
