from __future__ import annotations

import logging
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.core.errors import PipelineError
from pipeline.core.record import Record, Reject, Source
from pipeline.core.settings import Task
from pipeline.runtime.columns import schema
from pipeline.runtime.stage import Drop, Outcome, StageReport, breakdown, count, drop_rows, enter, keep_all, per_record
from pipeline.runtime.store import read_json, read_table, to_records, to_table
from tests.conftest import written

TASK = Task(type="classification", labels=("a", "b"))
SOURCE = Source("s", "files", "s.csv", 1, "MIT", "train")


def table_of(*texts: str):
    return to_table([Record(f"id{n}", {"text": text}, SOURCE) for n, text in enumerate(texts)], schema(TASK))


def texts(table) -> list[str]:
    return [record.fields["text"] for record in to_records(table)]


def trim(record: Record) -> Record:
    text = record.fields["text"]
    if not text.strip():
        raise Reject("empty_text", "nothing but white space", "id0")
    return record.derive("trim", fields={"text": text.strip()}) if text != text.strip() else record


def test_per_record_edits_drops_and_keeps_the_order():
    outcome = per_record(table_of("a", " 好 ", "  ", "d "), "trim", trim)
    assert texts(outcome.kept) == ["a", "好", "d"]
    assert outcome.changed == 2
    [gone] = outcome.dropped.to_pylist()
    assert (gone["step"], gone["reason"], gone["detail"], gone["other_id"]) == (
        "trim", "empty_text", "nothing but white space", "id0",
    )  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(["a", " b", "", "好", "  "]), max_size=8))
def test_nothing_vanishes_in_any_step(words):
    table = table_of(*words)
    report = StageReport("clean", table)
    report.apply("trim", lambda t: per_record(t, "trim", trim))
    entry = report.steps[0]
    assert entry["in"] + entry["added"] == entry["kept"] + entry["dropped"] == len(words)
    once = texts(report.table)
    report.apply("again", lambda t: per_record(t, "again", trim))
    assert texts(report.table) == once
    assert report.steps[1]["changed"] == 0


def test_drop_rows_takes_rows_by_number():
    outcome = drop_rows(table_of("a", "b", "c"), "pick", {1: Drop("unwanted", "b")})
    assert texts(outcome.kept) == ["a", "c"]
    assert outcome.dropped.column("reason").to_pylist() == ["unwanted"]


def test_a_step_that_loses_records_stops_the_run():
    report = StageReport("clean", table_of("a", "b"))
    with pytest.raises(RuntimeError, match=r"clean\.leak lost records: 2 \+ 0 != 1 \+ 0"):
        report.apply("leak", lambda t: Outcome(t.slice(1), keep_all(t).dropped))


def test_added_rows_must_be_declared():
    report = StageReport("augment", table_of("a"))
    with pytest.raises(RuntimeError, match="lost records"):
        report.apply("grow", lambda t: Outcome(table_of("a", "b"), keep_all(t).dropped))
    report.apply("grow", lambda t: Outcome(table_of("a", "b"), keep_all(t).dropped, added=1))
    assert report.table.num_rows == 2


def test_a_stage_writes_tables_report_and_metrics(tmp_path, caplog):
    caplog.set_level(logging.INFO, "pipeline")
    report = StageReport("clean", table_of("a", " b", ""))
    report.apply("trim", lambda t: per_record(t, "trim", trim))
    report.notes["found"] = 1
    report.write(tmp_path, quality=0.5)
    assert texts(read_table(tmp_path / "records.parquet")) == ["a", "b"]
    assert read_table(tmp_path / "dropped.parquet").num_rows == 1
    written = read_json(tmp_path / "report.json")
    assert {key: written[key] for key in ("in", "added", "kept", "dropped")} == {
        "in": 3,
        "added": 0,
        "kept": 2,
        "dropped": 1,
    }
    assert written["steps"][0]["reasons"] == {"empty_text": 1}
    assert (written["notes"], written["kept_by"]["source"]) == ({"found": 1}, {"s": 2})
    assert read_json(tmp_path / "metrics.json")["quality"] == 0.5
    assert "-1 empty_text" in caplog.text


def test_equal_runs_write_equal_bytes(tmp_path):
    for name in ("a", "b"):
        report = StageReport("clean", table_of("x", "", " y"))
        report.apply("trim", lambda t: per_record(t, "trim", trim))
        report.write(tmp_path / name)
    for file in ("records.parquet", "dropped.parquet", "report.json", "metrics.json"):
        assert written(tmp_path / "a" / file) == written(tmp_path / "b" / file)


def test_no_record_left_says_which_step_dropped_them(tmp_path):
    report = StageReport("clean", table_of("", " "))
    report.apply("trim", lambda t: per_record(t, "trim", trim))
    with pytest.raises(PipelineError, match=r"clean: no record is left\. trim dropped 2 \(empty_text\)"):
        report.write(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_counts_are_sorted_by_frequency_then_name():
    table = table_of("a", "b", "c")
    assert count(table, "split") == {"(none)": 3}
    assert breakdown(table)["labels_by"] == {"(none)": 3}


def run_stage(monkeypatch, out, work) -> int | str | None:
    monkeypatch.setattr(sys, "argv", ["stage", str(out)])
    with pytest.raises(SystemExit) as exit_:
        enter("clean", "about", (), work)
    return exit_.value.code


def test_a_finished_stage_replaces_old_results(tmp_path, monkeypatch):
    out = tmp_path / "data" / "clean"
    (out / "folder").mkdir(parents=True)
    (out / "folder" / "old").write_text("old")

    def work(folder):
        (folder / "folder").mkdir()
        (folder / "folder" / "new").write_text("new")

    assert run_stage(monkeypatch, out, work) == 0
    assert [path.name for path in (out / "folder").iterdir()] == ["new"]


@pytest.mark.parametrize("error", [PipelineError("bad row", "mend it"), RuntimeError("bug")])
def test_a_failed_stage_leaves_nothing_half_written(tmp_path, monkeypatch, capsys, error):
    out = tmp_path / "data" / "clean"
    out.mkdir(parents=True)
    (out / "report.json").write_text("old")

    def work(folder):
        (folder / "report.json").write_text("half")
        raise error

    if isinstance(error, PipelineError):
        assert run_stage(monkeypatch, out, work) == 1
        assert capsys.readouterr().err == "error: bad row\n  mend it\n"
    else:
        monkeypatch.setattr(sys, "argv", ["stage", str(out)])
        with pytest.raises(RuntimeError, match="bug"):
            enter("clean", "about", (), work)
    assert (out / "report.json").read_text() == "old"
    assert [path.name for path in out.parent.iterdir()] == ["clean"]
