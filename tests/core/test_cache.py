from __future__ import annotations

import argparse
import signal
import sqlite3
import subprocess
import sys

import pytest

from pipeline.commands.cache import add_arguments, read_size, run, show_size
from pipeline.core import cache
from pipeline.core.cache import cached, trim, usage
from pipeline.core.errors import PipelineError


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("SFT_CACHE", str(tmp_path / "cache"))


class Upper:
    """A costly function that counts what it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, texts: list[str]) -> list[bytes]:
        self.asked += texts
        return [text.upper().encode() for text in texts]


def test_each_text_is_computed_once_and_results_keep_their_order():
    work = Upper()
    assert cached("up", "v1", ["b", "好", "b", "a"], work) == [b"B", "好".encode(), b"B", b"A"]
    assert cached("up", "v1", ["a", "c"], work) == [b"A", b"C"]
    assert sorted(work.asked) == ["a", "b", "c", "好"]


def test_another_version_or_step_is_another_result():
    work = Upper()
    for step, version in (("up", "v1"), ("up", "v2"), ("down", "v1")):
        cached(step, version, ["a"], work)
    assert work.asked == ["a"] * 3


def test_an_interrupted_run_goes_on_where_it_stopped():
    texts = [f"{n:02}" for n in range(10)]

    def breaks(part: list[str]) -> list[bytes]:
        if part[0] == "06":
            raise KeyboardInterrupt
        return work(part)

    work = Upper()
    with pytest.raises(KeyboardInterrupt):
        cached("up", "v1", texts, breaks, batch=3)
    assert len(work.asked) == 6
    cached("up", "v1", texts, work, batch=3)
    assert sorted(work.asked) == texts


WORKER = """
import os, signal, sys, time
from pathlib import Path
from pipeline.core.cache import cached
done = []
def work(texts):
    if not done:  # nobody begins before all three have seen that nothing is known yet
        Path(sys.argv[2], sys.argv[1]).touch()
        while len(os.listdir(sys.argv[2])) < 3:
            time.sleep(0.01)
    if sys.argv[1] == "dies" and len(done) == 5:
        os.kill(os.getpid(), signal.SIGKILL)
    done.extend(texts)
    time.sleep(0.02)
    return [text.upper().encode() for text in texts]
found = cached("up", "v1", [f"text {n:03}" for n in range(60)], work, batch=5, show_progress=False)
assert found == [f"TEXT {n:03}".encode() for n in range(60)]
"""


def test_two_runs_share_a_cache_and_one_that_is_killed_takes_nothing_along(tmp_path):
    """Processes of their own: `dies` is killed in its second batch, while two others fill the same file."""
    began = tmp_path / "began"
    began.mkdir()
    names = ("dies", "first", "second")
    runs = [subprocess.Popen([sys.executable, "-c", WORKER, name, str(began)]) for name in names]
    assert [run.wait(120) for run in runs] == [-signal.SIGKILL, 0, 0]
    work, texts = Upper(), [f"text {n:03}" for n in range(60)]
    assert cached("up", "v1", texts, work) == [text.upper().encode() for text in texts]
    assert not work.asked
    cached("up", "v1", [*texts, "new"], work)
    assert work.asked == ["new"]


def test_a_file_that_another_process_begins_is_waited_for(monkeypatch):
    """Two processes that make the file at one moment: SQLite refuses one of them at once, whatever its timeout."""
    prepared, tries = cache._prepared, []

    def busy_at_first(file):
        tries.append(file)
        if len(tries) < 3:
            error = sqlite3.OperationalError("database is locked")
            error.sqlite_errorcode = sqlite3.SQLITE_BUSY
            raise error
        return prepared(file)

    monkeypatch.setattr(cache, "_prepared", busy_at_first)
    assert cached("up", "v1", ["a"], Upper()) == [b"A"]
    assert len(tries) >= 3
    monkeypatch.setattr(cache, "_PATIENCE", -1.0)
    tries.clear()
    with pytest.raises(PipelineError, match="database is locked"):
        cached("up", "v1", ["b"], Upper())


def test_longest_texts_come_first():
    work = Upper()
    cached("up", "v1", ["a", "ccc", "bb"], work)
    assert work.asked == ["ccc", "bb", "a"]


def test_usage_counts_rows_and_bytes_per_step():
    cached("up", "v1", ["aa", "bb"], Upper())
    cached("down", "v1", ["c"], Upper())
    assert usage() == [("up", 2, 2 * (16 + 2)), ("down", 1, 16 + 1)]


def test_trim_by_step_age_and_size(monkeypatch):
    cached("up", "v1", ["a"], Upper())
    today = cache._today()
    monkeypatch.setattr(cache, "_today", lambda: today + 10)
    cached("up", "v1", ["b", "c"], Upper())
    cached("down", "v1", ["d"], Upper())
    assert trim(days=5) == 1
    assert trim(step="down") == 1
    assert usage() == [("up", 2, 34)]
    assert trim(size=20) == 1
    assert usage() == [("up", 1, 17)]
    assert trim(size=20) == 0


def test_results_of_older_versions_without_a_date_count_as_oldest():
    cached("up", "v1", ["a", "b"], Upper())
    with cache._open() as connection, connection:
        connection.execute("DELETE FROM ages")
    assert trim(days=10_000) == 2


def arguments(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return parser.parse_args(words)


def test_the_command_shows_and_trims(capsys):
    cached("embed", "v1", ["a", "b"], Upper())
    run(arguments())
    assert "embed" in capsys.readouterr().out
    run(arguments("trim", "--size", "20"))
    shown = capsys.readouterr().out
    assert "removed 1 results" in shown
    assert shown.splitlines()[-1].split() == ["all", "1", "rows", "17", "B"]


def test_trim_must_be_told_what_to_remove():
    with pytest.raises(PipelineError, match="nothing says what to remove"):
        run(arguments("trim"))


@pytest.mark.parametrize(("text", "size"), [("500M", 500_000_000), ("2 GB", 2_000_000_000), ("7", 7), ("1.5k", 1500)])
def test_sizes_are_read(text, size):
    assert read_size(text) == size


@pytest.mark.parametrize("text", ["", "much", "-1M"])
def test_what_is_no_size_is_refused(text):
    with pytest.raises(PipelineError, match="is not a size"):
        read_size(text)


@pytest.mark.parametrize(("size", "shown"), [(0, "0 B"), (1500, "1.5 kB"), (2_000_000, "2.0 MB"), (3e12, "3.0 TB")])
def test_sizes_are_shown(size, shown):
    assert show_size(size) == shown
