"""Gold questions, people who just accept, weak people's answers, and spans decided one by one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pipeline.core.record import as_json
from pipeline.label.annotator_quality import annotator_quality, warnings
from pipeline.label.params import Agreement
from pipeline.label.run import run
from pipeline.label.spans import decide_spans
from pipeline.runtime.store import read_json, read_table, to_records
from tests.label.conftest import answer, record

PER, LOC = ({"start": 0, "end": 3, "label": "PER"}, {"start": 7, "end": 12, "label": "LOC"})


def labels_of(project):
    return {r.id: (r.target, r.labels_by) for r in to_records(read_table(project.out / "records.parquet"))}


def test_gold_questions_judge_people_and_never_change_the_record(project):
    gold = [record(f"g{n}", "好", f"g {n}") for n in range(6)]
    asked = [record(f"q{n}", None, f"q {n}", split="unlabelled") for n in range(2)]
    project.write([*gold, *asked], label={"precedence": ["human", "source"]})
    (project.annotations / ".gold.json").write_text(json.dumps({r.id: '"好"' for r in gold}), "utf-8")
    project.annotate(
        *[answer(r.id, "好", "careful", prelabel="edited", lead_time=4.0 + n) for n, r in enumerate(gold)],
        *[answer(r.id, "negative", "hasty", prelabel="accepted") for r in gold],
        answer("q0", "positive", "careful"),
        answer("q1", "positive", "hasty"),
    )
    run(project.clean, project.annotations, project.out)
    kept = labels_of(project)
    assert all(kept[r.id][1].who == "source:made" for r in gold)
    assert kept["q0"][1].who == "human:careful"
    assert "q1" not in kept  # the only answer is of somebody who fails gold questions: it goes back to the queue
    queue = {row["record_id"]: row["reason"] for row in read_table(project.out / "queue.parquet").to_pylist()}
    assert queue == {"q1": "disagreement"}
    human = read_json(project.out / "report.json")["notes"]["agreement"]["human"]
    people = {one["annotator"]: one for one in human["annotator_list"]}
    assert (people["careful"]["gold"], people["careful"]["gold_right"], people["careful"]["seconds_median"]) == (
        6,
        6,
        7.0,
    )
    assert people["hasty"]["weak_on_gold"]
    assert any("hasty answered 0 of 6 gold questions right" in line for line in human["warnings"])


def test_gold_answers_that_people_alike_dispute_are_listed(project):
    project.write([record("g", "好", "g"), record("h", "好", "h")])
    (project.annotations / ".gold.json").write_text(json.dumps({"g": '"好"', "h": '"好"'}), "utf-8")
    project.annotate(*[answer(name, "negative", who) for name in "g" for who in "xy"], answer("h", "negative", "x"))
    run(project.clean, project.annotations, project.out)
    assert read_json(project.out / "report.json")["notes"]["gold_disputed"] == ["g"]


@pytest.mark.parametrize(("accepted", "shown", "expected"), [(10, 10, True), (9, 10, False), (9, 9, False)])
def test_people_who_just_accept_are_warned_about(accepted, shown, expected):
    class Given:
        def __init__(self, n):
            self.record_id, self.annotator, self.value, self.lead_time = f"r{n}", "小王", "好", None
            self.prelabel = "accepted" if n < accepted else "edited"

    given: list[Any] = [Given(n) for n in range(shown)]
    report = annotator_quality(given, {}, Agreement())
    assert report["小王"]["accepts_all"] is expected
    assert bool(warnings(report)) is expected


def test_people_who_differ_about_a_border_agree_about_what_both_marked():
    longer = PER | {"end": 4}
    both = {"r": {"a": as_json([PER]), "b": as_json([longer])}}
    assert decide_spans(both, "majority")[0]["r"] == ([PER], 0.5)
    most = {"r": {"a": as_json([PER]), "b": as_json([PER]), "c": as_json([longer])}}
    assert decide_spans(most, "majority")[0]["r"] == ([PER], pytest.approx(2 / 3))


@pytest.mark.parametrize(("apart", "spans"), [(2, 2), (1, 1), (0, 1)])
def test_neighbours_of_one_label_are_parted_where_most_people_part_them(apart, spans):
    one = [{"start": 0, "end": 6, "label": "PER"}]
    two = [{"start": 0, "end": 3, "label": "PER"}, {"start": 3, "end": 6, "label": "PER"}]
    given_ = {"r": {who: as_json(two if n < apart else one) for n, who in enumerate("abc")}}
    assert len(decide_spans(given_, "majority")[0]["r"][0]) == spans
