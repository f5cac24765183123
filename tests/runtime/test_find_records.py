"""Records found in the stages' tables by id, key or words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.core.errors import PipelineError
from pipeline.core.settings import Task
from pipeline.runtime.columns import schema
from pipeline.runtime.find_records import LISTED, find, rows_of
from pipeline.runtime.store import to_table, write_table
from tests.strategies import SOURCE, record

TASK = Task(type="classification", labels=("bad", "好"), languages=("en", "zh"))
ONE, OTHER, CHINESE = "0f" * 10, "0e" + "1a" * 9, "ab" * 10


@pytest.fixture
def data(tmp_path: Path) -> Path:
    rows = [
        record({"text": "The train was late"}, "bad", id=ONE, source=replace(SOURCE, key="N-17")),
        record({"text": "A good film"}, "好", id=OTHER),
    ]
    write_table(to_table(rows, schema(TASK)), tmp_path / "clean/records.parquet")
    write_table(
        to_table([record({"text": "火车又晚点了"}, "bad", id=CHINESE)], schema(TASK)),
        tmp_path / "clean/dropped.parquet",
    )
    return tmp_path


@pytest.mark.parametrize(
    ("words", "ids"),
    [
        (ONE, {ONE}),
        ("0", {ONE, OTHER}),
        ("0F0", {ONE}),  # ids are written in small letters
        ("N-17", {ONE}),
        ("LATE", {ONE}),
        ("晚点", {CHINESE}),
        ("  0e1a ", {OTHER}),
    ],
)
def test_records_are_found_by_id_by_its_beginning_by_key_and_by_words(data: Path, words: str, ids: set[str]) -> None:
    found = find(data, words)
    assert set(found) == ids
    assert list(found) == sorted(found)
    assert all(found.values())


def test_a_piece_of_the_text_tells_what_was_found(data: Path) -> None:
    assert find(data, ONE)[ONE].startswith("The train was late")
    assert "火车又晚点了" in find(data, "晚点")[CHINESE]


@pytest.mark.parametrize(("words", "said"), [("0f0f0f0f0f0f0f0f0f00", ONE), ("lost words", "no record has")])
def test_what_is_not_there_is_told_with_ids_that_look_alike(data: Path, words: str, said: str) -> None:
    with pytest.raises(PipelineError) as error:
        find(data, words)
    assert said in f"{error.value.message} {error.value.hint}"


def test_nothing_to_look_for_and_nowhere_to_look(data: Path, tmp_path_factory) -> None:
    with pytest.raises(PipelineError, match="nothing to look for"):
        find(data, "  ")
    with pytest.raises(PipelineError, match="holds no records yet"):
        find(tmp_path_factory.mktemp("empty"), "x")


def test_of_many_ids_the_first_have_their_text(tmp_path: Path) -> None:
    rows = [record({"text": f"text {n}"}, "bad", id=f"aa{n:018x}") for n in range(LISTED + 5)]
    write_table(to_table(rows, schema(TASK)), tmp_path / "collect/records.parquet")
    found = find(tmp_path, "aa")
    assert len(found) == LISTED + 5
    assert [bool(text) for text in found.values()] == [True] * LISTED + [False] * 5


def test_rows_of_a_column_that_is_not_there_are_none(data: Path) -> None:
    file = data / "clean/records.parquet"
    assert [row["id"] for row in rows_of(file, "id", OTHER)] == [OTHER]
    assert rows_of(file, "nothing", "x") == rows_of(file, "id", "zz") == []
    assert rows_of(data / "gone.parquet", "id", ONE) == []
