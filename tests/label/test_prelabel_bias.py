"""Answers with the pre-label in sight, held against answers from which a lot kept it."""

from __future__ import annotations

import json

import pytest

from pipeline.annotation.annotations import Annotation, parse_time
from pipeline.annotation.push_ledger import Pushed, Sent
from pipeline.label.params import Agreement
from pipeline.label.prelabel_bias import prelabel_bias
from pipeline.label.run import run
from pipeline.runtime.store import read_json
from tests.label.conftest import answer, record, text_id


def pushed(shown, blind):
    """A ledger of so many records with the pre-label shown and hidden, and one that no lot was drawn for."""
    names = [(f"s{n:03}", True) for n in range(shown)] + [(f"b{n:03}", False) for n in range(blind)]
    tasks = {
        name: Sent(project="ab", task=n, text_id="t", shown=seen, prelabel='"yes"')
        for n, (name, seen) in enumerate(names)
    }
    return Pushed(tasks={**tasks, "any": Sent(project="ab", task=999, text_id="t")})


def said(name, value, who="ann", text="t"):
    return Annotation(name, who, value, parse_time("2026-01-01"), "f:1", text_id=text)


def answers(ledger, shown_yes, blind_yes):
    """One answer a record; so many of each group say what the pre-label says."""
    left = {True: shown_yes, False: blind_yes}
    found = []
    for name, sent in ledger.tasks.items():
        if sent.shown is not None:
            left[sent.shown] -= 1
            found.append(said(name, "yes" if left[sent.shown] >= 0 else "no"))
    return found


@pytest.mark.parametrize(
    ("shown_yes", "blind_yes", "verdict"), [(190, 30, "follow"), (160, 38, "no_sign"), (100, 40, "no_sign")]
)
def test_what_counts_is_how_much_more_often_people_agree_where_they_see_it(shown_yes, blind_yes, verdict):
    ledger = pushed(200, 50)
    found = prelabel_bias(answers(ledger, shown_yes, blind_yes), ledger, set(), Agreement())
    assert found["verdict"] == verdict
    assert (found["shown"]["records"], found["blind"]["records"]) == (200, 50)
    assert found["difference"]["value"] == pytest.approx(shown_yes / 200 - blind_yes / 50)
    assert (found["difference"]["low"] > 0) == (verdict == "follow")
    assert found["shown"]["agree"]["value"] == pytest.approx(shown_yes / 200)


def test_too_few_blind_answers_decide_nothing_and_no_lot_is_told_apart():
    ledger = pushed(200, 19)
    found = prelabel_bias(answers(ledger, 200, 0), ledger, set(), Agreement())
    assert (found["verdict"], found["needed"]) == ("not_enough", 20)
    assert "difference" not in found
    assert prelabel_bias([], ledger, set(), Agreement())["blind"] == {"records": 0, "answers": 0, "agree": None}
    assert prelabel_bias(answers(ledger, 9, 9), Pushed(), set(), Agreement()) == {"verdict": "none"}


def test_records_count_once_and_gold_questions_or_other_texts_not_at_all():
    ledger, more = pushed(3, 2), Agreement(min_hidden_prelabels=1)
    given = [said("s000", "yes"), said("s000", "no", "bob"), said("s001", "yes"), said("any", "no")]
    given += [said("s002", "no", text="older"), said("b000", "yes"), said("b001", "no")]
    found = prelabel_bias(given, ledger, {"b001"}, more)
    assert found["shown"] == {"records": 2, "answers": 3, "agree": found["shown"]["agree"]}
    assert found["shown"]["agree"]["value"] == 0.75
    assert (found["blind"]["records"], found["blind"]["agree"]["value"]) == (1, 1.0)


def test_the_stage_reads_the_ledger_beside_the_annotations(project):
    rows = [record(f"r{n}", None, f"text {n}", split="unlabelled") for n in range(6)]
    project.write(
        rows,
        label={
            "agreement": {"min_hidden_prelabels": 2},
            "prelabel": {"method": None},
            "active_learning_curve": {"rows": 0},
        },
    )
    tasks = {
        row.id: {"project": "ab", "task": n, "text_id": text_id(row), "shown": n % 2 == 0, "prelabel": '"positive"'}
        for n, row in enumerate(rows)
    }
    places = {"ab": {"url": "http://localhost:8080", "id": 1}}
    (project.annotations / ".pushed.json").write_text(json.dumps({"projects": places, "tasks": tasks}), "utf-8")
    project.annotate(
        *[answer(row.id, "positive" if n % 2 == 0 else "negative", text_id=text_id(row)) for n, row in enumerate(rows)]
    )
    run(project.clean, project.annotations, project.out)
    found = read_json(project.out / "report.json")["notes"]["prelabel_bias"]
    assert (found["shown"]["agree"]["value"], found["blind"]["agree"]["value"]) == (1.0, 0.0)
    assert found["verdict"] == "follow"
