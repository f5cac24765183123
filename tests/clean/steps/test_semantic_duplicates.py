import numpy as np
import pytest

from pipeline.clean.step import Context
from pipeline.clean.steps.semantic_duplicates import SemanticDuplicates, drop_semantic_duplicates, similar
from pipeline.core.errors import PipelineError
from pipeline.core.settings import parse
from pipeline.modeling.features.encoder import embed
from pipeline.modeling.models import Model, Models
from tests.clean.records import TASK, make, table, texts
from tests.modeling.conftest import bert_folder  # noqa: F401

SAME = ("what a good day thank you", "thank you what a good day")


OTHER = "太差了，不推荐，质量很差"


def semantic(records, folder, **more):
    encoder = Model(name=str(folder))
    vectors = embed([str(r.fields["text"]) for r in records], encoder)
    limit = round(float(vectors[0] @ vectors[1]) - 0.001, 3)
    context = Context(TASK, Models(encoder=encoder))
    settings = SemanticDuplicates(**{"drop": limit, "review": limit, **more})
    return drop_semantic_duplicates(table(records), settings, context), context.review_items


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("SFT_CACHE", str(tmp_path / "cache"))


def test_what_says_the_same_goes_and_names_the_survivor(bert_folder):  # noqa: F811
    records = [make(SAME[0]), make(SAME[1], trusted=True), make(OTHER)]
    outcome, review_items = semantic(records, bert_folder)
    assert texts(outcome.kept) == [SAME[1], OTHER]
    assert outcome.dropped["reason"].to_pylist() == ["semantic_duplicate"]
    assert outcome.dropped["other_id"].to_pylist() == [records[1].id]
    assert not review_items
    again, _ = semantic(records[::-1], bert_folder, drop=0.9999, review=0.9998)
    assert sorted(texts(again.kept)) == sorted(str(r.fields["text"]) for r in records)


def test_other_labels_never_merge_but_are_asked_about_and_share_a_group(bert_folder):  # noqa: F811
    outcome, review_items = semantic([make(SAME[0], "good"), make(SAME[1], "bad"), make(OTHER)], bert_folder)
    assert outcome.kept.num_rows == 3
    groups = outcome.kept["group"].to_pylist()
    assert groups[0] == groups[1] is not None
    assert groups[2] is None
    assert [item.reason for item in review_items] == ["semantic_duplicate"]


def test_semantic_duplicates_need_an_encoder_and_a_band():
    with pytest.raises(PipelineError, match=r"models\.encoder names no model with weights"):
        drop_semantic_duplicates(table([make("x")]), SemanticDuplicates(), Context(TASK))
    with pytest.raises(PipelineError, match="is above drop"):
        parse({"review": 0.9, "drop": 0.8}, SemanticDuplicates, "clean.semantic_duplicates")


def test_pairs_are_found_across_blocks(monkeypatch):
    monkeypatch.setattr("pipeline.clean.steps.semantic_duplicates._ROWS", 3)
    vectors = np.eye(4, dtype=np.float32)[[0, 1, 2, 3, 0, 1, 0]]
    assert sorted((pair.a, pair.b) for pair in similar(vectors, 0.9)) == [(0, 4), (0, 6), (1, 5), (4, 6)]
