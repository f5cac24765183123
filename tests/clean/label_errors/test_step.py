import csv
from collections import Counter
from typing import Any

import pytest

from pipeline.clean.label_errors.settings import LabelErrors
from pipeline.clean.label_errors.step import find_label_errors
from pipeline.clean.step import Context
from pipeline.core.record import Record, Vote, as_json, share
from pipeline.core.settings import Task
from pipeline.modeling.models import Models
from pipeline.runtime.columns import schema
from pipeline.runtime.store import to_records, to_table
from tests.chats import fields, reply
from tests.clean.records import TASK, make, table

GOOD = ("great", "lovely", "excellent", "很好", "喜欢")
BAD = ("awful", "broken", "terrible", "很差", "讨厌")


def reviews(count: int, **more: Any) -> list[Record]:
    """Texts that say plainly what their label is, in English and Chinese."""
    records = []
    for n in range(count):
        words, label = (GOOD, "good") if n % 2 else (BAD, "bad")
        records.append(make(f"{words[n % 5]} {words[n // 5 % 5]} {words[n // 25 % 5]} item {n}", label, **dict(more)))
    return records


def flipped(record: Record, **more: Any) -> Record:
    """The record with the other label."""
    return make(str(record.fields["text"]), "bad" if record.target == "good" else "good", **dict(more))


def run(records, **more):
    context = Context(TASK)
    outcome = find_label_errors(table(records), LabelErrors(**{"folds": 5, **more}), context)
    return {record.id: record for record in to_records(outcome.kept)}, context.review_items, outcome


def test_plain_errors_are_relabelled_and_say_who_did_it():
    records = reviews(600)
    records[7], records[20] = flipped(records[7]), flipped(records[20])
    kept, _, outcome = run(records, autofix_precision=0.8)
    for n in (7, 20):
        relabelled = kept[records[n].id]
        assert relabelled.target != records[n].target
        assert relabelled.labels_by is not None
        assert relabelled.labels_by.who == "model:label_errors"
        assert [(c.field, c.before) for c in relabelled.history] == [("target", as_json(records[n].target))]
        assert "label_quality" in relabelled.scores
    assert outcome.changed == outcome.notes["autofix"]["changed"] == 2
    assert outcome.dropped.num_rows == 0


VOTES = (Vote("ann", "good"), Vote("小王", "bad"))


@pytest.mark.parametrize("who", [{"split": "test"}, {"role": "test"}, {"trusted": True}, {"votes": VOTES}])
def test_protected_labels_go_to_review_only(who):
    records = reviews(600)
    records[7] = flipped(records[7], **who)
    kept, review_items, _ = run(records, autofix_precision=0.9)
    assert kept[records[7].id].target == records[7].target
    (item,) = [d for d in review_items if d.record_id == records[7].id]
    assert (item.reason, item.given, item.suggested) == ("label_error", '"bad"', '"good"')
    assert item.confidence is not None
    assert item.confidence > 0.5


def noisy(count, every=11):
    """Reviews of which each `every`-th has the other label."""
    return [flipped(record) if n % every == 0 else record for n, record in enumerate(reviews(count))]


def aside(review_items):
    return {item.record_id for item in review_items if item.reason == "label_set_aside"}


def test_most_of_the_labels_that_are_estimated_wrong_are_set_aside():
    records = noisy(800)
    kept, review_items, outcome = run(records, autofix_precision=1.0)
    wrong = {record.id for n, record in enumerate(records) if n % 11 == 0}
    assert aside(review_items) <= wrong
    assert 0.7 * 0.75 * len(wrong) <= len(aside(review_items)) <= 0.75 * len(wrong)
    assert outcome.notes["set_aside"] == len(aside(review_items))
    assert all(kept[record.id].target == record.target for record in records), "labels stay; `label` decides"
    assert max(Counter(item.record_id for item in review_items).values()) == 1
    assert not aside(run(records, autofix_precision=1.0, set_aside=0)[1])


@pytest.mark.parametrize("who", [{"split": "test"}, {"split": "dev"}, {"trusted": True}, {"votes": VOTES}])
def test_only_train_labels_that_nobody_vouches_for_are_set_aside(who):
    special = [flipped(record, **who) for record in reviews(600)[::55]]
    rest = [record for n, record in enumerate(noisy(600)) if n % 55]
    _, review_items, _ = run([*special, *rest], autofix_precision=1.0, set_aside=1)
    assert aside(review_items)
    assert not {record.id for record in special} & aside(review_items)


def test_nothing_is_set_aside_where_labels_are_right():
    assert not aside(run(reviews(600))[1])


def test_a_class_keeps_half_of_its_records():
    """Texts of the class `odd` read like those of another one: the models would do without it."""
    odd = [make(str(record.fields["text"]), "odd") for record in reviews(1060)[1000::2]]
    _, review_items, _ = run([*noisy(1000, every=9), *odd], autofix_precision=1.0, set_aside=1)
    assert len(aside(review_items) & {record.id for record in odd}) == 15


@pytest.mark.parametrize("held_out", [{"split": "test"}, {"role": "test"}])
def test_test_records_take_no_part_in_scoring_the_others(held_out):
    records = reviews(300)
    records[7] = flipped(records[7])
    wrong = [
        make(f"{record.fields['text']} 测试 test", "bad" if record.target == "good" else "good", **held_out)
        for record in reviews(200)
    ]
    alone, _, without = run(records, review_share=1)
    beside, review_items, outcome = run([*wrong[:100], *records, *wrong[100:]], review_share=1)
    for record in records:
        assert beside[record.id].scores == alone[record.id].scores
        assert beside[record.id].target == alone[record.id].target
    for note in ("planted", "label_noise", "autofix", "change_precision", "scored"):
        assert outcome.notes[note] == without.notes[note]
    assert outcome.notes["scored_of_test"] == 200
    assert all(beside[record.id].target == record.target for record in wrong)
    assert {record.id for record in wrong} <= {item.record_id for item in review_items}
    assert all(beside[record.id].scores["label_quality"] < 0.5 for record in wrong)


def test_a_class_that_only_test_has_is_not_scored():
    kept, _, outcome = run([*reviews(100), *(make(f"strange {n}", "so-so", split="test") for n in range(20))])
    assert outcome.notes["classes_too_rare"] == ["so-so"]
    assert outcome.notes["scored_of_test"] == 0
    assert "label_quality" not in kept[make("strange 0", "so-so").id].scores


def test_labels_that_texts_do_not_tell_are_left_alone():
    records = [make(f"note {n * 7919 % 1000} 备注 {n}", "good" if n * 31 % 17 > 8 else "bad") for n in range(600)]
    kept, review_items, outcome = run(records)
    assert outcome.changed == 0
    assert outcome.notes["autofix"]["threshold"] is None
    assert "no confidence reached" in outcome.notes["autofix"]["why_none"]
    assert all(kept[record.id].target == record.target for record in records)
    assert 0 < len(review_items) <= 12  # review_share


def test_more_are_listed_where_more_are_estimated_to_be_wrong():
    """Twice `review_share` of them and more; no more than that where labels are right."""
    _, review_items, outcome = run(noisy(800), autofix_precision=1.0, review_share=0.01)
    assert outcome.notes["label_noise"]["share"]["high"] > 0.08
    assert len(review_items) > 0.06 * 800
    assert len(run(reviews(800), autofix_precision=1.0, review_share=0.01)[1]) <= 8


def test_equal_runs_are_equal():
    records = reviews(200)
    first, second = run(records), run(records)
    assert first[2].kept.equals(second[2].kept)
    assert first[2].notes == second[2].notes


@pytest.mark.parametrize(
    "records",
    [[], [make("one")], [make(f"all good {n}") for n in range(40)], [make(f"free {n}", None) for n in range(40)]],
)
def test_nothing_to_score_is_noted(records):
    _, review_items, outcome = run(records)
    assert outcome.notes["applies"] is False
    assert outcome.kept.num_rows == len(records)
    assert not review_items


def test_label_seen_once_is_not_scored_but_named():
    kept, _, outcome = run([*reviews(200), make("strange", "so-so")])
    assert outcome.notes["classes_too_rare"] == ["so-so"]
    assert "label_quality" not in kept[make("strange", "so-so").id].scores


def test_tasks_without_classes_are_left_alone():
    task = Task(type="chat", languages=("en", "zh"))
    chat = make("c", reply("hello"), fields=fields([("user", "你好")]))
    outcome = find_label_errors(to_table([chat], schema(task)), LabelErrors(), Context(task))
    assert outcome.notes["why"] == "no detector for targets of the task chat"


@pytest.mark.parametrize("rate", [0.0, 0.1, 0.2])
def test_noise_rate_per_class_is_near_the_true_one(rate):
    records = reviews(800)
    noisy = [flipped(r) if share("noise", r.id) < rate else r for r in records]
    _, _, outcome = run(noisy)
    noise = outcome.notes["label_noise"]
    wrong = sum(a.target != b.target for a, b in zip(records, noisy, strict=True)) / len(records)
    if noise["share"] is None:
        assert noise["cannot_tell"]
        assert outcome.notes["set_aside"] == 0
    else:
        assert noise["share"]["low"] <= wrong <= noise["share"]["high"]
    for found in noise["classes"].values():
        assert found["share"] is None or found["share"]["low"] - 0.03 <= rate <= found["share"]["high"] + 0.03


@pytest.mark.slow
def test_errors_of_a_real_data_set_rank_better_than_by_self_confidence(shared_data):
    with (shared_data("banking77") / "train.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))[::2]
    task = Task(type="classification", labels=tuple(sorted({row["category"] for row in rows})))
    records = [make(row["text"], row["category"], key=str(n)) for n, row in enumerate(rows)]
    context = Context(task, Models())
    outcome = find_label_errors(to_table(records, schema(task)), LabelErrors(), context)
    gains = []
    for kind, least in (("symmetric", 0.96), ("confused", 0.85)):
        measured = outcome.notes["planted"]["copies"][kind]
        assert measured["average_precision"] > least
        gains.append(measured["average_precision"] - measured["self_confidence"])
    assert min(gains) > -0.01
    assert sum(gains) / len(gains) > 0.015
