"""A lead's decisions take effect: dropped, brought back, relabelled, through clean and label."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.clean.review_decisions import FINAL
from pipeline.clean.run import run as clean
from pipeline.label.run import run as label
from pipeline.report.sections import cleaning
from pipeline.runtime.shards import write_shards
from pipeline.runtime.store import read_json, read_table, to_records
from tests.clean.records import make, table

PARAMS = """
task: {type: classification, labels: [bad, good, so-so], languages: [en, zh]}
models: {encoder: {name: tfidf}}
clean:
  steps: [repair_text, missing, annotations, conflicting_labels, exact_duplicates, near_duplicates, splits]
  splits: {test: {share: 0}, dev: {share: 0}}
label: {prelabel: {method: null}}
"""

GOOD = [make(f"lovely item number {n * n * 7919}, 很好 {n}", "good", str(n)) for n in range(20)]
TWIN = [make("one and the same text, 一样的文本", "good", "a"), make("one and the same text, 一样的文本", "good", "b")]
CLASH = [make("judged both ways, 说法不一", "good", "c"), make("judged both ways, 说法不一", "bad", "d")]
BLANK = make("  ", "bad", "e")
RECORDS = [*GOOD, *TWIN, *CLASH, BLANK]


def line(record, decision, reviewer="ann", value=None, minute=0):
    moment = f"2026-01-31T12:{minute:02}:00.000Z"
    more = {"list": "label_errors", "text_id": None, "value": value}
    return {"record_id": record.id, "decision": decision, "reviewer": reviewer, "created_at": moment, **more}


@pytest.fixture
def project(tmp_path, monkeypatch):
    (tmp_path / "params.yaml").write_text(PARAMS, "utf-8")
    monkeypatch.chdir(tmp_path)
    write_shards(table(RECORDS), tmp_path / "collect" / "records.parquet")
    (tmp_path / "annotations" / "decisions").mkdir(parents=True)
    return tmp_path


def build(project: Path, *lines):
    """Both stages with these decisions: final records by id, dropped reasons by id, both reports."""
    text = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in lines)
    (project / "annotations/decisions/decisions-ann.jsonl").write_text(text, "utf-8")
    for name in ("clean", "label"):
        (project / name).mkdir(exist_ok=True)
    clean(project / "collect", project / "annotations/decisions", project / "clean")
    label(project / "clean", project / "annotations", project / "label")
    kept = {record.id: record for record in to_records(read_table(project / "label/records.parquet"))}
    gone = {
        row["id"]: row["reason"]
        for stage in ("clean", "label")
        for row in read_table(project / stage / "dropped.parquet").to_pylist()
    }
    assert sorted([*kept, *gone]) == sorted(record.id for record in RECORDS)
    return kept, gone, read_json(project / "clean/report.json"), read_json(project / "label/report.json")


def test_without_decisions_nothing_changes(project):
    kept, gone, report, _ = build(project)
    assert "decisions" not in [step["step"] for step in report["steps"]]
    assert {gone[record.id] for record in CLASH} == {"conflicting_label"}
    assert sum(record.id in kept for record in TWIN) == 1


def test_a_dropped_record_goes_with_the_reviewers_name(project):
    kept, gone, report, _ = build(project, line(GOOD[0], "drop"))
    assert gone[GOOD[0].id] == "dropped_by_reviewer"
    [row] = [r for r in read_table(project / "clean/dropped.parquet").to_pylist() if r["id"] == GOOD[0].id]
    assert row["detail"] == "ann, 2026-01-31, decisions-ann.jsonl:1"
    assert report["steps"][0]["reasons"] == {"dropped_by_reviewer": 1}
    assert GOOD[1].id in kept


def test_a_kept_copy_comes_back_in_the_group_of_its_twin(project):
    _, gone, _, _ = build(project)
    [copy] = [record for record in TWIN if record.id in gone]
    kept, gone, _, _ = build(project, line(copy, "keep"))
    assert all(record.id in kept for record in TWIN)
    assert len({kept[record.id].split for record in TWIN}) == 1


def test_a_contradiction_is_settled_by_keeping_one_and_naming_its_label(project):
    kept, gone, _, _ = build(project, line(CLASH[0], "change", value="so-so"))
    record = kept[CLASH[0].id]
    assert (record.target, record.labels_by.who) == ("so-so", "human:ann")
    assert record.history[-1].before == '"good"'
    assert gone[CLASH[1].id] == "conflicting_label"


def test_a_label_is_accepted_changed_or_kept(project):
    lines = [line(GOOD[0], "accept", value="bad"), line(GOOD[1], "keep", value="good"), line(GOOD[2], "keep")]
    kept, _, _, report = build(project, *lines)
    assert (kept[GOOD[0].id].target, kept[GOOD[0].id].labels_by.who) == ("bad", "human:ann")
    assert (kept[GOOD[1].id].target, kept[GOOD[1].id].labels_by.who) == ("good", "human:ann")
    assert not kept[GOOD[2].id].labels_by.who.startswith("human:")
    assert report["notes"]["annotations"]["used"] == 2


def test_an_undeclared_label_is_set_aside_and_told(project):
    kept, _, _, report = build(project, line(GOOD[0], "change", value="excellent"))
    assert kept[GOOD[0].id].target == "good"
    assert sum(report["notes"]["annotations"]["set_aside"].values()) == 1


def test_what_no_person_can_overrule_stays_dropped_and_is_told(project):
    _, gone, report, _ = build(project, line(BLANK, "keep"))
    assert gone[BLANK.id] == "empty_text"
    [step] = [one for one in report["steps"] if one["step"] == "missing"]
    assert step["notes"]["not_kept_for_reviewers"] == 1


def test_reviewers_who_disagree_change_nothing_and_are_shown(project):
    lines = [line(GOOD[0], "drop"), line(GOOD[0], "keep", "bob", "good", 3)]
    kept, _, report, _ = build(project, *lines)
    assert GOOD[0].id in kept
    [dispute] = report["steps"][0]["notes"]["disputed"]
    assert dispute["record_id"] == GOOD[0].id
    assert "ann: drop" in dispute["said"]
    assert "bob: keep" in dispute["said"]


def test_a_decision_on_an_unknown_record_is_counted(project):
    _, _, report, _ = build(project, {**line(GOOD[0], "drop"), "record_id": "nobody"})
    assert report["steps"][0]["notes"]["unknown_records"] == 1


def test_the_report_offers_to_bring_back_what_may_come_back():
    assert set(cleaning.FINAL) == {*FINAL, "decisions"}


def test_a_row_dropped_for_personal_data_comes_back_masked(project):
    steps = "pii: {email: mask, phone: drop}\n  steps: [missing, pii, splits]\n  splits"
    text = PARAMS.replace(PARAMS[PARAMS.index("steps:") : PARAMS.index("splits: {")], "")
    (project / "params.yaml").write_text(text.replace("splits", steps, 1), "utf-8")
    said = make("Call +1 415 555 2671 or write to ann@example.org, 谢谢", "good", "p")
    write_shards(table([*GOOD, said]), project / "collect" / "records.parquet")
    decisions = project / "annotations/decisions"
    for lines, kept in (([], False), ([line(said, "keep")], True)):
        (decisions / "a.jsonl").write_text("".join(json.dumps(one) + "\n" for one in lines), "utf-8")
        (project / "clean").mkdir(exist_ok=True)
        clean(project / "collect", decisions, project / "clean")
        tables = {name: read_table(project / f"clean/{name}.parquet").to_pylist() for name in ("records", "dropped")}
        [row] = [row for row in tables["records" if kept else "dropped"] if row["id"] == said.id]
        assert row["fields"]["text"] == "Call [PHONE_1] or write to [EMAIL_1], 谢谢"
