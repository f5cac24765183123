"""Labels that changed, held against people's answers."""

from __future__ import annotations

import json
import shutil

import pytest

from pipeline.report.document import build
from pipeline.report.inputs import load_inputs
from pipeline.report.params import Params
from pipeline.runtime.columns import schema
from pipeline.runtime.shards import write_shards
from pipeline.runtime.store import read_table, to_records, to_table
from tests.report.conftest import TASK
from tests.report.pages import section, table


def test_doubts_are_held_against_peoples_answers(project, tmp_path):
    data = shutil.copytree(project, tmp_path / "data")
    people = read_table(data / "label/records.parquet").to_pylist()
    answered = {row["id"]: row["target"] for row in people if row["labels_by"]["who"].startswith("human:")}
    queue = read_table(data / "clean/review.parquet").to_pylist()
    looked_at = [row for row in queue if row["record_id"] in answered]
    wrong = sum(json.loads(row["given"]) != answered[row["record_id"]] for row in looked_at)
    found = section(build(load_inputs(data, TASK, Params())), "label_errors")
    audits = [block for block in found if block["kind"] == "table" and block["name"] == "audit"]
    shown = [(reason, n, was_wrong["value"]) for block in audits for reason, n, was_wrong, _ in block["rows"]]
    assert shown == ([("label_error", len(looked_at), pytest.approx(wrong / len(looked_at)))] if looked_at else [])


def test_changed_labels_are_listed_with_the_label_before(project, tmp_path):
    data = shutil.copytree(project, tmp_path / "data")
    records = list(to_records(read_table(data / "label/records.parquet")))
    changed = [r.derive("label_errors", target="neutral") if r.target == "positive" else r for r in records]
    write_shards(to_table(changed, schema(TASK)), data / "label/records.parquet")
    document = build(load_inputs(data, TASK, Params()))
    n = sum(r.target == "positive" for r in records)
    assert table(document, "decisions", "label_changes")["rows"] == [["label_errors", "positive", "neutral", n]]
    assert {row[2] for row in table(document, "decisions", "label_change_examples")["rows"]} == {"positive"}
