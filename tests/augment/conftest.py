"""Records and project folders for the augment tests: small, real sentences, English and Chinese."""

import json
from pathlib import Path

import pytest

from pipeline.core.record import Decision, Record, Source, content_id
from pipeline.core.settings import Task
from pipeline.runtime.columns import schema
from pipeline.runtime.shards import write_shards
from pipeline.runtime.store import to_table
from tests import chats

GOOD = ["lovely food and a friendly waiter", "we enjoyed the wonderful music", "a great film with a happy ending"]
BAD = ["horrible food and a rude waiter", "we hated the terrible noise", "a boring film with a sad ending"]
PLACES = ["in the harbour", "at the corner", "near our hotel", "behind the church", "next to the park", "on the hill"]
TASK = Task(type="classification", labels=("neg", "pos"), languages=("en", "zh"))
CHAT = Task(type="chat", languages=("en", "zh"))


def record(text, target="pos", lang="en", split="train", **more):
    source = Source("made", "file", "made.csv", 1, "CC0", "train")
    decision = Decision("source:made", 0.9)
    values = {"id": content_id(text), "group": content_id("group", text), "labels_by": decision, **more}
    return Record(fields={"text": text}, target=target, lang=lang, split=split, source=source, **values)


def chat(question, reply, lang="en", split="train"):
    source = Source("made", "file", "made.json", 1, "CC0", "train")
    fields = chats.fields([("system", "Be kind."), ("user", question)])
    return Record(content_id(question), fields, source, chats.reply(reply), lang, split, content_id("group", question))


def reviews():
    """Eighteen sentences of each class in train, six in dev, six in test."""
    found = []
    for n, place in enumerate(PLACES):
        for target, texts in (("pos", GOOD), ("neg", BAD)):
            found += [record(f"{text} {place}", target) for text in texts]
            found.append(record(f"{texts[n % 3]} {place}, said my aunt Mary yesterday", target, split="dev"))
            found.append(record(f"last summer {texts[n % 3]} was what they had {place}", target, split="test"))
    return found


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A function: records and `augment` settings in, a project folder out, made the current folder."""
    monkeypatch.setenv("SFT_CACHE", str(tmp_path / "cache"))

    def build(records, augment, task=TASK, models=None):
        params = {"task": json.loads(task.model_dump_json()), "models": models or {}, "augment": augment}
        (tmp_path / "params.yaml").write_text(json.dumps(params), "utf-8")  # JSON is YAML
        write_shards(to_table(records, schema(task)), tmp_path / "label" / "records.parquet")
        monkeypatch.chdir(tmp_path)
        return Path(tmp_path)

    return build
