import pytest

from pipeline.clean.step import Context
from pipeline.clean.steps.earlier_records import EarlierRecords, drop_earlier_records
from pipeline.core.errors import PipelineError
from pipeline.core.settings import Task
from pipeline.runtime.columns import schema
from pipeline.runtime.shards import write_shards
from pipeline.runtime.store import to_table
from tests.clean.records import TASK, make, table, texts
from tests.modeling.conftest import bert_folder  # noqa: F401
from tests.strategies import record


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("SFT_CACHE", str(tmp_path / "cache"))


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
    write_shards(table([make(PAST), make(ZH)]), tmp_path / "clean" / "records.parquet")
    return str(tmp_path / "clean")


def earlier(records, **more):
    context = Context(TASK)
    return drop_earlier_records(table(records), EarlierRecords(**more), context), context.review_items


def test_what_a_past_dataset_holds_goes_and_names_it(past):
    outcome, review_items = earlier(NEW, paths=(past,), similarity=0.8)
    assert texts(outcome.kept) == [NEW[2].fields["text"], PAST]
    assert outcome.dropped["reason"].to_pylist() == ["already_in"] * 2
    assert set(outcome.dropped["other_id"].to_pylist()) == {
        make(PAST).id,
        make(ZH).id,
    }
    assert [(item.record_id, item.reason, item.confidence) for item in review_items] == [(NEW[3].id, "already_in", 1.0)]
    assert outcome.notes == {"applies": True, "earlier": 2, "already_in": 3, "dropped": 2}


def test_what_is_already_in_may_stay_and_other_sources_are_not_checked(past):
    outcome, review_items = earlier(NEW, paths=(f"{past}/records.parquet",), similarity=0.8, found="review")
    assert outcome.kept.num_rows == 4
    assert len(review_items) == 3
    outcome, review_items = earlier(NEW, paths=(past,), similarity=0.8, sources=("shop",))
    assert outcome.kept.num_rows == 4
    assert not review_items
    assert earlier(NEW)[0].notes["applies"] is False


def test_other_questions_on_an_earlier_context_are_new(tmp_path):
    task = Task(type="qa", languages=("en", "zh"))
    context = "巴黎是法国的首都。" + PAST * 4
    old = record({"context": context, "question": "How long does the battery last?"}, [], id="old")
    new = [
        record({"context": context, "question": q}, [], id=q)
        for q in ("Where is it?", "How long does the battery last??")
    ]
    write_shards(to_table([old], schema(task)), tmp_path / "records.parquet")
    settings = EarlierRecords(paths=(str(tmp_path),), similarity=0.8)
    outcome = drop_earlier_records(to_table(new, schema(task)), settings, Context(task))
    assert outcome.kept["id"].to_pylist() == ["Where is it?"]


def test_paths_that_hold_nothing_fit_are_explained(tmp_path):
    with pytest.raises(PipelineError, match=r"earlier_records\.paths: .*: no such file"):
        earlier(NEW, paths=(str(tmp_path / "gone"),))
    task = Task(type="qa")
    old = record({"context": "a", "question": "b"}, [])
    write_shards(to_table([old], schema(task)), tmp_path / "records.parquet")
    with pytest.raises(PipelineError, match="the fields are not those of 'classification'"):
        earlier(NEW, paths=(str(tmp_path),))
    write_shards(table(NEW).drop_columns(["group"]), tmp_path / "records.parquet")
    with pytest.raises(PipelineError, match="there is no column 'group'"):
        earlier(NEW, paths=(str(tmp_path),))
    (tmp_path / "records.parquet" / "part-00000.parquet").write_bytes(b"no parquet")
    with pytest.raises(PipelineError, match="not a readable Parquet file"):
        earlier(NEW, paths=(str(tmp_path),))
