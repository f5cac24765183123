from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.collect import source_rows
from pipeline.collect.convert import Verdict
from pipeline.collect.source_rows import SourceRows
from pipeline.core.record import content_id
from pipeline.runtime.columns import schema
from pipeline.runtime.stage import Drop
from tests.record_strategies import TASKS
from tests.strategies import record

TASK = next(task for task in TASKS if task.type == "classification")


def verdict(n: int, key: str | None = None, reason: str | None = None, repaired: str | None = None) -> Verdict:
    made = record({"text": f"row {n}" if n % 2 else f"第{n}行"}, TASK.labels[0])
    made = replace(made, id=content_id(str(n)))
    if reason is None:
        return Verdict(made, key, repaired=repaired)
    return Verdict(made, key, "parse", Drop(reason, f"detail {n}"))


@pytest.fixture(autouse=True)
def few_at_a_time(monkeypatch):
    monkeypatch.setattr(source_rows, "ROWS", 3)


def reasons_of(rows: SourceRows) -> dict[str, list[str]]:
    return {step: [one for t in tables for one in t["reason"].to_pylist()] for step, tables in rows.dropped.items()}


def test_nothing_and_rows_across_parts():
    assert SourceRows(schema(TASK), [], voted_on=False).rows == 0
    rows = SourceRows(schema(TASK), [verdict(n, reason="bad" if n % 4 == 0 else None) for n in range(10)], False)
    assert (rows.read, rows.rows) == (10, 7)
    assert reasons_of(rows) == {"parse": ["bad", "bad", "bad"]}
    assert rows.first_drop is not None
    assert rows.first_drop.record.id == content_id("0")


@pytest.mark.parametrize("voted_on", [False, True])
def test_the_first_of_two_rows_that_contradict_each_other_goes_too(voted_on):
    told = [verdict(0, "a"), verdict(1, "b", repaired="quotes"), verdict(2, "c", repaired="quotes"), verdict(3, "d")]
    told += [verdict(4, "b", reason="conflicting_key"), verdict(5, "e")]
    rows = SourceRows(schema(TASK), told, voted_on)
    assert rows.rows == 4
    assert reasons_of(rows)["parse"] == ["conflicting_key"] * 2
    assert rows.reasons == {"conflicting_key": 2}
    assert rows.repaired() == {"repaired": {"quotes": 1}}
    named = rows.by_name()
    assert bool(named) == voted_on
    if voted_on:
        assert named["a"].drop is None
        assert named["b"].drop is not None


def test_a_sample_is_that_of_the_smallest_shares_whatever_the_order():
    told = [verdict(n) for n in range(30)]
    kept = []
    for some in (told, told[::-1]):
        rows = SourceRows(schema(TASK), some, False)
        rows.sample(10, seed=1)
        assert (rows.read, rows.rows, rows.reasons["over_limit"]) == (30, 10, 20)
        kept.append({id for part in rows.kept for id in part["id"].to_pylist()})
    assert kept[0] == kept[1]
