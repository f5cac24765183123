"""How far long work is, told where it is long."""

from __future__ import annotations

import logging
import time

import pytest

from pipeline.core import progress
from pipeline.core.progress import Progress, counted, name_place, running


@pytest.fixture
def clock(monkeypatch, caplog):
    """Seconds that pass when the test says so; lines are read from `caplog`."""
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    caplog.set_level(logging.INFO, logger="pipeline")
    name_place("value")
    yield now
    name_place("pipeline")


def test_short_work_is_without_a_line_and_long_work_tells_the_time_left(clock, caplog):
    work = Progress("trainings", 8)
    for seconds in (1, 2, 3, 4):
        clock[0] += seconds
        work.add()
    assert [one.getMessage() for one in caplog.records] == [
        "value     trainings                      3 of 8 trainings  0:10 left",
    ]
    clock[0] += 90
    work.add()
    assert caplog.records[-1].getMessage().endswith("5 of 8 trainings  1:00 left")
    work.add(3)  # the end needs no line: the step has one
    assert len(caplog.records) == 2


def test_where_nobody_knows_the_total_the_pace_is_told(clock, caplog):
    name_place("collect", "tweets")
    work = Progress("rows read", 0)
    clock[0] += 10
    work.add(5000)
    assert [one.getMessage() for one in caplog.records] == [
        "collect   tweets                     5,000 rows read so far  500 a second"
    ]


def test_parts_are_counted_by_what_they_hold(clock, caplog):
    assert list(counted([[1, 2], [3]], "texts", 3)) == [[1, 2], [3]]
    assert caplog.records == []
    parts = counted(iter([["a"] * 30, ["b"] * 10]), "texts", 40)
    next(parts)
    clock[0] += progress.QUIET
    next(parts)
    assert caplog.records[-1].getMessage().endswith("30 of 40 texts  0:02 left")
    assert list(counted([], "texts", 0)) == []


def test_one_call_of_a_library_says_that_it_still_runs(monkeypatch, caplog):
    monkeypatch.setattr(progress, "QUIET", 0.02)
    monkeypatch.setattr(progress, "BETWEEN", 0.02)
    caplog.set_level(logging.INFO, logger="pipeline")
    with running("fit of a linear model", "1,200 rows"):
        time.sleep(0.2)
    told = [one.getMessage() for one in caplog.records]
    assert len(told) >= 2
    assert all("fit of a linear model on 1,200 rows, for 0 s so far" in one for one in told)
    caplog.clear()
    with pytest.raises(ValueError, match="no fit"), running("fit", "0 rows"):
        raise ValueError("no fit")
    assert caplog.records == []


def wait_for(what):
    """Until it is true, ten seconds at most."""
    until = time.monotonic() + 10
    while not what() and time.monotonic() < until:
        time.sleep(0.01)


def test_silence_begins_with_the_last_line_of_work(clock):
    silence = progress._Silence()
    clock[0] += progress.QUIET - 0.1
    assert silence.seconds() is None
    clock[0] += 0.1
    assert silence.seconds() == pytest.approx(progress.QUIET)
    assert silence.filter(logging.makeLogRecord(progress._HEARTBEAT))
    clock[0] += progress.BETWEEN - 0.1
    assert silence.seconds() is None, "its own line is not repeated at once"
    clock[0] += 0.1
    assert silence.seconds() == pytest.approx(progress.QUIET + progress.BETWEEN)
    assert silence.filter(logging.makeLogRecord({}))
    assert silence.seconds() is None
    assert silence.filter(logging.makeLogRecord(progress._MORE_COMES))
    clock[0] += progress.BETWEEN
    assert silence.seconds() is None, "the next line of the same work is due"
    clock[0] += progress.QUIET
    assert silence.seconds() == pytest.approx(progress.QUIET + progress.BETWEEN)


def test_a_silent_stage_says_that_it_is_at_work(monkeypatch, caplog):
    caplog.set_level(logging.INFO, logger="pipeline")
    monkeypatch.setattr(progress, "_TICK", 0.01)
    monkeypatch.setattr(progress, "QUIET", 0.05)
    name_place("clean", "label_errors")
    with progress.heartbeat():
        wait_for(lambda: caplog.records)
    name_place("pipeline")
    assert caplog.records[0].getMessage() == "clean     label_errors           at work, for 0 s so far"
    assert progress.log.filters == []


def test_work_that_tells_by_itself_is_left_to_it(monkeypatch, caplog):
    caplog.set_level(logging.INFO, logger="pipeline")
    for name in ("_TICK", "QUIET", "BETWEEN"):
        monkeypatch.setattr(progress, name, 0.01)
    with running("fit", "3 rows"), progress.heartbeat():
        wait_for(lambda: len(caplog.records) > 2)
    assert {one.getMessage().split(",")[0] for one in caplog.records} == {
        "pipeline  fit                    fit on 3 rows"
    }
