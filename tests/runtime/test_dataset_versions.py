"""Two versions of a dataset side by side."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa
import pytest

from pipeline.core.record import Decision
from pipeline.core.settings import Task
from pipeline.runtime.columns import schema
from pipeline.runtime.dataset_versions import (
    INDEX,
    compare,
    gap,
    index_of,
    shift,
    split_digest,
    why_added,
    why_relabelled,
    why_removed,
)
from pipeline.runtime.store import to_table
from tests.strategies import record

TASK = Task(type="classification", labels=("bad", "好"), languages=("en", "zh"))


def row(id: str, text: str = "x", target: str | None = "bad", split: str = "train", **more):
    return record({"text": text}, target, id=id, split=split, labels_by=Decision("human:ann"), **more)


def index(*rows) -> pa.Table:
    return index_of(to_table(rows, schema(TASK)))


OLD = (row("a", "same"), row("b", "很好"), row("c", "moved"), row("d", "gone"), row("e", "old words"))
NEW = (
    row("a", "same"),
    row("b", "很好", "好"),
    row("c", "moved", split="test"),
    row("e", "new words"),
    row("f", "new"),
)


def test_every_record_has_its_fate():
    found = compare(index(*OLD), index(*NEW))
    assert (found.added, found.removed, found.rewritten, found.kept) == (["f"], ["d"], ["e"], 4)
    assert found.relabelled == [("b", '"bad"', '"好"')]
    assert found.moved == [("c", "train", "test")]
    assert found.counts() == {"added": 1, "removed": 1, "relabelled": 1, "rewritten": 1, "moved": 1, "kept": 4}


def test_equal_versions_and_empty_ones():
    same = compare(index(*OLD), index(*OLD[::-1]))
    assert same.counts() == {"added": 0, "removed": 0, "relabelled": 0, "rewritten": 0, "moved": 0, "kept": 5}
    assert compare(index(), index()).counts()["kept"] == 0
    assert compare(index(), index(*NEW)).added == ["a", "b", "c", "e", "f"]


def test_an_index_holds_labelled_records_of_the_three_splits_by_id():
    rows = [row("z"), row("a"), row("n", target=None), row("u", split="unlabelled"), row("m", split="benchmark")]
    found = index(*rows)
    assert found.schema == INDEX
    assert found.column("id").to_pylist() == ["a", "z"]
    assert found.column("label_by").to_pylist() == ["human:ann"] * 2


def test_long_targets_are_cut_but_told_apart():
    task = Task(type="summarization")
    rows = [record({"text": "x"}, "长" * 400 + end, id=end, split="train") for end in "ab"]
    one, other = index_of(to_table(rows, schema(task))).column("target").to_pylist()
    assert len(one) < 160
    assert one != other


def test_a_split_has_one_digest_as_long_as_texts_and_targets_stay():
    whole = index(*OLD)
    assert split_digest(whole, "train") == split_digest(index(*OLD[::-1]), "train")
    assert split_digest(whole, "train") != split_digest(index(*OLD[1:]), "train")
    assert split_digest(whole, "train") != split_digest(index(row("a", "same", "好"), *OLD[1:]), "train")
    assert split_digest(whole, "train") == split_digest(index(*OLD, row("t", split="test")), "train")
    assert split_digest(whole, "test") == split_digest(index(), "test")


def test_reasons_are_counted():
    new = index(row("p", parent_id="a"), row("q"), row("r"), row("s", source=replace(row("s").source, name="web")))
    assert why_added(["p", "q", "r", "s"], new, {"q": "exact_duplicate"}) == {
        "augmented": 1,
        "no longer exact_duplicate": 1,
        "new from test": 1,
        "new from web": 1,
    }
    assert why_removed(["p", "q", "r"], new, {"q": "pii"}) == {
        "pii": 1,
        "no longer made by augmentation": 1,
        "no longer in test": 1,
    }
    assert why_relabelled([("q", "bad", "好")], new) == {"decided by human:ann": 1}
    assert why_added([], new, {}) == why_removed([], new, {}) == why_relabelled([], new) == {}


def test_nobody_may_have_decided():
    changed = index(replace(row("q"), labels_by=None))
    assert why_relabelled([("q", "bad", "好")], changed) == {"decided by nobody": 1}


@pytest.mark.parametrize(
    ("before", "after", "distance"),
    [
        ({"a": 1, "b": 1}, {"a": 1}, 0.5),
        ({"a": 2}, {"a": 9}, 0),
        ({"a": 1}, {"好": 1}, 1),
        ({}, {}, 0),
        ({}, {"a": 1}, 1),
    ],
)
def test_shift_is_the_total_variation(before, after, distance):
    assert shift(before, after) == shift(after, before) == pytest.approx(distance)


@pytest.mark.parametrize(
    ("before", "after", "distance"),
    [([1, 1], [1, 1], 0), ([1, 0, 0], [0, 0, 1], 1), ([1, 1, 0], [0, 1, 1], 0.5), ([0, 0], [0, 0], 0), ([0], [3], 1)],
)
def test_gap_is_the_largest_of_cumulated_shares(before, after, distance):
    assert gap(before, after) == pytest.approx(distance)
