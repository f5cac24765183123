"""Likely label errors, decisions and pre-labels."""

from __future__ import annotations

import shutil
from typing import Any

import pyarrow as pa

from pipeline.report.document import build
from pipeline.report.inputs import load_inputs
from pipeline.report.params import Params
from pipeline.report.render import render
from pipeline.runtime.store import read_json, read_table, write_json, write_table
from tests.report.conftest import TASK
from tests.report.pages import section, table


def test_doubtful_labels_come_surest_first(document):
    rows = table(document, "label_errors", "label_errors")["rows"]
    assert [row[3] for row in rows] == sorted((row[3] for row in rows), reverse=True)
    assert {row[2] for row in rows} == {"neutral"}


def test_doubtful_labels_link_to_their_tasks_or_say_how_to_send_them(project, document, tmp_path):
    assert {"kind": "note", "key": "tasks_none", "tone": "info", "args": {}} in section(document, "label_errors")
    data = shutil.copytree(project, tmp_path / "data")
    first, *others = (row[-1] for row in table(document, "label_errors", "label_errors")["rows"])
    place = {"url": "https://labels.example.org", "id": 3}
    tasks = {first: {"project": "ab", "task": 17, "text_id": "t"}, others[0]: {"project": "ab", "text_id": "t"}}
    tasks["f00"] = {"project": "ab", "task": 18, "text_id": "t"}
    write_json({"projects": {"ab": place}, "tasks": tasks}, data / "annotations/.pushed.json")
    linked = build(load_inputs(data, TASK, Params()))
    shown = table(linked, "label_errors", "label_errors")
    address = "https://labels.example.org/projects/3/data?task=17"
    assert [row[-1] for row in shown["rows"]] == [address, *[None] * 7]
    assert table(linked, "model", "worst_errors")["rows"][0][-1] == address.replace("17", "18")
    assert shown["columns"][-1] == {"key": "task", "type": "link"}
    notes = [block for block in section(linked, "label_errors") if block["kind"] == "note"]
    assert [one["args"] for one in notes if one["key"] == "tasks_linked"] == [{"n": 1, "shown": 8}]
    page = render(linked)
    assert page.count(f'href="{address}"') == 1
    assert f'data-v="{address}"' in page  # what the CSV button writes
    assert "default-src 'none'" in page


def test_notes_of_the_label_stage_are_all_shown(document):
    names = {block.get("name") for block in section(document, "decisions")}
    assert {"annotators", "deciders"} <= names
    [curve] = [block for block in section(document, "prelabels") if block["kind"] == "reliability"]
    assert curve["ece"] == 0.04


def test_the_curve_of_labels_saved_is_drawn_or_the_reason_is_told(project, document, tmp_path):
    blocks = section(document, "prelabels")
    drawn = next(block for block in blocks if block["kind"] == "curves")
    assert [one["name"] for one in drawn["series"]] == ["ours", "random"]
    assert drawn["level"] == 0.83
    figures = next(block for block in blocks if block["kind"] == "facts" and block["items"][0]["key"] == "labels_ours")
    assert [one["key"] for one in figures["items"]] == [
        "labels_ours",
        "labels_pool",
        "labels_held_out",
        "accuracy_of_all",
    ]
    data = shutil.copytree(project, tmp_path / "data")
    report = read_json(data / "label/report.json")
    report["notes"]["prelabel"] = {"applies": False, "curve": {"applies": False, "why": "no classes"}}
    write_json(report, data / "label/report.json")
    told = section(build(load_inputs(data, TASK, Params())), "prelabels")
    assert told[-1] == {"kind": "note", "key": "curve_none", "tone": "info", "args": {"why": "no classes"}}


def test_every_reason_to_review_has_rows_on_the_page_so_that_a_link_to_it_is_not_empty(project, tmp_path):
    data = shutil.copytree(project, tmp_path / "data")
    queue = read_table(data / "clean/review.parquet").to_pylist()
    sure = [{**one, "reason": "contained", "suggested": None, "confidence": 1.0} for one in queue * 40]
    write_table(pa.Table.from_pylist([*sure, *queue]), data / "clean/review.parquet")
    page: Any = build(load_inputs(data, TASK, Params(max_rows=20)))
    shown = table(page, "label_errors", "label_errors")
    reasons = [row[4] for row in shown["rows"]]
    assert (len(reasons), shown["total"]) == (20, 41 * len(queue))
    assert reasons == [*["label_error"] * len(queue), *["contained"] * (20 - len(queue))]
    linked = [fix["action"]["href"] for fix in page["fixes"] if fix["action"]["href"].startswith("#label_errors/")]
    assert linked
    assert {href.rpartition("reason=")[2] for href in linked} <= set(reasons)
