"""People's answers, and those of an adjudicator, on their way to a label."""

from __future__ import annotations

import json

from pipeline.label.run import run
from pipeline.runtime.store import read_table, to_records
from tests.label.conftest import answer, record


def decided(project):
    run(project.clean, project.annotations, project.out)
    return {one.id: one for one in to_records(read_table(project.out / "records.parquet"))}


def test_an_adjudicator_decides_over_annotators_and_is_no_voter(project):
    project.write([record("r1", "好"), record("r2", "好"), record("r3", "negative")])
    given = [answer(name, value, who) for name in ("r1", "r2") for who, value in (("ann", "好"), ("بن", "negative"))]
    project.annotate(*given, answer("r1", "positive", "老板", "2026-02-01T00:00:00Z", adjudicated=True))
    kept = decided(project)
    assert kept["r1"].target == "positive"
    assert kept["r1"].labels_by.who == "human:老板"
    assert kept["r2"].labels_by.who == "source:made"  # nobody has decided that dispute
    agreement = json.loads((project.out / "report.json").read_text("utf-8"))["notes"]["agreement"]["human"]
    assert agreement["annotators"] == 2
    assert agreement["unanimous"] == 0


def test_a_lone_word_of_an_adjudicator_makes_a_test_label(project):
    rows = [record(f"r{n:03}", None, f"文本 text نص {n}", split="unlabelled") for n in range(60)]
    project.write(rows)
    project.annotate(
        *(answer(one.id, "好" if n % 2 else "negative", "老板", adjudicated=True) for n, one in enumerate(rows))
    )
    assert {one.split for one in decided(project).values()} == {"train", "dev", "test"}


def test_a_gold_question_that_only_people_labelled_keeps_its_label(project):
    project.write([record("r1", None, split="unlabelled"), record("r2", "好")])
    project.annotate(answer("r1", "negative", "ann"), answer("r1", "negative", "小王"), answer("r2", "negative"))
    (project.annotations / ".gold.json").write_text(json.dumps({"r1": '"negative"', "r2": '"好"'}), "utf-8")
    kept = decided(project)
    assert (kept["r1"].target, kept["r2"].target) == ("negative", "好")
