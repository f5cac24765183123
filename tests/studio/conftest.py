"""A real Label Studio server for the tests of the loop, and a small project in English and Chinese."""

from __future__ import annotations

import json
import os
import re
import shutil
from dataclasses import replace

import httpx
import pytest

from pipeline.core.cache import cache_folder
from pipeline.core.errors import PipelineError
from pipeline.core.record import Decision, Record, Source
from pipeline.core.settings import Task
from pipeline.label.run import run as label_stage
from pipeline.runtime.columns import schema
from pipeline.runtime.shards import write_shards
from pipeline.runtime.store import to_table, write_table
from pipeline.studio import server
from pipeline.studio.project import connect, find
from pipeline.studio.push import push
from pipeline.studio.up import up
from tests.label.conftest import REVIEW

TASK = Task(type="classification", labels=("billing", "delivery", "其他"), languages=("en", "zh"))
WORDS = {
    "billing": ["the invoice is wrong", "发票金额错了", "charged twice this month"],
    "delivery": ["the parcel is late", "包裹还没有到", "courier lost my box"],
    "其他": ["thank you all", "随便问问", "hello there"],
}


def record(name, text, target=None, trusted=False, split="train"):
    source = Source("mails", "files", "mails.csv", 1, "CC0", "train" if target else "unlabelled", trusted)
    decision = Decision("source:mails") if target else None
    split = split if target else "unlabelled"
    return Record(name, {"text": text}, source, target, "en", split, name, labels_by=decision)


def records():
    """60 labelled train records, 20 test records that the source vouches for, 24 without a label."""
    rows = []
    for n in range(104):
        label = TASK.labels[n % 3]
        text = f"{WORDS[label][n // 3 % 3]} {n}"
        if n < 60:
            rows.append(record(f"train{n:03}", text, label))
        elif n < 80:
            rows.append(record(f"test{n:03}", text, label, trusted=True, split="test"))
        else:
            rows.append(record(f"open{n:03}", f"{WORDS[label][n // 3 % 3]} or {WORDS[TASK.labels[0]][0]}? {n}"))
    return rows


def truth(record_id):
    """What an attentive annotator answers."""
    return TASK.labels[int(record_id[-3:]) % 3]


class Folder:
    """A project folder with the outputs of `clean`, ready for `label` and the loop."""

    def __init__(self, root):
        self.root, self.data = root, root / "data"
        self.annotations = self.data / "annotations"
        self.annotations.mkdir(parents=True)
        self.params = {
            "task": json.loads(TASK.model_dump_json()),
            "models": {"encoder": {"name": "tfidf"}},
            "label": {"precedence": ["human", "crowd", "source"]},
        }
        self.write(records())

    def set(self, **studio):
        self.params["studio"] = studio
        self.write()

    def write(self, rows=None):
        (self.root / "params.yaml").write_text(json.dumps(self.params), "utf-8")
        if rows is not None:
            write_shards(to_table(rows, schema(TASK)), self.data / "clean" / "records.parquet")
            write_table(pa_empty(), self.data / "clean" / "review.parquet")

    def write_as(self, rows, labels):
        """The records of `clean` under other labels."""
        task = TASK.model_copy(update={"labels": tuple(labels)})
        write_shards(to_table(rows, schema(task)), self.data / "clean" / "records.parquet")

    def label(self):
        label_stage(self.data / "clean", self.annotations, self.data / "label")
        return json.loads((self.data / "label" / "report.json").read_text("utf-8"))["notes"]

    def lines(self):
        (file,) = self.annotations.glob("label-studio-*.jsonl")
        return [json.loads(text) for text in file.read_text("utf-8").splitlines()]


def pa_empty():
    import pyarrow as pa

    return pa.Table.from_pylist([], schema=REVIEW)


@pytest.fixture(scope="session")
def studio_home(tmp_path_factory):
    """The folder of a running server. A migrated database is kept in the cache: making one takes a minute."""
    home = tmp_path_factory.mktemp("server") / "home"
    kept = cache_folder().resolve() / "label-studio" / f"migrated-{server.VERSION}"
    if (kept / ".complete").is_file():
        shutil.copytree(kept, home)
    try:
        server.start(18080, home)
    except PipelineError as error:
        if "could not be installed" in str(error):
            pytest.skip(str(error))
        raise
    if "SFT_CACHE" in os.environ and not kept.is_dir():
        server.stop(home)
        shutil.copytree(home, kept)
        (kept / ".complete").touch()
        server.start(18080, home)
    yield home
    server.stop(home)


@pytest.fixture
def studio_root(tmp_path, monkeypatch, studio_home):
    """A new folder, entered, whose own server is the shared one; its title is the folder's, so tests do not meet."""
    root = tmp_path / re.sub(r"\W+", "-", tmp_path.name)[:30]
    root.mkdir()
    monkeypatch.chdir(root)
    for name in ("LABEL_STUDIO_URL", "LABEL_STUDIO_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    (root / ".label-studio").symlink_to(studio_home)
    return root


@pytest.fixture
def folder(studio_root):
    return Folder(studio_root)


def prepared(folder, keyed=False, **studio):
    """A pushed round; with `keyed` the source has ids of its own."""
    folder.set(**{"blind_share": 0.0, **studio})
    if keyed:
        rows = [replace(row, source=replace(row.source, key=f"mail-{row.id}")) for row in records()]
        folder.write(rows)
    folder.label()
    list(up(18080, replace=False))
    list(push(folder.data))
    return find(connect())


def tasks_of(project):
    return [
        project.client.get(f"/api/tasks/{task['id']}/")
        for task in project.client.tasks(project.id, ("data", "total_annotations"))
    ]


class Person:
    """An annotator who signed up through the invitation, with a token of their own."""

    def __init__(self, url, invite, name):
        self.email = f"{name}@example.org"
        self.password = "annotate-here-1"
        with httpx.Client(base_url=url, follow_redirects=True, timeout=60) as browser:
            page = browser.get(invite)
            form = {"email": self.email, "password": self.password, "csrfmiddlewaretoken": browser.cookies["csrftoken"]}
            assert re.search("csrfmiddlewaretoken", page.text)
            browser.post(invite, data=form, headers={"Referer": f"{url}{invite}"}).raise_for_status()
            self.token = browser.get("/api/current-user/token").raise_for_status().json()["token"]
        self.http = httpx.Client(base_url=url, headers={"Authorization": f"Token {self.token}"}, timeout=60)

    def answer(self, task, label, skip=False):
        result = [{"from_name": "label", "to_name": "text", "type": "choices", "value": {"choices": [label]}}]
        body = {"result": result, "was_cancelled": skip, "lead_time": 3.25}
        if task["predictions"]:
            body["parent_prediction"] = task["predictions"][0]["id"]
        return self.http.post(f"/api/tasks/{task['id']}/annotations/", json=body).raise_for_status().json()
