"""Disputes are decided by a chosen person who sees the answers side by side."""

from __future__ import annotations

import json

import httpx
import pytest

from pipeline.annotation.annotations import Annotation, parse_time
from pipeline.core.record import Record, Source
from pipeline.core.settings import Task
from pipeline.studio import server
from pipeline.studio.adjudication import side_by_side
from pipeline.studio.project import adjudication_project
from pipeline.studio.pull import pull
from pipeline.studio.push import push
from pipeline.studio.status import status
from tests.studio.browser import open_task, page_of
from tests.studio.conftest import Person, prepared, tasks_of

SOURCE = Source("made", "files", "a.csv", 1, "CC0", "unlabelled")


def given(annotator, value, **more):
    return Annotation("r", annotator, value, parse_time("2026-01-01T00:00:00Z"), "a.jsonl:1", **more)


def test_answers_stand_side_by_side_in_three_scripts_and_nothing_is_markup():
    record = Record("r", {"text": "小王 <b>去</b> القاهرة"}, SOURCE)
    spans = Task(type="ner", labels=("PER", "LOC"), languages=("zh", "ar"))
    person, place = {"start": 0, "end": 2, "label": "PER"}, {"start": 12, "end": 19, "label": "LOC"}
    table = side_by_side(record, [given("ann", [person]), given("بوب", [person, place], comment="<i>?")], spans)
    assert "<th>ann</th><th>بوب</th>" in table
    assert "<b>[小王]</b><sub>PER</sub> &lt;b&gt;去" in table
    assert "<b>[القاهرة]</b><sub>LOC</sub>" in table
    assert "&lt;i&gt;?" in table
    labels = Task(type="classification", labels=("a<b", "b"))
    assert "<td>a&lt;b</td><td>b</td>" in side_by_side(record, [given("x", "a<b"), given("y", "b")], labels)
    assert side_by_side(record, [], labels).startswith("<table")


@pytest.fixture
def people(studio_home, tmp_path):
    url, token = server.address(studio_home), server.own_secrets(studio_home)["token"]
    invite = httpx.get(f"{url}/api/invite", headers={"Authorization": f"Token {token}"}).json()["invite_url"]
    return [Person(url, invite, f"{name}.disputes") for name in ("ann", "bob", "boss")]


@pytest.mark.slow
def test_a_dispute_goes_to_the_adjudicator_and_their_word_decides(folder, people):
    ann, bob, boss = people
    project = prepared(folder, overlap=2, gold_share=0.0, adjudicator=boss.email)
    first, second, *_ = tasks_of(project)
    for task, labels in ((first, ("billing", "delivery")), (second, ("billing", "billing"))):
        for person, label in zip((ann, bob), labels, strict=True):
            person.answer(task, label)
    list(pull(folder.annotations))
    alpha = folder.label()["agreement"]["human"]["alpha"]
    assert f"alpha {alpha:.2f}" in "\n".join(status(folder.annotations))
    said = "\n".join(push(folder.data))
    assert f"sent 1 disputes to {boss.email}" in said
    assert "asked one more person" not in said
    assert f"1 disputes wait for {boss.email}" in said
    assert "sft label pull, then dvc repro" not in said  # that was done
    court = adjudication_project(project)
    (dispute,) = tasks_of(court)
    assert dispute["predictions"] == []
    with page_of(boss, project.client.url) as page:
        open_task(page, court, dispute)
        for text in (ann.email, bob.email):
            assert any(frame.get_by_text(text).count() for frame in page.frames), text
    bob.answer(dispute, "delivery")  # nobody's word but the chosen person's decides
    list(pull(folder.annotations))
    assert folder.label()["queue"]["reasons"]["disagreement"] == 1
    boss.http.post(f"/api/tasks/{dispute['id']}/annotations/", json={"result": []}).raise_for_status()
    assert f"answers cannot be used ({boss.email} 1)" in "\n".join(pull(folder.annotations))
    assert f"gave 1 answers back that cannot be used ({boss.email} 1)" in "\n".join(push(folder.data))
    boss.answer(dispute, "delivery")
    list(pull(folder.annotations))
    notes = folder.label()
    assert "disagreement" not in notes["queue"]["reasons"]
    assert notes["agreement"]["human"]["annotators"] == 2  # the adjudicator is no voter
    list(push(folder.data))
    (file,) = folder.annotations.glob("*disputes*")
    lines = map(json.loads, file.read_text("utf-8").splitlines())
    (line,) = [line for line in lines if line.get("adjudicated") and line.get("value")]
    assert (line["annotator"], line["value"]) == (boss.email, "delivery")
