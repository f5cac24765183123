"""The verdict of a project in which nobody has labelled enough yet."""

from __future__ import annotations

import pytest

from pipeline.report.verdict.label_first import label_first
from tests.report.verdict.from_reports import inputs


def waiting(labelled, wanted, unvouched=0):
    first = {"queued": 40, "labelled": labelled, "wanted": wanted, "unvouched": unvouched}
    return inputs(label={"notes": {"awaiting_labels": first}})


@pytest.mark.parametrize(
    ("given", "keys"),
    [
        (waiting(0, 50), ["because.label_first", "because.labels_so_far"]),
        (waiting(50, 50, 9), ["because.label_first", "because.second_answers"]),
        (waiting(50, 50), ["because.label_first"]),
    ],
)
def test_it_says_how_many_to_label_and_how_far_people_are(given, keys):
    found = label_first(given)
    assert found["state"] == "label_first"
    assert [one["key"] for one in found["because"]] == keys
    assert found["because"][0]["args"] == {"queued": 40}


def test_anywhere_else_there_is_another_verdict():
    assert label_first(inputs()) is None
    assert label_first(inputs(label={"notes": {}})) is None
    assert label_first(inputs(label=waiting(0, 50).reports["label"], validate={"rows": 1})) is None
