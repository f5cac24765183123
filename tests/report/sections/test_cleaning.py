"""What was dropped, edited and found twice, each with its evidence."""

from __future__ import annotations

import shutil

from pipeline.report.document import build
from pipeline.report.inputs import load_inputs
from pipeline.report.params import Params
from pipeline.report.rows.lists import LISTS
from pipeline.runtime.store import read_json, write_json
from tests.report.conftest import TASK
from tests.report.pages import section, table


def test_every_dropped_reason_has_an_example_with_evidence(document):
    reasons = {row[2] for row in table(document, "drops", "drops")["rows"]}
    examples = table(document, "drops", "drop_examples")["rows"]
    assert reasons == {row[0] for row in examples} == {"unknown_label", "exact_duplicate", "meaning_changed"}
    assert all(row[2] for row in examples)


def test_edits_show_what_went_and_what_came(document):
    [row] = table(document, "changes", "change_examples")["rows"]
    assert ["same", "It is a phone.\u00a0 It makes calls."] in row[2] or row[2][0][0] == "gone"


def test_a_cluster_shows_the_kept_record_and_its_size(document):
    [row] = table(document, "duplicates", "clusters")["rows"]
    assert row[0] == 3
    assert row[1] == row[2]


def test_what_reviewers_decided_and_where_they_disagree_is_shown(project, tmp_path):
    data = shutil.copytree(project, tmp_path / "data")
    clean = read_json(data / "clean/report.json")
    said = {"record_id": "abc", "said": "ann: drop (a.jsonl:1); bob: keep (b.jsonl:1)"}
    notes = {"dropped": 2, "to_keep": 1, "unknown_records": 0, "disputed": [said]}
    steps = [{**clean["steps"][0], "step": "decisions", "notes": notes}, *clean["steps"]]
    write_json({**clean, "steps": steps}, data / "clean/report.json")
    document = build(load_inputs(data, TASK, Params()))
    assert table(document, "drops", "disputed")["rows"] == [[said["said"], "abc"]]
    figures = next(block for block in section(document, "drops") if block["kind"] == "facts")
    assert [one["value"] for one in figures["items"]] == [2, 0, 0, 0]


def test_the_count_of_edits_is_that_of_the_list_beside_the_page(project, document):
    shown = table(document, "changes", "change_examples")
    listed = sum(len(part) for part in LISTS["edits"](load_inputs(project, TASK, Params())))
    assert shown["total"] == listed > 0
