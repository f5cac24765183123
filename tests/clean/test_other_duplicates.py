"""Semantic duplicates, and later batches against earlier ones: the two optional steps."""

import numpy as np
import pytest

from pipeline.clean.step import Context
from pipeline.clean.steps.earlier_records import EarlierRecords, drop_earlier_records
from pipeline.clean.steps.semantic_duplicates import SemanticDuplicates, drop_semantic_duplicates, similar
from pipeline.core.errors import PipelineError
from pipeline.core.settings import Task, parse
from pipeline.modeling.features.encoder import embed
from pipeline.modeling.models import Model, Models
from pipeline.runtime.store import schema, to_table, write_table
from tests.clean.records import TASK, make, table, texts
from tests.modeling.conftest import bert_folder  # noqa: F401
from tests.strategies import record

SAME = ("what a good day thank you", "thank you what a good day")
OTHER = "太差了，不推荐，质量很差"


def semantic(records, folder, **more):
    encoder = Model(name=str(folder))
    vectors = embed([str(r.fields["text"]) for r in records], encoder)
    limit = round(float(vectors[0] @ vectors[1]) - 0.001, 3)
    context = Context(TASK, Models(encoder=encoder))
    settings = SemanticDuplicates(**{"drop": limit, "review": limit, **more})
    return drop_semantic_duplicates(table(records), settings, context), context.doubts


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("SFT_CACHE", str(tmp_path / "cache"))


def test_what_says_the_same_goes_and_names_the_survivor(bert_folder):  # noqa: F811
    records = [make(SAME[0]), make(SAME[1], trusted=True), make(OTHER)]
    outcome, doubts = semantic(records, bert_folder)
    assert texts(outcome.kept) == [SAME[1], OTHER]
    assert outcome.dropped["reason"].to_pylist() == ["semantic_duplicate"]
    assert outcome.dropped["other_id"].to_pylist() == [records[1].id]
    assert not doubts
    again, _ = semantic(records[::-1], bert_folder, drop=0.9999, review=0.9998)
    assert sorted(texts(again.kept)) == sorted(str(r.fields["text"]) for r in records)


def test_other_labels_never_merge_but_are_asked_about_and_share_a_group(bert_folder):  # noqa: F811
    outcome, doubts = semantic([make(SAME[0], "good"), make(SAME[1], "bad"), make(OTHER)], bert_folder)
    assert outcome.kept.num_rows == 3
    groups = outcome.kept["group"].to_pylist()
    assert groups[0] == groups[1] is not None
    assert groups[2] is None
    assert [doubt.reason for doubt in doubts] == ["semantic_duplicate"]


def test_semantic_duplicates_need_an_encoder_and_a_band():
    with pytest.raises(PipelineError, match=r"models\.encoder names no model with weights"):
        drop_semantic_duplicates(table([make("x")]), SemanticDuplicates(), Context(TASK))
    with pytest.raises(PipelineError, match="is above drop"):
        parse({"review": 0.9, "drop": 0.8}, SemanticDuplicates, "clean.semantic_duplicates")


def test_pairs_are_found_across_blocks(monkeypatch):
    monkeypatch.setattr("pipeline.clean.steps.semantic_duplicates._ROWS", 3)
    vectors = np.eye(4, dtype=np.float32)[[0, 1, 2, 3, 0, 1, 0]]
    assert sorted((pair.a, pair.b) for pair in similar(vectors, 0.9)) == [(0, 4), (0, 6), (1, 5), (4, 6)]


PAST = "The battery lasts two days and the screen is bright enough to read outside in summer"
ZH = "送餐速度非常快 味道也很不错 下次还会再来。"
NEW = [
    make(PAST.replace("two", "2") + "!", key="near"),
    make("送餐速度非常快，味道也很不错，下次还会再来", key="zh"),
    make("nothing like it", key="other"),
    make(PAST, key="tested", role="test"),
]


@pytest.fixture
def past(tmp_path):
    write_table(table([make(PAST), make(ZH)]), tmp_path / "clean" / "records.parquet")
    return str(tmp_path / "clean")


def earlier(records, **more):
    context = Context(TASK)
    return drop_earlier_records(table(records), EarlierRecords(**more), context), context.doubts


def test_what_a_past_dataset_holds_goes_and_names_it(past):
    outcome, doubts = earlier(NEW, paths=(past,), similarity=0.8)
    assert texts(outcome.kept) == [NEW[2].fields["text"], PAST]
    assert outcome.dropped["reason"].to_pylist() == ["already_in"] * 2
    assert set(outcome.dropped["other_id"].to_pylist()) == {
        make(PAST).id,
        make(ZH).id,
    }
    assert [(doubt.record_id, doubt.reason, doubt.confidence) for doubt in doubts] == [(NEW[3].id, "already_in", 1.0)]
    assert outcome.notes == {"applies": True, "earlier": 2, "already_in": 3, "dropped": 2}


def test_what_is_already_in_may_stay_and_other_sources_are_not_checked(past):
    outcome, doubts = earlier(NEW, paths=(f"{past}/records.parquet",), similarity=0.8, found="review")
    assert outcome.kept.num_rows == 4
    assert len(doubts) == 3
    outcome, doubts = earlier(NEW, paths=(past,), similarity=0.8, sources=("shop",))
    assert outcome.kept.num_rows == 4
    assert not doubts
    assert earlier(NEW)[0].notes["applies"] is False


def test_other_questions_on_an_earlier_context_are_new(tmp_path):
    task = Task(type="qa", languages=("en", "zh"))
    context = "巴黎是法国的首都。" + PAST * 4
    old = record({"context": context, "question": "How long does the battery last?"}, [], id="old")
    new = [
        record({"context": context, "question": q}, [], id=q)
        for q in ("Where is it?", "How long does the battery last??")
    ]
    write_table(to_table([old], schema(task)), tmp_path / "records.parquet")
    settings = EarlierRecords(paths=(str(tmp_path),), similarity=0.8)
    outcome = drop_earlier_records(to_table(new, schema(task)), settings, Context(task))
    assert outcome.kept["id"].to_pylist() == ["Where is it?"]


def test_paths_that_hold_nothing_fit_are_explained(tmp_path):
    with pytest.raises(PipelineError, match=r"earlier_records\.paths: .*: no such file"):
        earlier(NEW, paths=(str(tmp_path / "gone"),))
    task = Task(type="qa")
    old = record({"context": "a", "question": "b"}, [])
    write_table(to_table([old], schema(task)), tmp_path / "records.parquet")
    with pytest.raises(PipelineError, match="the fields are not those of 'classification'"):
        earlier(NEW, paths=(str(tmp_path),))
    write_table(table(NEW).drop_columns(["group"]), tmp_path / "records.parquet")
    with pytest.raises(PipelineError, match="the column 'group' is missing"):
        earlier(NEW, paths=(str(tmp_path),))
    (tmp_path / "records.parquet").write_bytes(b"no parquet")
    with pytest.raises(PipelineError, match="not a readable Parquet file"):
        earlier(NEW, paths=(str(tmp_path),))
