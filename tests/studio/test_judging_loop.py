"""Replies judged in a real Label Studio: rated, and chosen between; answers become scores, targets and pairs."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from pipeline.annotation.candidates import read_candidates
from pipeline.commands.export import add_arguments, run
from pipeline.core.conversation import Message, ToolCall
from pipeline.core.record import Decision, Record
from pipeline.core.settings import Task
from pipeline.label.run import run as label_stage
from pipeline.runtime.columns import schema
from pipeline.runtime.store import read_json, read_table, to_records, to_table, write_table
from pipeline.studio import server
from pipeline.studio.project import connect, find
from pipeline.studio.pull import pull
from pipeline.studio.push import push
from pipeline.studio.up import up
from pipeline.text.pseudonyms import pseudonym
from tests import chats
from tests.strategies import record
from tests.studio.browser import SUBMIT, open_task, page_of
from tests.studio.conftest import Person, pa_empty

pytestmark = pytest.mark.slow

CHAT = Task(type="chat", languages=("en", "zh"))
TOOLS = json.dumps([{"type": "function", "function": {"name": "stock", "parameters": {"type": "object"}}}])
CALL = Message("assistant", "我查一下。", "先看库存。", (ToolCall("stock", '{"plant": "蕨"}', "c1"),))


def conversations() -> list[Record]:
    """Six conversations with replies (one calls a tool), two prompts without, and one of the test split."""
    asked = [("user", "有蕨吗？"), ("user", "Do you have ferns?")]
    rows = []
    for n in range(9):
        fields = chats.fields([("system", "请简短。"), (asked[n % 2][0], f"{asked[n % 2][1]} {n}")]) | {"tools": TOOLS}
        reply = CALL.as_dict() if n == 0 else chats.reply(f"回复 {n}") if n < 6 or n == 8 else None
        split = "test" if n == 8 else "train" if reply else "unlabelled"
        by = Decision("source:s") if reply else None
        rows.append(record(fields, reply, id=f"r{n}", split=split, group=f"r{n}", labels_by=by))
    return rows


class Desk:
    """A project folder of conversations behind the shared server."""

    def __init__(self, root: Path) -> None:
        self.data = root / "data"
        for name in ("annotations", "candidates"):
            (self.data / name).mkdir(parents=True)
        write_table(to_table(conversations(), schema(CHAT)), self.data / "clean/records.parquet")
        write_table(pa_empty(), self.data / "clean/review.parquet")
        self.params: dict[str, Any] = {"task": {"type": "chat", "languages": ["en", "zh"]}, "models": {}, "label": {}}

    def begin(self, **studio: Any) -> Any:
        """The project with everything pushed."""
        self.params["studio"] = studio
        Path("params.yaml").write_text(json.dumps(self.params), "utf-8")
        list(up(18080, replace=False))
        said = list(push(self.data))
        project = find(connect())
        tasks = [project.client.get(f"/api/tasks/{one['id']}/") for one in project.client.tasks(project.id, ("data",))]
        return said, {task["data"]["record_id"]: task for task in tasks}

    def labelled(self) -> tuple[dict[str, Record], dict[str, Any]]:
        """Records and notes after answers were pulled and decided."""
        list(pull(self.data / "annotations"))
        label_stage(self.data / "clean", self.data / "annotations", self.data / "label")
        records = {one.id: one for one in to_records(read_table(self.data / "label/records.parquet"))}
        return records, read_json(self.data / "label/report.json")["notes"]


@pytest.fixture
def desk(studio_root: Path) -> Desk:
    return Desk(studio_root)


@pytest.fixture(scope="module")
def people(studio_home: Path) -> list[Person]:
    url, token = server.address(studio_home), server.own_secrets(studio_home)["token"]
    invite = httpx.get(f"{url}/api/invite", headers={"Authorization": f"Token {token}"}).json()["invite_url"]
    return [Person(url, invite, name) for name in ("judge-one", "judge-two")]


def answer(person: Person, task: dict[str, Any], *result: dict[str, Any]) -> None:
    body = {"result": list(result), "lead_time": 5.0}
    if task["predictions"]:
        body["parent_prediction"] = task["predictions"][0]["id"]
    person.http.post(f"/api/tasks/{task['id']}/annotations/", json=body).raise_for_status()


def part(name: str, kind: str, **value: Any) -> dict[str, Any]:
    return {"from_name": name, "to_name": "messages", "type": kind, "value": value}


def test_replies_are_rated_by_criteria_and_corrected(desk: Desk, people: list[Person]) -> None:
    said, tasks = desk.begin(ask="rate", overlap=2, interface="zh")
    assert "sent 6 tasks" in "\n".join(said)
    assert set(tasks) == {f"r{n}" for n in range(6)}  # nothing of test, nothing without a reply
    shown = tasks["r0"]["data"]["judged"][0]["shown"]
    assert shown == '<think>\n先看库存。\n</think>\n\n我查一下。\nstock({"plant": "蕨"})'
    assert tasks["r0"]["data"]["messages"][0]["shown"] == "请简短。"
    config = find(connect()).config
    assert 'name="rating_correct"' in config
    assert "回答的内容是否属实" in config
    assert "请阅读对话，并为回复打分。" in config
    assert "请写出助手的下一句回复" not in config
    for number, person in enumerate(people):
        for name in ("r0", "r1"):
            suggested = tasks[name]["predictions"][0]["result"]
            stars = [part("rating_correct", "rating", rating=4 + number), part("rating_helpful", "rating", rating=2)]
            answer(person, tasks[name], *suggested, *stars)
    suggested = tasks["r3"]["predictions"][0]["result"]
    stars = [part("rating_correct", "rating", rating=4), part("rating_helpful", "rating", rating=4)]
    answer(people[0], tasks["r3"], *suggested, *stars, part("rejected", "choices", choices=["rejected"]))
    answer(
        people[0],
        tasks["r2"],
        part("reply", "textarea", text=["更好的回复。"]),
        part("rating_correct", "rating", rating=1),
    )
    records, notes = desk.labelled()
    assert records["r0"].target == CALL.as_dict()
    assert records["r0"].scores == {"rating_correct": 4.5, "rating_helpful": 2.0}
    assert records["r1"].labels_by is not None
    assert records["r1"].labels_by.who.startswith("human:")
    assert (records["r2"].target["content"], records["r2"].scores) == ("更好的回复。", {"rating_correct": 1.0})
    assert "r3" not in records
    gone = {row["id"]: row["reason"] for row in read_table(desk.data / "label/dropped.parquet").to_pylist()}
    assert gone["r3"] == "rejected_by_people"
    assert notes["reply_ratings"]["criteria"]["correct"]["ratings"] == 6
    assert notes["annotations"]["prelabel"] == {"accepted": 5, "edited": 1}
    said = "\n".join(push(desk.data))
    assert "sent" not in said
    assert "sft label pull, then dvc repro" not in said  # that was done
    desk.params["label"] = {"min_rating": {"helpful": 3, "correct": 2}}
    Path("params.yaml").write_text(json.dumps(desk.params), "utf-8")
    records, notes = desk.labelled()
    assert {"r0", "r1", "r2"} & records.keys() == {"r2"}  # rated 1, and corrected since
    gone = {row["id"]: row for row in read_table(desk.data / "label/dropped.parquet").to_pylist()}
    assert (gone["r0"]["step"], gone["r0"]["reason"]) == ("ratings", "rated_poor")
    assert gone["r1"]["detail"].startswith("helpful 2.00 by ")


def test_people_choose_between_two_and_pairs_come_back(
    desk: Desk, people: list[Person], capsys: pytest.CaptureFixture[str]
) -> None:
    candidates = [("r6", "还有三盆。", 4), ("r6", "不知道。", 1), ("r7", CALL.as_dict(), None), ("r7", "No.", None)]
    candidates += [
        ("r1", "有。", 3),
        ("r1", "有。", 2),
        ("r2", "一", 1),
        ("r2", "二", 2),
        ("r8", "a", 1),
        ("r8", "b", 2),
    ]
    lines = [{"record_id": id, "reply": reply, "score": score} for id, reply, score in candidates]
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    (desk.data / "candidates/models.jsonl").write_text(text, "utf-8")
    assert len(read_candidates(desk.data / "candidates")) == 5
    _, tasks = desk.begin(ask="compare")
    assert set(tasks) == {"r2", "r6", "r7"}  # r1's candidates are equal, r8 is of test
    data = tasks["r7"]["data"]
    places = {turn["content"]: name for turn, name in zip(data["candidates"], ("first", "second"), strict=True)}
    assert {data[name][0]["shown"] for name in ("first", "second")} == {
        '<think>\n先看库存。\n</think>\n\n我查一下。\nstock({"plant": "蕨"})', "No.",
    }  # fmt: skip
    answer(people[0], tasks["r7"], part("preference", "choices", choices=[places["我查一下。"]]))
    answer(
        people[1], tasks["r2"], part("preference", "choices", choices=["equal"]), part("reply", "textarea", text=["三"])
    )
    first = next(n for n, turn in enumerate(tasks["r6"]["data"]["candidates"]) if turn["content"] == "还有三盆。")
    answer(people[0], tasks["r6"], part("preference", "choices", choices=[("first", "second")[first]]))
    records, notes = desk.labelled()
    assert records["r7"].target == CALL.as_dict()
    assert records["r7"].split == "train"
    assert records["r6"].target["content"] == "还有三盆。"
    assert records["r2"].target["content"] == "三"
    assert notes["reply_ratings"]["preferred_pairs"] == 4
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    run(parser.parse_args(["--form", "preference", "--records", "data/label/records.parquet", "--out", "out"]))
    assert "rows" in capsys.readouterr().out
    pairs = [json.loads(line) for line in Path("out/preference/train.jsonl").read_text("utf-8").splitlines()]
    found = {(row["id"], row["chosen"][0]["content"], row["rejected"][0]["content"], row["by"]) for row in pairs}
    one, two = (f"human:{pseudonym(person.email, 'annotator')}" for person in people)
    assert {("r7", "我查一下。", "No.", one), ("r6", "还有三盆。", "不知道。", one)} <= found
    assert {("r2", "三", "一", two), ("r2", "三", "二", two)} <= found
    assert ("r2", "二", "一", "score") in found  # the judge's own pair stands beside


def test_a_suggested_reply_is_changed_with_its_pencil_and_stray_keys_change_nothing(
    desk: Desk, people: list[Person]
) -> None:
    _, tasks = desk.begin(ask="rate")
    project = find(connect())
    with page_of(people[0], project.client.url) as page:
        open_task(page, project, tasks["r1"])
        for stars in page.locator(".ant-rate").all():
            stars.locator(".ant-rate-star").nth(3).click()
        page.get_by_text("回复 1", exact=True).last.click()  # not yet open for writing
        page.keyboard.type("1 2 3")
        pencil = page.locator("[data-testid=htx-textbox-edit-button]").first
        assert pencil.locator("..").evaluate("node => getComputedStyle(node).opacity") == "1"
        pencil.click()
        page.wait_for_timeout(500)
        page.keyboard.press("Control+End")
        for text in ("1 ورق", "2 页"):
            page.keyboard.press("Enter")
            page.keyboard.type(text)
        page.locator(SUBMIT).first.click()
        page.wait_for_timeout(2000)
    records, _ = desk.labelled()
    assert records["r1"].target["content"] == "回复 1\n1 ورق\n2 页"
    assert records["r1"].scores == {"rating_correct": 4.0, "rating_helpful": 4.0}
