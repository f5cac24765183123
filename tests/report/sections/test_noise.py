"""Estimates of wrong labels, and what an audit found."""

from __future__ import annotations

import pytest

from pipeline.report.render import load_strings, render
from tests.report.pages import GUESS, section, table, with_notes

AUDIT = {"drawn": 40, "of": 400, "answered": 40, "needed": 36, "wrong": 3, "wrong_suspected": 2}
SHARE = {"value": 0.075, "low": 0.026, "high": 0.199}


@pytest.mark.parametrize(
    ("audit", "key"),
    [({}, "audit_none"), ({"drawn": 40, "of": 400, "answered": 9, "needed": 36}, "audit_open")],
)
def test_without_an_audit_the_page_says_how_to_do_or_finish_it(project, tmp_path, audit, key):
    document = with_notes(project, tmp_path, audit=audit)
    told = [block for block in section(document, "label_errors") if block["kind"] == "note"]
    assert key in [one["key"] for one in told]
    assert table(document, "label_errors", "noise")["rows"] == [
        ["negative", {"value": 0.1, "low": 0.05, "high": 0.2}, 20, 2, "neutral"]
    ]
    assert "label.audit.records" in load_strings("en")["note.audit_none"]


def test_one_estimate_of_wrong_labels_stands_on_the_page(project, tmp_path):
    document = with_notes(project, tmp_path)
    shown = {"value": "10 %", "low": "5.0 %", "high": "20 %"}
    assert {"key": "because.noise_estimate", "args": shown} in document["verdict"]["because"]
    [told] = [block for block in section(document, "label_errors") if block.get("key") == "noise_estimated"]
    assert told["args"] == {**shown, "records": 20}


def test_no_figure_stands_where_the_data_cannot_tell(project, tmp_path):
    untold = {"negative": {"records": 20, "suspected": 2, "share": None, "mostly": None}}
    document = with_notes(project, tmp_path, {"share": None, "cannot_tell": "few records", "classes": untold})
    [told] = [one for one in document["verdict"]["checks"] if one["check"] == "label_noise"]
    assert (told["state"], told["args"]) == ("unmeasured", {"why": "few records"})
    blocks = section(document, "label_errors")
    assert "noise_cannot_tell" in [block.get("key") for block in blocks]
    assert not [block for block in blocks if block.get("name") == "noise" and block["kind"] == "intervals"]
    assert table(document, "label_errors", "noise")["rows"] == [["negative", None, 20, 2, None]]


def test_audited_shares_stand_beside_the_estimated_ones(project, tmp_path):
    seen = {"of": 200, "drawn": 20, "answered": 20, "wrong": 3, "share": SHARE}
    classes = {"negative": seen, "neutral": {**seen, "answered": 0, "wrong": 0, "share": None}}
    document = with_notes(project, tmp_path, audit={**AUDIT, "share": SHARE, "by_class": classes})
    shown = table(document, "label_errors", "noise")
    assert [column["key"] for column in shown["columns"][-3:]] == ["noise_audited", "looked_at", "found_wrong"]
    assert [row[0] for row in shown["rows"]] == ["negative", "neutral"]
    assert shown["rows"][0][-3:] == [SHARE, 20, 3]
    [figures] = [block for block in section(document, "label_errors") if block.get("name") == "noise_audit"]
    assert [(one["key"], one["value"]) for one in figures["items"]][:2] == [
        ("audited_wrong", SHARE),
        ("estimated_wrong", GUESS),
    ]
    [told] = [block for block in section(document, "label_errors") if block.get("key") == "audit_done"]
    assert told["args"] == {"value": "7.5 %", "low": "2.6 %", "high": "20 %", "answered": 40, "of": 400}
    assert "<h1>" in render(document)
