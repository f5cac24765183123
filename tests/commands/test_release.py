"""`sft release`: the version that later ones are compared with, and the history of releases."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.commands.release import FILES, release
from pipeline.core.errors import PipelineError
from pipeline.runtime.releases import HISTORY


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data/validate"
    folder.mkdir(parents=True)
    (folder / "profile.json").write_text(json.dumps({"splits": {"train": 3}}), "utf-8")
    (folder / "index.parquet").write_bytes(b"index")
    return tmp_path / "data"


def history(data: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (data / "released" / HISTORY).read_text("utf-8").splitlines()]


def test_what_describes_the_version_is_copied_and_remembered(data: Path) -> None:
    said = release(data, name=" 版本一 ")
    assert all((data / "released" / name).read_bytes() == (data / "validate" / name).read_bytes() for name in FILES)
    assert [line["name"] for line in history(data)] == ["版本一"]
    assert "版本一" in said[0]
    assert "git add" in said[1]


def test_a_second_release_adds_a_line(data: Path) -> None:
    release(data, name="one")
    release(data, name="two")
    assert [line["name"] for line in history(data)] == ["one", "two"]
    release(data)
    assert str(history(data)[2]["released_at"]).startswith(str(history(data)[2]["name"]))  # named by its date


def test_what_was_released_before_there_was_a_history_stands_first(data: Path) -> None:
    (data / "released").mkdir()
    (data / "released/profile.json").write_text("{}", "utf-8")
    release(data, name="new")
    assert [line["name"] for line in history(data)] == ["", "new"]


def test_a_refused_version_is_released_on_purpose_only(data: Path) -> None:
    with pytest.raises(PipelineError, match="no version was refused"):
        release(data, refused=True)
    failed = {"expectations": [{"passed": False, "severity": "error"}]}
    (data / "validate/report.json").write_text(json.dumps(failed), "utf-8")
    with pytest.raises(PipelineError, match="refused this version"):
        release(data)
    assert not (data / "released").exists()
    release(data, refused=True, name="x")
    assert [line["name"] for line in history(data)] == ["x"]


@pytest.mark.parametrize("refused", [False, True])
def test_nothing_to_release_says_what_to_do(tmp_path: Path, refused: bool) -> None:
    with pytest.raises(PipelineError, match="no version to release") as error:
        release(tmp_path / "data", refused)
    assert "dvc repro" in error.value.hint
    assert not (tmp_path / "data/released").exists()
