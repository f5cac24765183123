"""A project folder in a temporary directory, and a way to run the stage in it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pipeline.collect.run import run
from pipeline.runtime.store import read_json, read_table
from tests.collect.crowd import RECORDS

CLASSIFICATION = {"type": "classification", "labels": ["negative", "positive"], "languages": ["en", "zh"]}
CHAT = {"type": "chat", "languages": ["en", "zh"]}


_STEPS = ("read", "select", "parse", "sample", "votes")


def _as_read(row: dict[str, Any]) -> tuple[str, str, int]:
    return row["source"]["name"], row["source"]["locator"], row["source"]["row"]


@dataclass
class Collected:
    out: Path

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Kept rows as the sources have them; on disk they are sorted by id."""
        return sorted(read_table(self.out / "records.parquet").to_pylist(), key=_as_read)

    @property
    def dropped(self) -> list[dict[str, Any]]:
        return sorted(
            read_table(self.out / "dropped.parquet").to_pylist(),
            key=lambda row: (_STEPS.index(row["step"]), *_as_read(row)),
        )

    @property
    def report(self) -> dict[str, Any]:
        return read_json(self.out / "report.json")

    @property
    def texts(self) -> list[str]:
        return [row["fields"]["text"] for row in self.rows]

    def ids(self) -> dict[str, str]:
        return {row["fields"]["text"]: row["id"] for row in self.rows}

    def reasons(self) -> list[tuple[str, str, int]]:
        return [(row["step"], row["reason"], row["source"]["row"]) for row in self.dropped]


class Project:
    """Files under data/raw and one source called `s` unless more are given."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.raw = folder / "data" / "raw"
        self.raw.mkdir(parents=True)
        self.runs = 0

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.raw / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def collect(self, task: dict[str, Any] | None = None, sources: dict[str, Any] | None = None, **source: Any) -> Any:
        """Run the stage; keys left out of the source `s` get plain values."""
        plain = {"kind": "files", "role": "train", "licence": "CC0-1.0", "lang": "en"}
        if "lang_column" in source:
            del plain["lang"]
        params = {"task": task or CLASSIFICATION, "collect": {"sources": sources or {"s": plain | source}}}
        (self.folder / "params.yaml").write_text(json.dumps(params, ensure_ascii=False), "utf-8")
        self.runs += 1
        out = self.folder / f"out{self.runs}"
        run(Path("data/raw"), out)
        collected = Collected(out)
        report = collected.report
        assert report["in"] + report["added"] == report["kept"] + report["dropped"]
        assert report["kept"] == len(collected.rows)
        assert report["dropped"] == len(collected.dropped)
        assert len(collected.rows) == len({row["id"] for row in collected.rows})
        assert all(row["id"] for row in collected.dropped)
        return collected


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setenv("SFT_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    return Project(tmp_path)


VOTES = {"kind": "crowd", "of": "texts", "licence": "MIT", "path": "v.csv"}


@pytest.fixture
def voted(project):
    project.write("a.csv", "id,text,y\nk1,good,\nk2,不好,negative\nk3,x,wrong\n")

    def collect(votes, **settings):
        project.write("v.csv", "worker,item,label\n" + "".join(f"{line}\n" for line in votes))
        return project.collect(sources={"votes": VOTES | settings, "texts": RECORDS})

    return collect
