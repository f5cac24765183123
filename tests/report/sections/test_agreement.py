"""Annotators: time, gold questions, confusions."""

from __future__ import annotations

import shutil

from pipeline.report.document import build
from pipeline.report.inputs import load_inputs
from pipeline.report.params import Params
from pipeline.runtime.store import read_json, write_json
from tests.report.conftest import TASK
from tests.report.pages import table


def test_annotators_are_shown_with_time_gold_questions_and_confusions(project, tmp_path):
    data = shutil.copytree(project, tmp_path / "data")
    report = read_json(data / "label/report.json")
    person = {"annotator": "bob", "votes": 9, "gold": 4, "gold_right": 3, "seconds_median": 2.5, "accepted_share": 0.5}
    person["confusion"] = {'"positive"': {'"positive"': 6, '"neutral"': 3}}
    report["notes"]["agreement"]["human"]["annotator_list"].append(person)
    write_json(report, data / "label/report.json")
    document = build(load_inputs(data, TASK, Params()))
    shown = table(document, "decisions", "annotators")
    names = [column["key"] for column in shown["columns"]]
    bob = dict(zip(names, shown["rows"][1], strict=True))
    assert (bob["gold_right"], bob["seconds"], bob["accepted_share"]) == ("3 / 4", 2.5, 0.5)
    assert table(document, "decisions", "annotator_confusions")["rows"] == [["bob", "positive", "neutral", 3]]
