"""Profile, quality scores, bias and the map of a version."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipeline.core.errors import PipelineError
from pipeline.validate.bias import correlation_ratio, cramers_v
from pipeline.validate.params import Params
from pipeline.validate.profile import distinct, lexical, tokens
from pipeline.validate.quality_scores import FORMULAS
from pipeline.validate.run import dataset_totals, described
from pipeline.validate.semantic_coverage import coverage
from tests.validate.conftest import SOURCE, review, sound_reviews, view

TOPICS = ("the battery of this phone lasts long", "一家很好吃的面馆在街角", "our train to the coast was late again")


def many(size: int = 240):
    """Records on three topics, the second of them in another source and always negative."""
    found = []
    for n in range(size):
        topic = n % 3
        source = replace(SOURCE, name="shops" if topic == 1 else "reviews")
        label = "negative" if topic == 1 else ("positive", "negative")[n // 3 % 2]
        more = {"source": source} if n % 5 else {}
        found.append(review(f"r{n:03}", f"{TOPICS[topic]} {n}", label, "train" if n % 5 else "test", **more))
    return found


def profiled(records, **settings):
    looked_at = view(records)
    return described(looked_at, Params(**settings), {"name": "x", **dataset_totals(looked_at)}, None)


def test_every_axis_has_a_score_between_zero_and_one_and_a_formula():
    profile = profiled(many())[0].profile
    assert set(profile["axes"]) == set(FORMULAS)
    assert all(0 <= one["score"] <= 1 for one in profile["axes"].values())
    assert profile["axes"]["accuracy"]["from"] == {"mean_label_confidence": 0.9, "records": 240}


def test_a_source_that_decides_the_label_costs_freedom_from_bias():
    leaning, fair = profiled(many())[0].profile, profiled(sound_reviews() * 20)[0].profile
    assert leaning["axes"]["freedom_from_bias"]["score"] < 0.6
    by = {one["attribute"]: one["value"] for one in leaning["bias"]}
    assert by["source"] > 0.4
    assert fair["axes"]["freedom_from_bias"]["score"] is not None


def test_test_records_that_train_never_saw_cost_coverage():
    near = profiled(many())[0].profile["axes"]["coverage"]["score"]
    far = [r if r.split == "train" else replace(r, fields={"text": "$$$ %%% &&& " * 9}) for r in many()]
    assert profiled(far)[0].profile["axes"]["coverage"]["score"] < near


def test_associations_know_nothing_and_everything():
    assert cramers_v([[50, 0], [0, 50]]) == pytest.approx(1)
    assert cramers_v([[25, 25], [25, 25]]) == 0
    assert cramers_v([[5, 5]]) == 0
    assert correlation_ratio([[1, 1], [3, 3]]) == pytest.approx(1)
    assert correlation_ratio([[1, 3], [1, 3]]) == 0


def test_words_of_both_scripts_are_counted():
    assert tokens("Good day, 你好 día") == ["good", "day", "你", "好", "día"]
    found = lexical(["a b a b", "你好你好"])
    assert found["distinct"]["1"] == 0.5
    assert found["growth"][-1] == [2, 4]
    assert distinct([["one"]], 2) is None


def test_the_map_groups_topics_and_names_thin_regions():
    found, points = coverage(view(many()), 240)
    assert points.num_rows == 240 - 48 + 48
    assert found["test_reached"] > 0.8
    assert np.ptp(points.column("x").to_numpy()) > 0.5
    words = " ".join(word for region in found["regions"] for word in region["words"])
    assert "battery" in words
    assert "家" in words


@pytest.mark.parametrize("records", [sound_reviews()[:1], sound_reviews()[:2], sound_reviews()], ids=len)
def test_few_records_still_have_a_profile(records):
    looked_at, points = profiled(records)
    assert looked_at.profile["originals"] == len(records)
    assert points.num_rows in (0, 6, 8)


def test_an_unknown_attribute_is_named_with_a_guess():
    with pytest.raises(PipelineError, match=r"attributes: the table has no column 'sorce'") as caught:
        profiled(sound_reviews(), attributes=("sorce",))
    assert "Did you mean 'source'?" in str(caught.value)


def test_the_map_can_be_left_out():
    looked_at, points = profiled(many(30), map_records=0)
    assert points.num_rows == 0
    assert looked_at.profile["axes"]["coverage"]["score"] is None
