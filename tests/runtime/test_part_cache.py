from __future__ import annotations

import os
import subprocess
import sys
from functools import partial

import pyarrow as pa
import pytest

from pipeline.core.cache import usage
from pipeline.core.record import content_id
from pipeline.core.settings import Task
from pipeline.runtime import part_cache
from pipeline.runtime.engine import Engine
from pipeline.runtime.part_cache import STEP, kept, map_parts, tidy
from pipeline.runtime.part_changes import Change
from tests.conftest import ROOT

ENGINE = Engine(rows=50)
SEEN: list[int] = []


def table(count: int = 500, changed: int | None = None, without: int | None = None) -> pa.Table:
    rows = sorted((content_id(str(n)), f"第{n}行" if n != changed else "changed") for n in range(count) if n != without)
    return pa.table({"id": [id for id, _ in rows], "text": [text for _, text in rows]})


def shout(part: pa.Table, mark: str) -> pa.Table:
    SEEN.append(part.num_rows)
    return pa.table({"text": [text + mark for text in part["text"].to_pylist()]})


def run(rows: pa.Table, mark: str = "!") -> int:
    """The rows that had to be worked on; the result is checked."""
    SEEN.clear()
    found = pa.concat_tables(map_parts(ENGINE, partial(shout, mark=mark), rows, rows["id"]))
    assert found["text"].to_pylist() == [text + mark for text in rows["text"].to_pylist()]
    return sum(SEEN)


@pytest.fixture(autouse=True)
def fresh_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("SFT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(part_cache, "FEWEST_ROWS", 100)


def test_what_was_done_is_not_done_again():
    assert run(table()) == 500
    assert run(table()) == 0
    assert run(table(), "?") == 500  # other arguments
    assert run(table()) == 0


@pytest.mark.parametrize("more", [{"changed": 7}, {"without": 7}, {"count": 501}])
def test_a_row_that_changes_comes_or_goes_touches_its_own_part(more):
    run(table())
    assert 0 < run(table(**more)) < 120


def test_broken_entries_are_computed_again(monkeypatch):
    run(table())
    monkeypatch.setattr(part_cache, "known", lambda step, version, names: dict.fromkeys(names, b"no such thing" * 9))
    assert run(table()) == 500


def test_other_code_and_other_packages_have_results_of_their_own(monkeypatch):
    run(table())
    monkeypatch.setattr(part_cache, "program_digest", lambda: b"another version")
    assert run(table()) == 500


def test_settings_have_one_name_in_every_process():
    command = "from tests.runtime.test_part_cache import name_of_settings; print(name_of_settings())"
    names = {
        subprocess.run(
            [sys.executable, "-c", command],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert names == {f"{name_of_settings()}\n"}
    assert name_of_settings() != part_cache._version(partial(named, settings=Engine(rows=51)))


def named(part: pa.Table, settings: object) -> pa.Table:
    return part


def name_of_settings() -> str | None:
    task = Task(type="ner", labels=("person", "place"), languages=("en", "zh"))
    return part_cache._version(partial(named, settings=(Engine(rows=50, window=3), task)))


def test_small_tables_rows_in_any_order_and_functions_that_do_not_pickle_are_worked_on_all_the_same():
    assert run(table(99)) == run(table(99)) == 99
    backwards = table().take(list(range(499, -1, -1)))
    assert run(backwards) == 500
    ids = table()["id"]
    found = pa.concat_tables(map_parts(ENGINE, lambda part: part.select(["text"]), table(), ids))
    assert found.num_rows == 500


def test_one_result_is_kept_by_its_inputs():
    calls = []

    def square(given: dict[str, int]) -> int:
        calls.append(given)
        return given["a"] ** 2

    for given in ({"a": 1}, {"a": 1}, {"a": 2}):
        assert kept("square", given, partial(square, given)) == given["a"] ** 2
    assert calls == [{"a": 1}, {"a": 2}]


def test_old_results_are_removed(monkeypatch):
    run(table())
    tidy()
    assert any(step == STEP for step, *_ in usage())
    monkeypatch.setattr("pipeline.core.cache._today", lambda: 10**6)
    tidy()
    assert not any(step == STEP for step, *_ in usage())


def count_rows(part: pa.Table, mark: str) -> pa.Table:
    SEEN.append(part.num_rows)
    return pa.table(
        {
            "text": [text + mark for text in part["text"].to_pylist()],
            "size": [[len(t)] for t in part["text"].to_pylist()],
        }
    )


def together(before: pa.Table, _: pa.Table | None, came: pa.Table, change: Change) -> pa.Table:
    return change.rows(before, came)


def run_changes(rows: pa.Table) -> int:
    """The rows that had to be worked on where results of changed rows are put into those of earlier ones."""
    SEEN.clear()
    engine = Engine(rows=500)
    found = pa.concat_tables(map_parts(engine, partial(count_rows, mark="!"), rows, rows["id"], together))
    assert found["text"].to_pylist() == [text + "!" for text in rows["text"].to_pylist()]
    assert found["size"].to_pylist() == [[len(text)] for text in rows["text"].to_pylist()]
    return sum(SEEN)


def test_of_a_part_that_changed_little_the_rows_that_changed_alone_are_worked_on():
    assert run_changes(table(990)) == 990
    assert run_changes(table(990)) == 0
    assert run_changes(table(1000)) == 10
    assert run_changes(table(1000, changed=3)) == 2  # as it is, and what it was
    assert run_changes(table(1000, without=8)) == 3  # the one that went, and the one that changed back
    assert run_changes(table(300)) == 300  # too much changed
    assert run_changes(table(990)) == 0


def test_an_earlier_part_that_is_broken_or_cannot_be_joined_is_worked_on_whole(monkeypatch):
    rows = table(1000)
    assert run_changes(rows) == 1000
    refused = list(
        map_parts(Engine(rows=500), partial(count_rows, mark="!"), table(1001), table(1001)["id"], lambda *_: None)
    )
    assert sum(part.num_rows for part in refused) == 1001
    SEEN.clear()
    twice = pa.concat_tables([rows.slice(0, 1), rows])
    found = pa.concat_tables(map_parts(Engine(rows=500), partial(count_rows, mark="!"), twice, twice["id"], together))
    assert found["text"].to_pylist() == [text + "!" for text in twice["text"].to_pylist()]
