import pytest

from pipeline.augment.run import run
from pipeline.core.errors import PipelineError
from pipeline.core.settings import Task
from pipeline.text.similarity import most_similar
from tests.augment.conftest import CHAT, chat, record, reviews
from tests.augment.stage import result
from tests.conftest import written

SWAP = {"methods": {"random_swap": {"factor": 2}}, "keep": "always"}


def test_children_inherit_and_stay_in_train(project):
    folder = project(reviews(), SWAP)
    records, report = result(folder)
    parents = {r.id: r for r in records if not r.parent_id}
    children = [r for r in records if r.parent_id]
    counts = report["notes"]["methods"]["random_swap"]
    assert counts["accepted"] == len(children) > 0, counts
    for child in children:
        parent = parents[child.parent_id]
        assert child.split == "train"
        assert (child.group, child.source, child.target, child.labels_by) == (
            parent.group, parent.source, parent.target, parent.labels_by,
        )  # fmt: skip
    test = [r.fields["text"] for r in records if r.split == "test"]
    scores = most_similar([c.fields["text"] for c in children], test, [-1] * len(children))
    assert max(score for score, _ in scores) < 0.8
    assert len({r.id for r in records}) == len(records)


def test_two_runs_give_equal_bytes(project):
    folder = project(reviews(), {**SWAP, "keep": "if_helps", "ablation": {"seeds": 3, "min_held_out_rows": 10}})
    result(folder, "a")
    result(folder, "b")
    for name in ("records.parquet", "dropped.parquet", "report.json", "metrics.json"):
        assert written(folder / "a" / name) == written(folder / "b" / name)


def test_missing_engine_is_skipped_and_others_go_on(project, monkeypatch):
    methods = {"generation": {"factor": 1}, "random_swap": {"factor": 1}}
    folder = project(reviews(), {"methods": methods, "keep": "always"})
    _, report = result(folder)
    assert "models.generator" in report["notes"]["methods"]["generation"]["skipped"]
    assert report["notes"]["methods"]["random_swap"]["tried"] > 0


def test_a_method_that_fits_no_record_says_so(project, caplog):
    task = Task(type="classification", labels=("neg", "pos"), languages=("zh",))
    records = [record("味道很好", "pos", "zh"), record("太差了", "neg", "zh")]
    _, report = result(project(records, {"methods": {"label_names": {}}}, task))
    notes = report["notes"]["methods"]["label_names"]
    assert (notes["drawn"], notes["tried"]) == (0, 0)
    assert "they are in zh: set its languages" in notes["no_examples"]
    assert "makes nothing: no labelled train record" in caplog.text


def test_missing_engine_stops_where_required(project):
    folder = project(reviews(), {"methods": {"generation": {"factor": 1}}, "require_engines": True})
    with pytest.raises(PipelineError, match=r"augment\.methods\.generation"):
        run(folder / "label", folder / "out")


def test_nothing_to_do_passes_everything_through(project):
    records, report = result(project(reviews(), {}))
    assert (len(records), report["added"], report["dropped"]) == (60, 0, 0)


def test_chat_changes_the_last_user_turn_only(project):
    questions = ["How do I bake a dark rye bread at home today?", "Where can people see wild whales in winter?"]
    records = [chat(q, "Read a book.") for q in questions] + [chat("怎样才能学好中文写作呢", "多读书。", "zh")]
    kept, _ = result(project(records, SWAP, CHAT))
    children = [r for r in kept if r.parent_id]
    assert {c.lang for c in children} == {"en", "zh"}
    for child in children:
        parent = next(r for r in kept if r.id == child.parent_id)
        assert child.target == parent.target
        assert child.fields["messages"][0] == parent.fields["messages"][0]
        assert child.fields["messages"][1] != parent.fields["messages"][1]
