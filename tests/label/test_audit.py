"""The audit: a random sample per class, asked without suggestion, and what it says about all labels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.errors import PipelineError
from pipeline.core.record import share
from pipeline.core.settings import Task
from pipeline.label.audit import PER_CLASS, Sample, allocation, audited, draw, order
from pipeline.label.evidence import VoteOutcome
from pipeline.label.merge import Evidence
from pipeline.label.params import Audit, Params
from pipeline.label.run import run
from pipeline.runtime.store import read_json, read_table
from pipeline.stats.intervals import stratified
from tests.label.conftest import CHAT, TASK, answer, chat, record

SIZES = st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 200), min_size=1)


def params(records, **more):
    return Params(audit=Audit(records=records, **more))


@given(SIZES, st.integers(0, 300))
def test_parts_fit_and_grow_with_the_sample(sizes, wanted):
    found, more = allocation(sizes, wanted), allocation(sizes, wanted + 7)
    assert sum(found.values()) == min(wanted, sum(sizes.values()))
    assert all(found[name] <= sizes[name] and found[name] <= more[name] for name in sizes)
    if wanted >= PER_CLASS * len(sizes):
        assert all(found[name] >= min(PER_CLASS, sizes[name]) for name in sizes)


def test_large_classes_get_more_and_small_ones_more_than_their_share():
    assert allocation({"large": 900, "small": 100}, 80) == {"large": 60, "small": 20}


def labelled(count, split="train"):
    return [record(f"{split}{n:04}", "好" if n % 4 == 0 else "negative", split=split) for n in range(count)]


def test_drawn_are_train_records_of_every_class_whatever_anybody_thinks_of_them():
    rows = [*labelled(400), *labelled(40, "test"), record("open", split="unlabelled")]
    human = {row.id: VoteOutcome("positive", None, ("ann",)) for row in rows[:200]}
    sample = draw(rows, Evidence(human=human), TASK, params(60))
    assert len(sample.given) == 60
    assert sample.sizes == {"好": 100, "negative": 300}
    assert all(name.startswith("train") for name in sample.given)
    assert set(sample.given.values()) == {"好", "negative"}  # as they came, not as people said
    looked_at = sum(name in human for name in sample.given)
    assert 15 < looked_at < 45
    assert sample.open(human) == sample.given.keys() - human.keys()
    assert sample.given.items() <= draw(rows[::-1], Evidence(), TASK, params(90)).given.items()
    mine = [name for name, key in sample.classes.items() if key == "好"]
    assert max(map(order, mine)) < min(order(r.id) for r in rows[:400:4] if r.id not in mine)


def test_votes_count_as_labels_and_too_many_classes_are_drawn_from_together():
    voted = [record(f"v{n}", split="unlabelled") for n in range(9)]
    crowd = {row.id: VoteOutcome("positive", 0.9, ("x", "y")) for row in voted}
    sample = draw([*voted, *labelled(40)], Evidence(crowd=crowd), TASK, params(12))
    assert not sample.by_class
    assert sample.sizes == {"positive": 9, "好": 10, "negative": 30}
    assert len(sample.given) == 12


def test_nothing_is_drawn_unless_asked_for():
    assert draw(labelled(9), Evidence(), TASK, Params()) == Sample()
    with pytest.raises(PipelineError, match=r"label\.audit\.records: answers of 'chat' are free texts"):
        draw([chat("c", "好")], Evidence(), CHAT, params(5))


def judged(sample, wrong, skip=()):
    """Outcomes on the sample; `wrong` are labelled wrongly, `skip` nobody has judged."""
    said = {name: "positive" if name in wrong else label for name, label in sample.given.items()}
    return {name: VoteOutcome(value, None, ("ann",)) for name, value in said.items() if name not in skip}


def test_shares_are_weighted_by_class_and_come_with_intervals():
    sample = draw(labelled(400), Evidence(), TASK, params(80))
    rare = [name for name, key in sample.classes.items() if key == "好"]
    wrong = set(rare[: len(rare) // 2])
    found = audited(sample, judged(sample, wrong), {rare[0], "other"}, TASK, params(80))
    assert (found["drawn"], found["of"], found["answered"], found["wrong"]) == (80, 400, 80, len(wrong))
    assert found["wrong_suspected"] == 1
    rate = len(wrong) / len(rare)
    assert found["by_class"]["好"]["share"]["value"] == pytest.approx(rate, abs=1e-5)
    assert found["share"]["value"] == pytest.approx(rate / 4, abs=1e-5)  # a quarter of the records, more of the sample
    assert found["share"]["low"] < rate / 4 < found["share"]["high"]
    assert found["by_class"]["negative"]["share"]["low"] == 0 < found["by_class"]["negative"]["share"]["high"]


def test_nothing_is_stated_before_enough_is_answered():
    sample = draw(labelled(400), Evidence(), TASK, params(50))
    names = list(sample.given)
    early = audited(sample, judged(sample, set(names[:3]), names[5:]), set(), TASK, params(50))
    assert early == {"drawn": 50, "of": 400, "answered": 5, "needed": 45}
    assert "share" in audited(sample, judged(sample, set(), names[:5]), set(), TASK, params(50))
    open_one = {names[0]: VoteOutcome("positive", 0.5, ("ann", "bob"))}
    assert audited(sample, open_one, set(), TASK, params(50))["answered"] == 0
    assert audited(Sample(), {}, set(), TASK, Params()) == {"drawn": 0, "of": 0, "answered": 0, "needed": 0}


def test_numbers_that_are_close_do_not_contradict_each_other():
    task = Task(type="regression", range=(0, 10))
    sample = Sample({"near": 5.0, "far": 5.0}, dict.fromkeys(("near", "far"), ""), {"": 2})
    said = {"near": VoteOutcome(5.5, None, ("ann",)), "far": VoteOutcome(9.0, None, ("ann",))}
    found = audited(sample, said, {"far"}, task, params(2))
    assert (found["wrong"], found["wrong_suspected"], found["by_class"]) == (1, 1, {})


@pytest.mark.parametrize(
    ("sizes", "rates", "wanted"),
    [((900, 100), (0.03, 0.3), 120), ((50,) * 10, (0.05,) * 10, 60), ((500, 300, 200), (0.01, 0.02, 0.0), 200)],
)
def test_the_true_share_lies_in_the_interval_nearly_as_often_as_it_says(sizes, rates, wanted):
    rng, total = np.random.default_rng(0), sum(sizes)
    parts = list(allocation({str(n): size for n, size in enumerate(sizes)}, wanted).values())
    true, draws, inside = np.dot(sizes, rates) / total, 1000, 0
    for wrong in rng.binomial(parts, rates, (draws, len(parts))).tolist():
        found = stratified([(size / total, w, n) for size, w, n in zip(sizes, wrong, parts, strict=True)])
        inside += found["low"] <= true <= found["high"]
    assert inside >= 0.92 * draws


def test_the_stage_queues_the_sample_without_suggestion_and_reports_what_came_back(project):
    rows = [record(f"r{n:03}", ("positive", "negative")[n % 2], f"text {n}", group=f"g{n}") for n in range(60)]
    doubt = {"record_id": "r000", "reason": "label_set_aside", "given": '"positive"', "suggested": '"negative"'}
    settings = {"audit": {"records": 20}, "prelabel": {"method": None}, "active_learning_curve": {"rows": 0}}
    project.write(rows, label=settings, review=[doubt])
    project.annotate()
    run(project.clean, project.annotations, project.out)
    queue = {row["record_id"]: row for row in read_table(project.out / "queue.parquet").to_pylist()}
    drawn = [name for name, row in queue.items() if row["reason"] == "audit"]
    assert len(drawn) == 20
    assert all(queue[name]["prelabel"] is None and queue[name]["priority"] == 1.0 for name in drawn)
    wrong = sorted(drawn, key=lambda name: share("any", name))[:4]
    labels = {row.id: row.target for row in rows}
    project.annotate(*[answer(name, "好" if name in wrong else labels[name]) for name in drawn])
    run(project.clean, project.annotations, project.out)
    report = read_json(project.out / "report.json")["notes"]["audit"]
    assert (report["drawn"], report["answered"], report["wrong"]) == (20, 20, 4)  # corrected labels change no sample
    assert report["of"] == 60, "a label that was set aside can be drawn too"
    assert report["share"]["value"] == pytest.approx(0.2, abs=0.02)
    assert {row["reason"] for row in read_table(project.out / "queue.parquet").to_pylist()} <= {"label_set_aside"}
