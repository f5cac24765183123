"""A small change to a finished project gives, with what is kept, the bytes that a run from nothing gives."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import pipeline.augment.run
import pipeline.clean.run
import pipeline.collect.run
import pipeline.label.run
import pipeline.validate.run
from benchmarks.increment import stale, start, write
from benchmarks.memory import short_rows
from pipeline.clean.label_errors.detectors import regularisation, single_labels
from pipeline.collect import kept_chunks, source_rows
from pipeline.modeling.features import dense, linear, neighbours
from pipeline.runtime import part_cache
from pipeline.validate import expectation_results, semantic_coverage

ROWS = list(short_rows(165))
OLD = ROWS[:160]
STAGES = (
    (pipeline.collect.run, "raw collect"),
    (pipeline.clean.run, "collect annotations/decisions clean"),
    (pipeline.label.run, "clean annotations label"),
    (pipeline.augment.run, "label augment"),
    (pipeline.validate.run, "collect clean label augment released validate"),
)


def stricter(folder: Path) -> None:
    given = (folder / "params.yaml").read_text("utf-8")
    (folder / "params.yaml").write_text(
        given.replace("  steps:", "  label_errors: {review_share: 0.2}\n  steps:"), "utf-8"
    )


CHANGES: dict[str, Callable[[Path], None]] = {
    "nothing": lambda folder: None,
    "new rows": lambda folder: write(folder, [*ROWS, OLD[3]]),
    "a label": lambda folder: write(folder, [*OLD[:-1], (OLD[-1][0], "good" if OLD[-1][1] != "good" else "bad")]),
    "a threshold": stricter,
    "a row less": lambda folder: write(folder, OLD[:7] + OLD[8:]),
}


def run(folder: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.setenv("SFT_CACHE", str(cache))
    for stage, names in STAGES:
        *inputs, out = names.split()
        shutil.rmtree(folder / out, ignore_errors=True)
        stage.run(*map(Path, inputs), Path(out))


def results(folder: Path) -> dict[str, bytes]:
    stages = ("collect", "clean", "label", "augment", "validate")
    files = [file for stage in stages for file in sorted((folder / stage).rglob("*")) if file.is_file()]
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in files}


@pytest.fixture
def finished(tmp_path, monkeypatch) -> Path:
    """A finished project whose small tables are kept in parts as large ones are."""
    keeping = (
        part_cache,
        dense,
        linear,
        neighbours,
        regularisation,
        single_labels,
        semantic_coverage,
        expectation_results,
    )
    for module in keeping:
        monkeypatch.setattr(module, "FEWEST_ROWS", 20)
    for name, value in {"_PART": 40, "_DRAWN": 20, "_FEWEST_OF_CLASS": 3}.items():
        monkeypatch.setattr(linear, name, value)
    for module in (kept_chunks, source_rows):
        monkeypatch.setattr(module, "ROWS", 32)
    folder = tmp_path / "finished"
    start(folder, OLD)
    run(folder, folder / "cache", monkeypatch)
    return folder


def test_an_increment_gives_the_bytes_of_a_run_from_nothing(finished, tmp_path, monkeypatch):
    before = results(finished)
    for name, change in CHANGES.items():
        folder = tmp_path / "changed"
        shutil.copytree(finished, folder)
        change(folder)
        run(folder, folder / "cache", monkeypatch)
        found = results(folder)
        run(folder, tmp_path / f"another {name}", monkeypatch)
        assert found == results(folder), name
        assert (found == before) == (name == "nothing"), name
        shutil.rmtree(folder)


def test_stages_whose_inputs_are_as_they_were_are_left_out(finished, tmp_path, monkeypatch):
    folder = tmp_path / "changed"
    shutil.copytree(finished, folder)
    assert not any(stale(stage, folder, finished) for stage in ("collect", "clean", "label", "augment", "validate"))
    write(folder, ROWS)
    assert stale("collect", folder, finished)
    (folder / "clean" / "review.parquet").write_bytes(b"")
    assert stale("label", folder, finished)
    assert not stale("augment", folder, finished)
