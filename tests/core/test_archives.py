"""Members of zip archives, unpacked once."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from pipeline.core.archives import members_of
from pipeline.core.errors import PipelineError


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("SFT_CACHE", str(tmp_path / "cache"))


def packed(folder: Path, **members: str) -> Path:
    path = folder / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return path


def names(path: Path, pattern: str = "*", most: int = 1000) -> list[str]:
    return [name for name, _ in members_of(path, pattern, most, "here")]


def test_members_by_glob_without_what_systems_put_beside(tmp_path):
    files = {"x/a.csv": "1", "文/乙.csv": "二", "c.txt": "3", "__MACOSX/x/._a.csv": "", "x/.DS_Store": ""}
    path = packed(tmp_path, **files)
    assert names(path) == ["c.txt", "x/a.csv", "文/乙.csv"]
    assert [(name, file.read_text("utf-8")) for name, file in members_of(path, "*乙*", 9, "here")] == [
        ("文/乙.csv", "二")
    ]


@pytest.mark.parametrize(("pattern", "most", "message"), [("*.json", 1000, "no member"), ("*", 1, "unpacks to more")])
def test_nothing_that_matches_and_too_much(tmp_path, pattern, most, message):
    with pytest.raises(PipelineError, match=message):
        names(packed(tmp_path, **{"a.csv": "12345"}), pattern, most)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04xxxx", b"text"])
def test_what_is_no_archive(tmp_path, content):
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(PipelineError, match="is not a zip archive"):
        names(tmp_path / "a.zip")


def test_a_member_that_points_outside_and_a_damaged_one(tmp_path):
    with pytest.raises(PipelineError, match="points outside"):
        names(packed(tmp_path, **{"../a.csv": "1"}))
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        archive.writestr("a.csv", "the text of a member")
    (tmp_path / "b.zip").write_bytes(whole.getvalue().replace(b"the text", b"xxx text", 1))
    with pytest.raises(PipelineError, match="cannot be unpacked"):
        names(tmp_path / "b.zip")
