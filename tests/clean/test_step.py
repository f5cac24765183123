"""A row-wise step whose input changed a little gives what a fresh run gives: rows, counts, edits, review."""

from __future__ import annotations

from functools import partial

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray

from pipeline.clean import step
from pipeline.clean.step import Context, Ledger, ReviewItem, rows_of
from pipeline.clean.steps.language import Language, check_language
from pipeline.clean.steps.pii import Pii, handle_pii
from pipeline.clean.steps.repair_text import RepairText, repair_text
from pipeline.runtime import part_cache, stage
from pipeline.runtime.engine import Engine
from pipeline.runtime.part_changes import changed_rows
from pipeline.runtime.stage import Drop, Outcome, drop_rows
from tests.clean.records import TASK, make, table

WORKED_ON: list[int] = []


def rows(count: int, changed: int | None = None, without: int | None = None) -> pa.Table:
    texts = (
        "a quite ordinary sentence in English, number {n}",
        "写信给 someone{n}@example.com 谢谢你们的好产品",
        "Ceci est une phrase en français qui parle du temps qu'il fait aujourd'hui, {n}",
        "don&#39;t   worry about number {n} at all, please",
    )
    records = [
        make(
            "another text&amp;more, sent by a@b.org" if n == changed else texts[n % 4].replace("{n}", str(n)),
            key=str(n),
        )
        for n in range(count)
        if n != without
    ]
    return table(sorted(records, key=lambda record: record.id))


def doubtful(part: pa.Table, ledger: Ledger) -> Outcome:
    """Counts and lists every row, drops some."""
    WORKED_ON.append(part.num_rows)
    drops = {}
    for row in rows_of(part, TASK):
        ledger.counts["seen"][row.text[:5]] += 1
        ledger.review_items.append(ReviewItem(row.record.id, "odd", detail=row.text))
        if "another" in row.text or "写信" in row.text:
            drops[row.number] = Drop("gone", row.text)
    return drop_rows(part, "doubtful", drops)


@pytest.fixture(autouse=True)
def caches(tmp_path, monkeypatch):
    """A cache that is used for small tables too; a function that turns to a fresh one."""
    monkeypatch.setattr(part_cache, "FEWEST_ROWS", 50)
    monkeypatch.setenv("SFT_CACHE", str(tmp_path / "first"))
    return lambda: monkeypatch.setenv("SFT_CACHE", str(tmp_path / "fresh"))


STEPS = {
    "repair_text": partial(repair_text, settings=RepairText()),
    "language": partial(check_language, settings=Language()),
    "pii": partial(handle_pii, settings=Pii()),
    "doubts": lambda table, context: context.by_part(table, doubtful),
}


@pytest.mark.parametrize("name", STEPS)
@pytest.mark.parametrize("change", [{"count": 303}, {"count": 300, "changed": 9}, {"count": 300, "without": 9}])
def test_a_step_whose_input_changed_a_little_gives_what_a_fresh_run_gives(caches, name, change):
    STEPS[name](rows(300), context=Context(TASK, engine=Engine(rows=200)))
    WORKED_ON.clear()
    known = Context(TASK, engine=Engine(rows=200))
    found = STEPS[name](rows(**change), context=known)
    assert sum(WORKED_ON) <= 6
    caches()
    fresh = Context(TASK, engine=Engine(rows=200))
    expected = STEPS[name](rows(**change), context=fresh)
    assert found.kept.equals(expected.kept)
    assert found.dropped.equals(expected.dropped)
    assert (found.notes, found.changed) == (expected.notes, expected.changed)
    assert [*map(list, found.notes.values())] == [*map(list, expected.notes.values())]  # in one order
    assert known.review_items == fresh.review_items


def test_a_step_that_adds_rows_is_worked_on_whole():
    added = (stage.keep_all(rows(3), added=1), Ledger())
    change = changed_rows(rows(40), ids(40), rows(41), ids(41))
    assert change is not None
    assert step._updated(added, None, added, change) is None


def ids(count: int) -> NDArray[np.str_]:
    return rows(count)["id"].to_numpy().astype(str)
