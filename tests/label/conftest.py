"""Small records, parameter files and stage folders for the tests of `label`."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pytest

from pipeline.core.record import Decision, Record, Source, Vote, content_id
from pipeline.core.settings import Task
from pipeline.runtime.columns import schema
from pipeline.runtime.shards import write_shards
from pipeline.runtime.store import to_table, write_table
from tests import chats

TASK = Task(type="classification", labels=("好", "negative", "positive"), languages=("en", "zh"))
CHAT = Task(type="chat", languages=("en", "zh"))

REVIEW = pa.schema(
    {name: pa.string() for name in ("record_id", "reason", "given", "suggested")}
    | {"confidence": pa.float64(), "group": pa.string(), "detail": pa.string()}
)


def record(name, target=None, text=None, split="train", votes=(), group=None, role="train", **more):
    """A classification record; `votes` are (annotator, value) pairs."""
    source = Source("made", "file", "made.csv", 1, "CC0", role)
    return Record(
        id=name,
        fields={"text": f"text of {name}" if text is None else text},
        source=source,
        target=target,
        lang="en",
        split=split,
        group=group,
        votes=tuple(Vote(who, value) for who, value in votes),
        labels_by=None if target is None else Decision("source:made", 0.7),
        **more,
    )


def chat(name, target=None, split="train", votes=()):
    """A chat record in Chinese."""
    return Record(
        id=name,
        fields=chats.fields([("user", f"{name}：你好吗？")]),
        source=Source("made", "file", "made.jsonl", 1, "CC0", "train"),
        target=chats.reply(target),
        lang="zh",
        split=split,
        votes=tuple(Vote(who, value) for who, value in votes),
        labels_by=None if target is None else Decision("source:made"),
    )


def answer(record_id, value, annotator="ann", created_at="2026-01-01T00:00:00Z", **more):
    """One line of an annotations file."""
    return {"record_id": record_id, "annotator": annotator, "value": value, "created_at": created_at, **more}


def text_id(one):
    """The content id of a classification record's text."""
    return content_id(one.fields["text"])


class Project:
    """A folder with params.yaml, data/clean and data/annotations, ready for `run`."""

    def __init__(self, root: Path):
        self.root = root
        self.clean, self.annotations, self.out = (root / "data" / n for n in ("clean", "annotations", "label"))
        self.annotations.mkdir(parents=True)

    def write(self, records, task=TASK, label=None, review=()):
        params = {
            "task": json.loads(task.model_dump_json()),
            "models": {"encoder": {"name": "tfidf"}},
            "label": label or {},
        }
        (self.root / "params.yaml").write_text(json.dumps(params), "utf-8")
        write_shards(to_table(records, schema(task)), self.clean / "records.parquet")
        rows = [dict.fromkeys(REVIEW.names) | row for row in review]
        write_table(pa.Table.from_pylist(rows, schema=REVIEW), self.clean / "review.parquet")

    def annotate(self, *lines, name="batch.jsonl"):
        text = "".join(
            (line if isinstance(line, str) else json.dumps(line, ensure_ascii=False)) + "\n" for line in lines
        )
        (self.annotations / name).write_text(text, "utf-8")


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SFT_CACHE", str(tmp_path / "cache"))
    return Project(tmp_path)
