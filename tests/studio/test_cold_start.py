"""From a raw CSV without one label to dataset, model and report, with DVC and a real Label Studio server."""

from __future__ import annotations

import csv
import os

import httpx
import pytest
from ruamel.yaml import YAML

from pipeline.runtime.store import read_table
from pipeline.studio import server
from pipeline.studio.project import connect, find
from pipeline.studio.pull import pull
from pipeline.studio.push import push
from pipeline.studio.up import up
from tests.modeling.conftest import bert_folder  # noqa: F401
from tests.project import STAGES, Project
from tests.studio.conftest import Person

pytestmark = pytest.mark.slow

#: Topic -> what its mails say, in English, Chinese and Arabic.
MAILS = {
    "billing": ["I was charged twice for order {}", "发票{}的金额错了", "الفاتورة رقم {} فيها خطأ"],
    "delivery": ["Parcel {} has not arrived yet", "包裹{}还没有到", "الطرد رقم {} لم يصل بعد"],
    "other": ["When does shop {} open on Sundays?", "请问{}号店几点开门", "متى يفتح المتجر رقم {} أبوابه"],
}
LANGUAGES = ("en", "zh", "ar")


def mails():
    """Key, text and topic of 63 mails."""
    return [
        (f"mail-{topic}-{LANGUAGES[k]}-{n}", text.format(10 + 7 * n), topic)
        for topic, texts in MAILS.items()
        for k, text in enumerate(texts)
        for n in range(7)
    ]


def params(model):
    source = {"kind": "files", "role": "unlabelled", "licence": "internal", "path": "mails.csv", "key": "id"}
    source |= {"lang_column": "lang"}
    suite = [{"expect": "conserved_counts"}, {"expect": "no_leakage"}, {"expect": "test_trusted"}]
    return {
        "task": {"type": "classification", "labels": [*MAILS], "languages": [*LANGUAGES]},
        "models": {"encoder": {"name": str(model)}},
        "collect": {"sources": {"mails": source}},
        "clean": {"steps": ["missing", "annotations", "splits"], "missing": {"target": "unlabelled"}},
        "label": {},
        "augment": {"methods": {}},
        "validate": {
            "name": "Mails",
            "about": "Mails.",
            "suite": [*suite, {"expect": "rows_between", "split": "test", "min": 2}],
        },
        "train": {"epochs": 1, "max_length": 32},
        "evaluate": {"resamples": 100, "robustness_rows": 5},
        "value": {"seeds": 3},
        "report": {},
        "studio": {"blind_share": 0.0, "title": "Cold mails"},
    }


@pytest.fixture
def cold(tmp_path, monkeypatch, studio_home, bert_folder):  # noqa: F811
    project = Project(tmp_path, tmp_path / ".cache")
    with (tmp_path / "params.yaml").open("w", encoding="utf-8") as stream:
        YAML().dump(params(bert_folder), stream)
    with (tmp_path / "data/raw/mails.csv").open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(
            [("id", "lang", "text"), *((key, key.split("-")[2], text) for key, text, _ in mails())]
        )
    (tmp_path / ".label-studio").symlink_to(studio_home)
    for name in ("LABEL_STUDIO_URL", "LABEL_STUDIO_API_KEY"):
        monkeypatch.delenv(name, raising=False)
        project.environment.pop(name, None)
    monkeypatch.chdir(tmp_path)
    return project


def people():
    url = server.address()
    invite = httpx.get(f"{url}/api/invite", headers={"Authorization": f"Token {server.own_secrets()['token']}"}).json()[
        "invite_url"
    ]
    return [Person(url, invite, f"{name}-cold-{os.getpid()}") for name in ("ann", "ben")]


def answered(person, project, at_most):
    """The person takes one task after the other, as Label Studio offers them, and answers them right."""
    topics = {text: topic for _, text, topic in mails()}
    for n in range(at_most):
        found = person.http.get(f"/api/projects/{project.id}/next")
        if found.status_code == 404:  # nothing is left for this person
            return n
        task = found.raise_for_status().json()
        person.answer({**task, "predictions": []}, topics[task["data"]["text"]])
    return at_most


def verdict(project):
    return project.json("data/report/quality.json")["verdict"]


def test_a_csv_without_a_label_becomes_dataset_model_and_report_by_sixty_answers(cold):
    assert cold.repro() == list(STAGES)
    assert verdict(cold)["state"] == "label_first"
    assert (cold.folder / "data/report/quality.html").is_file()
    assert read_table(cold.folder / "data/label/queue.parquet").num_rows == 63
    assert cold.repro() == []

    list(up(18080, replace=False))
    said = "\n".join(push(cold.folder / "data"))
    assert "sent 63 tasks" in said, said
    live = find(connect())
    tasks = list(live.client.tasks(live.id, ("data",)))
    first = {task["data"]["text"][:4] for task in tasks[:18]}
    assert len(first) >= 6  # of nine ways to begin a mail
    ann, ben = people()
    assert answered(ann, live, 50) == 50
    list(pull(cold.folder / "data/annotations"))
    assert "label" in cold.repro()
    assert verdict(cold)["state"] == "label_first"
    said = "\n".join(push(cold.folder / "data"))
    assert "asked one more person" in said, said
    given = answered(ben, live, 100)
    assert given >= 2
    list(pull(cold.folder / "data/annotations"))
    assert cold.repro() == list(STAGES[2:])

    splits = cold.json("data/augment/report.json")["kept_by"]["split"]
    assert {*splits} == {"train", "dev", "test"}
    assert verdict(cold)["state"] != "label_first"  # a model of fifty answers may be below its reference
    for path in ("data/validate/dataset/README.md", "data/train/model/config.json", "data/evaluate/metrics.json"):
        assert (cold.folder / path).is_file(), path
    assert cold.json("data/evaluate/report.json")["n"] == splits["test"]
    report = cold.json("data/label/report.json")["notes"]["merge"]["decided_by"]
    assert report == {"human": sum(splits.values())} | ({"model": report["model"]} if "model" in report else {})
