"""Every quality score has a value and a formula."""

from __future__ import annotations

from dataclasses import replace

from pipeline.validate.quality_scores import FORMULAS
from tests.validate.conftest import sound_reviews
from tests.validate.topics import many, profiled


def test_every_quality_score_has_a_score_between_zero_and_one_and_a_formula():
    profile = profiled(many())[0].profile
    assert set(profile["quality_scores"]) == set(FORMULAS)
    assert all(0 <= one["score"] <= 1 for one in profile["quality_scores"].values())
    assert profile["quality_scores"]["accuracy"]["from"] == {"mean_label_confidence": 0.9, "records": 240}


def test_a_source_that_decides_the_label_costs_freedom_from_bias():
    leaning, fair = profiled(many())[0].profile, profiled(sound_reviews() * 20)[0].profile
    assert leaning["quality_scores"]["freedom_from_bias"]["score"] < 0.6
    by = {one["attribute"]: one["value"] for one in leaning["bias"]}
    assert by["source"] > 0.4
    assert fair["quality_scores"]["freedom_from_bias"]["score"] is not None


def test_test_records_that_train_never_saw_cost_coverage():
    near = profiled(many())[0].profile["quality_scores"]["coverage"]["score"]
    far = [r if r.split == "train" else replace(r, fields={"text": "$$$ %%% &&& " * 9}) for r in many()]
    assert profiled(far)[0].profile["quality_scores"]["coverage"]["score"] < near
