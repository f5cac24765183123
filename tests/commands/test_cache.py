"""`sft cache`: how much it holds, and how it is made smaller."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from pipeline.commands.cache import add_arguments, read_size, run, show_size
from pipeline.core.cache import cached
from pipeline.core.errors import PipelineError


@pytest.fixture
def filled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SFT_CACHE", str(tmp_path))
    for step in ("embed", "翻译"):
        cached(step, "v1", ["一", "two"], lambda texts: [text.encode() for text in texts], show_progress=False)
    return tmp_path


def sft_cache(*words: str) -> None:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    run(parser.parse_args(list(words)))


def test_it_shows_rows_and_bytes_of_each_step(filled: Path, capsys) -> None:
    sft_cache()
    said = capsys.readouterr().out
    assert said.startswith(f"{filled}\n")
    assert [line.split()[:2] for line in said.splitlines()[1:]] == [["embed", "2"], ["翻译", "2"], ["all", "4"]]


def test_one_step_can_be_forgotten(filled: Path, capsys) -> None:
    sft_cache("trim", "--step", "embed")
    assert capsys.readouterr().out.startswith("removed 2 results\n")
    asked: list[str] = []
    cached("embed", "v1", ["一"], lambda texts: [asked.append(t) or t.encode() for t in texts], show_progress=False)
    cached("翻译", "v1", ["一"], lambda texts: [asked.append(t) or t.encode() for t in texts], show_progress=False)
    assert asked == ["一"]  # the forgotten one alone is computed again


def test_the_oldest_go_until_so_much_is_left(filled: Path, capsys) -> None:
    sft_cache("trim", "--size", "1G")
    sft_cache("trim", "--size", "0")
    said = capsys.readouterr().out
    assert "removed 0 results" in said
    assert "removed 4 results" in said


def test_trim_must_say_what_to_remove(filled: Path) -> None:
    with pytest.raises(PipelineError, match="nothing says what to remove"):
        sft_cache("trim")


def test_an_empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.setenv("SFT_CACHE", str(tmp_path / "none"))
    sft_cache("show")
    assert capsys.readouterr().out.splitlines()[-1].split() == ["all", "0", "rows", "0", "B"]


@pytest.mark.parametrize(
    ("text", "size"), [("500M", 500_000_000), ("2G", 2 * 10**9), ("1.5kb", 1500), (" 7 ", 7), ("3TB", 3 * 10**12)]
)
def test_sizes_are_read_as_people_write_them(text: str, size: int) -> None:
    assert read_size(text) == size


@pytest.mark.parametrize("text", ["", "much", "-1M", "1GiB", "１０G件"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(PipelineError, match="is not a size"):
        read_size(text)


@pytest.mark.parametrize(
    ("size", "shown"), [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (2.5e9, "2.5 GB"), (7e15, "7,000.0 TB")]
)
def test_sizes_are_shown_in_the_largest_unit(size: float, shown: str) -> None:
    assert show_size(size) == shown
