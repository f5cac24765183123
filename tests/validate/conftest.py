"""A small project: records in English and Chinese, stage reports that add up, a params.yaml."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.core.record import Decision, Record, Source
from pipeline.core.settings import Task
from pipeline.modeling.models import Models
from pipeline.runtime.columns import schema
from pipeline.runtime.shards import write_shards
from pipeline.runtime.store import to_table, write_json
from pipeline.validate.dataset_view import View, view_of
from pipeline.validate.finding import Finding
from pipeline.validate.gx import run_suite
from pipeline.validate.run import STAGES, run
from pipeline.validate.suite import make_checks, read_suite
from tests import chats

SENTIMENT = Task(type="classification", labels=("negative", "positive"), languages=("en", "zh"))
CHAT = Task(type="chat", languages=("en", "zh"))
SOURCE = Source("reviews", "files", "data/raw/reviews.csv", 2, "MIT", "train")
TRUSTED = replace(SOURCE, name="gold", licence="CC BY 4.0", role="test", trusted=True)
BY_SOURCE = Decision("source:reviews", 0.9)


def review(name: str, text: str, target: Any = "positive", split: str | None = "train", **more: Any) -> Record:
    """A classification record; test records come from a trusted source."""
    source = TRUSTED if split == "test" else SOURCE
    values = {"lang": "zh" if any("\u4e00" <= c <= "\u9fff" for c in text) else "en", "source": source} | more
    values = {"labels_by": BY_SOURCE, "group": f"g-{name}"} | values
    return Record(name, {"text": text}, target=target, split=split, **values)  # type: ignore[arg-type]


def chat(name: str, turns: Sequence[tuple[str, str]], reply: str | None, split: str = "train", **more: Any) -> Record:
    """A chat record from (role, content) pairs."""
    values = {"lang": "en", "source": SOURCE, "group": f"g-{name}", "labels_by": BY_SOURCE} | more
    return Record(name, chats.fields(turns), target=chats.reply(reply), split=split, **values)  # type: ignore[arg-type]


def sound_reviews() -> list[Record]:
    """Eight records that keep every expectation."""
    return [
        review("en1", "A lovely film, from start to end."),
        review("en2", "I want my money back.", "negative"),
        review("zh1", "这部电影非常好看。"),
        review("zh2", "质量太差，不推荐。", "negative"),
        review("en3", "Better than the book.", split="dev"),
        review("zh3", "服务态度很差。", "negative", split="dev"),
        review("en4", "Would watch it again.", split="test"),
        review("zh4", "一点也不好吃。", "negative", split="test"),
    ]


def sound_chats() -> list[Record]:
    """Four chats that keep every expectation."""
    return [
        chat("c1", [("user", "Hello"), ("assistant", "Hi!"), ("user", "How are you?")], "Fine, thank you."),
        chat("c2", [("user", "你好，你叫什么名字？")], "我叫小明。", lang="zh"),
        chat("c3", [("system", "Be brief."), ("user", "What is rain?")], "Water from clouds.", "dev"),
        chat("c4", [("user", "今天星期几？")], "星期三。", "test", lang="zh", source=TRUSTED),
    ]


def reports_for(rows: int) -> dict[str, dict[str, Any]]:
    """Reports of the four stages whose books add up to `rows` records."""
    totals = {
        "collect": (rows + 3, 0, rows + 2, 1),
        "clean": (rows + 2, 0, rows, 2),
        "label": (rows, 0, rows, 0),
        "augment": (rows, 0, rows, 0),
    }
    reports = {}
    for stage, numbers in totals.items():
        books = dict(zip(("in", "added", "kept", "dropped"), numbers, strict=True))
        step = {"step": "only", **books, "reasons": {"empty_text": numbers[3]} if numbers[3] else {}, "notes": {}}
        reports[stage] = {"stage": stage, **books, "steps": [step], "kept_by": {}, "notes": {}}
    return reports


def view(records: Sequence[Record], task: Task = SENTIMENT, **more: Any) -> View:
    """A view of the records with sound reports."""
    reports: Any = reports_for(len(records))
    return view_of(to_table(records, schema(task)), task, more.pop("models", Models()), reports)


def check(records: Sequence[Record], task: Task = SENTIMENT, **entry: Any) -> Finding:
    """The finding of one expectation, run by Great Expectations."""
    looked_at = view(records, task, **({"models": entry.pop("models")} if "models" in entry else {}))
    rules = read_suite([entry])
    return run_suite(rules, make_checks(rules, looked_at), looked_at)[0][0]


def assert_names(added: Sequence[Record], entry: dict[str, Any], named: dict[str, str]) -> None:
    """The expectation fails on sound reviews with those added, and names just those of `named`, with that reason."""
    finding = check([*sound_reviews(), *added], **entry)
    assert not finding.passed
    assert {item["id"] for item in finding.first} == set(named)
    assert finding.unexpected == len(finding.first)
    for item in finding.first:
        assert named[item["id"]] in item["why"]


class Project:
    """A project folder with the outputs of the stages before; `validate()` runs the stage in it."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(
        self,
        records: Sequence[Record],
        suite: Sequence[dict[str, Any]] | None = None,
        task: Task = SENTIMENT,
        reports: dict[str, dict[str, Any]] | None = None,
        **settings: Any,
    ) -> Project:
        """Write params.yaml (JSON is YAML) and the stage folders."""
        section = {**settings, **({} if suite is None else {"suite": list(suite)})}
        params = {"task": task.model_dump(mode="json"), "models": {}, "validate": section}
        (self.root / "params.yaml").write_text(json.dumps(params, ensure_ascii=False), "utf-8")
        for stage, report in (reports or reports_for(len(records))).items():
            write_json(report, self.root / "data" / stage / "report.json")
        write_shards(to_table(records, schema(task)), self.root / "data/augment/records.parquet")
        return self

    def validate(self, out: str = "data/validate") -> Path:
        """Run the stage; returns its output folder."""
        collect, clean, label, augment = (Path("data") / stage for stage in STAGES)
        run(collect, clean, label, augment, Path("data/released"), Path(out))
        return Path(out)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """An empty project; the working folder is its root."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SFT_CACHE", str(tmp_path / ".cache"))
    return Project(tmp_path)


Checker = Callable[..., Finding]


@pytest.fixture
def dataset(project):
    """The exported folder of the sound reviews with one augmented child."""
    child = review("kid", "A lovely movie, from start to end.", parent_id="en1", labels_by=Decision("source:reviews"))
    settings = {"name": "Film reviews", "about": "Short reviews, two classes."}
    return project.write([*sound_reviews(), child], [{"expect": "conserved_counts"}], **settings).validate() / "dataset"
