"""Chunks of a source's rows that are kept: what comes of them is what a fresh run gives, and less is done."""

from __future__ import annotations

import pickle
from pathlib import Path

import pyarrow as pa
import pytest

from pipeline.collect import convert, kept_chunks, source_rows
from pipeline.collect.contents import Contents
from pipeline.collect.gather import gather
from pipeline.collect.params import Params
from pipeline.core.errors import PipelineError
from pipeline.core.settings import Task
from pipeline.runtime import engine

TASK = Task(type="classification", labels=("a", "b"), languages=("en", "zh"))
PARAMS = {"kind": "files", "role": "train", "licence": "CC0", "path": "rows.csv", "target": "label", "lang": "en"}


@pytest.fixture
def made(tmp_path, monkeypatch) -> list[int]:
    """Numbers of the rows that were made records; four rows a chunk, in a cache of the test."""
    monkeypatch.setattr(kept_chunks, "ROWS", 4)
    monkeypatch.setattr(source_rows, "ROWS", 4)
    monkeypatch.setenv("SFT_CACHE", str(tmp_path / "cache"))
    seen: list[int] = []
    verdict = convert.RecordMaker.verdict

    def watched(self, row, locator):
        seen.append(row.number)
        return verdict(self, row, locator)

    monkeypatch.setattr(convert.RecordMaker, "verdict", watched)
    return seen


def collected(folder, lines, **more):
    """What comes of the lines: (kept rows, dropped rows by step, notes)."""
    (folder / "rows.csv").write_text("text,label\n" + "".join(f"{line}\n" for line in lines), "utf-8")
    found = gather(Params(sources={"rows": {**PARAMS, **more}}), TASK, folder)
    dropped = {step: [row for table in tables for row in table.to_pylist()] for step, tables in found.dropped.items()}
    return pa.concat_tables(found.kept), dropped, found.notes


def fresh(folder, lines, monkeypatch, **more):
    monkeypatch.setenv("SFT_CACHE", str(folder / "another"))
    return collected(folder, lines, **more)


#: Copies in one chunk and in several, a row that is no record, a broken one, Chinese.
LINES = [
    "one,a",
    "two,b",
    "one,b",
    "三 个,a",
    "four,c",
    "five,a",
    "one,a",
    "six,b",
    "七,a",
    "two,a",
    "x,y,z",
    "eight,b",
    "end,a",
]


@pytest.mark.parametrize(
    ("lines", "again"),
    [
        (LINES, [14]),
        ([*LINES, "new,a", "one,b"], [14, 15, 16]),
        ([*LINES[:5], "five,b", *LINES[6:]], [6, 7, 8, 9, 14]),
        (["one,a", "two,b", "one,b", "one,a", *LINES[4:]], [*range(2, 10), 14]),  # one more copy of a later row
        (["one,a", "two,b", "one,b", "six,a", *LINES[4:]], [*range(2, 10), 14]),  # a copy of a row that had none
    ],
)
def test_of_a_file_that_changed_only_chunks_that_it_touches_are_made_again(tmp_path, made, monkeypatch, lines, again):
    collected(tmp_path, LINES)
    assert made == [*range(2, 15)]
    made.clear()
    found = collected(tmp_path, lines)
    assert made == again
    expected = fresh(tmp_path, lines, monkeypatch)
    assert found[0].equals(expected[0])
    assert found[1:] == expected[1:]
    assert len(set(found[0]["id"].to_pylist())) == found[0].num_rows


@pytest.fixture
def sent(tmp_path, monkeypatch) -> list[bytes]:
    """The parts that workers were given, in a project with an engine of workers; they work in this process."""
    parts: list[bytes] = []

    def on_daft(self, work, given):
        work = pickle.loads(pickle.dumps(work))
        for part in given:
            parts.append(engine.packed(part))
            yield engine._result(engine._run(work, parts[-1]))

    monkeypatch.chdir(tmp_path)
    (tmp_path / "params.yaml").write_text("engine: {kind: daft, window: 2}\n", "utf-8")
    monkeypatch.setattr(engine.Engine, "_on_daft", on_daft)
    return parts


@pytest.mark.parametrize(
    ("lines", "first", "again"), [(LINES, 6, 1), ([*LINES[:4], *LINES[6:], *LINES[:2]], 7, 2), (["one,a"] * 9, 5, 2)]
)
def test_workers_make_what_this_process_makes(tmp_path, made, sent, monkeypatch, lines, first, again):
    """A chunk in which a content comes again goes to a worker twice in a first run; later the short last one alone."""
    found = collected(tmp_path, lines)
    assert len(sent) == first
    sent.clear()
    assert collected(tmp_path, lines)[0].equals(found[0])
    assert len(sent) == again
    Path("params.yaml").unlink()
    made.clear()
    assert collected(tmp_path, lines)[0].equals(found[0])
    assert len(made) == len(lines) % 4, "both kinds of run keep chunks alike"
    expected = fresh(tmp_path, lines, monkeypatch)
    assert found[0].equals(expected[0])
    assert found[1:] == expected[1:]


def test_workers_tell_what_is_wrong_as_this_process_does(tmp_path, made, sent):
    with pytest.raises(PipelineError, match="no column 'labl'"):
        collected(tmp_path, LINES, target="labl")


def test_other_settings_make_other_rows(tmp_path, made, monkeypatch):
    collected(tmp_path, LINES)
    made.clear()
    more = {"labels": {"c": "b"}}
    found = collected(tmp_path, LINES, **more)
    assert len(made) == len(LINES)
    assert found[0].equals(fresh(tmp_path, LINES, monkeypatch, **more)[0])


@pytest.mark.parametrize("more", [{"key": "text"}, {"key": "row"}])
def test_rows_with_a_key_are_not_kept(tmp_path, made, more):
    for _ in range(2):
        collected(tmp_path, LINES, **more)
    assert len(made) == 2 * len(LINES)


def test_a_column_that_is_missing_is_named_in_every_run(tmp_path, made):
    for _ in range(2):
        with pytest.raises(PipelineError, match="no column 'labl'"):
            collected(tmp_path, LINES, target="labl")


def test_ids_tell_copies_apart_by_how_often_they_came():
    contents = Contents("source")
    contents.new_id("content", "one")
    watched = contents.watched()
    ids = [contents.new_id("content", text) for text in ("one", "two", "one", "three")]
    assert len(set(ids)) == 4
    assert sorted(watched.values()) == [(0, 1), (0, 1), (1, 2)]
    other = Contents("source")
    for content, (before, times) in watched.items():
        other.note(content, before + times)
    assert other.new_id("content", "one") == contents.new_id("content", "one")
