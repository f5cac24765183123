from __future__ import annotations

import random
from dataclasses import replace

import pyarrow.compute as pc
import pytest

from pipeline.core.record import content_id
from pipeline.runtime import records as module
from pipeline.runtime.columns import schema
from pipeline.runtime.records import Records, RecordsById
from pipeline.runtime.store import LEAN, to_records, to_table
from tests.record_strategies import TASKS
from tests.strategies import record


@pytest.fixture(params=[0, 1, 100])
def table(request, monkeypatch):
    """Records in no order, English and Chinese, decoded seven at a time, of which some parts stay decoded."""
    monkeypatch.setattr(module, "_ROWS", 7)
    monkeypatch.setattr(module, "_HELD", 6000)
    task = next(task for task in TASKS if task.type == "classification")
    made = [record({"text": f"row {n}" if n % 2 else f"第{n}行"}, task.labels[0]) for n in range(request.param)]
    made = [replace(one, id=content_id(str(n))) for n, one in enumerate(made)]
    return to_table(random.Random(0).sample(made, len(made)), schema(task))


def test_a_sequence_is_the_list_that_it_stands_for(table):
    wanted, found = list(to_records(table)), Records(table)
    assert list(found) == list(found) == wanted
    assert len(found) == len(wanted)
    assert [found[n] for n in range(len(wanted))] == wanted
    assert found[2:90:3] == wanted[2:90:3]
    if wanted:
        assert found[-1] == wanted[-1]
    with pytest.raises(IndexError):
        found[len(wanted)]


def test_lean_records_know_texts_and_targets_and_some_can_be_chosen(table):
    lean = Records(table.select(LEAN), lean=True)
    assert [(one.id, one.fields, one.target) for one in lean] == [
        (one.id, one.fields, one.target) for one in to_records(table)
    ]
    some = lean.where(pc.ends_with(table["id"], "0"))
    assert [one.id for one in some] == [one.id for one in lean if one.id.endswith("0")]


def test_a_mapping_is_in_the_order_of_ids_and_finds_each(table):
    wanted, found = {one.id: one for one in to_records(table)}, RecordsById(table)
    assert list(found) == sorted(wanted)
    assert list(found.values()) == [wanted[id] for id in sorted(wanted)]
    assert all(found[id] == one for id, one in wanted.items())
    assert len(found) == len(wanted)
    for missing in ("", "0", "zz", content_id("other")):
        assert missing not in found
        assert found.get(missing) is None
    with pytest.raises(KeyError):
        found["zz"]


def test_few_records_are_held_at_a_time(table):
    found = Records(table)
    list(found)
    assert len(found._held) < 15
    assert (len(found._held) > 2) == (len(found) > 7)
