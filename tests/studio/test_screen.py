"""The annotator's screen, in a browser, where a click or a key decides what is stored."""

from __future__ import annotations

import os

import httpx
import pytest

from pipeline.core.conversation import Conversation, Message, ToolCall, fields_of
from pipeline.core.record import Record, Source
from pipeline.core.settings import Task
from pipeline.runtime.columns import schema
from pipeline.runtime.shards import write_shards
from pipeline.runtime.store import to_table, write_table
from pipeline.studio import server
from pipeline.studio.project import connect, find
from pipeline.studio.pull import pull
from pipeline.studio.push import push
from pipeline.studio.up import up
from tests.studio.browser import SUBMIT, drag_over, open_task, page_of
from tests.studio.conftest import Person, pa_empty, prepared, tasks_of

pytestmark = pytest.mark.slow

#: Where screenshots go, for whoever wants to look.
SHOTS = os.environ.get("SFT_SHOTS")


@pytest.fixture(scope="module")
def ann(studio_home):
    url, token = server.address(studio_home), server.own_secrets(studio_home)["token"]
    invite = httpx.get(f"{url}/api/invite", headers={"Authorization": f"Token {token}"}).json()["invite_url"]
    return Person(url, invite, "ann.screen")


def shot(page, name):
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png")


def round_of(folder, task, texts, **studio):
    """A pushed round of unlabelled records of `task`."""
    folder.params["task"] = task.model_dump(mode="json")
    folder.set(blind_share=0.0, gold_share=0.0, **studio)
    source = Source("made", "files", "a.jsonl", 1, "CC0", "unlabelled")
    rows = [Record(f"r{n}", fields, source, None, "en", "unlabelled", f"r{n}") for n, fields in enumerate(texts)]
    write_shards(to_table(rows, schema(task)), folder.data / "clean" / "records.parquet")
    write_table(pa_empty(), folder.data / "clean" / "review.parquet")
    folder.label()
    list(up(18080, replace=False))
    list(push(folder.data))
    return find(connect())


def test_a_hotkey_that_clears_the_choice_cannot_be_submitted_unnoticed(folder, ann):
    (folder.root / "guide.md").write_text("# 指南\n\n- **billing**: invoices & money\n\n<script>x</script>", "utf-8")
    project = prepared(
        folder, gold_share=0.0, guidelines="guide.md", label_descriptions={"billing": "money: 'charged twice'"}
    )
    task = next(t for t in tasks_of(project) if t["predictions"][0]["result"][0]["value"]["choices"] == ["billing"])
    with page_of(ann, project.client.url) as page:
        open_task(page, project, task)
        page.get_by_text("What the labels mean").wait_for()
        assert page.get_by_text(task["data"]["progress"]).count() > 0
        shot(page, "classification")
        page.keyboard.press("1")  # the marked label: its hotkey clears it
        page.wait_for_timeout(1500)
        shot(page, "refused")
        assert page.locator(SUBMIT).first.is_disabled()
        page.keyboard.press("3")
        page.locator(SUBMIT).first.click()
        page.wait_for_timeout(2000)
    list(pull(folder.annotations))
    assert [line["value"] for line in folder.lines()] == ["其他"]
    about = project.client.get(f"/api/projects/{project.id}/")
    assert "<strong>billing</strong>" in about["expert_instruction"]
    assert "<script>" not in about["expert_instruction"]
    assert not about["enable_empty_annotation"]


SORTING = fields_of(
    Conversation(
        (
            Message("user", "怎么排序？\nHow do I sort **this**?\n\n```python\ndef f(x):\n    return x < 1\n```"),
            Message("assistant", "", "想一想：列表", (ToolCall("search", '{"q": "sort"}', "c1"),)),
            Message("tool", "1. sorted", tool_call_id="c1"),
        )
    )
)


def test_a_conversation_is_readable_and_a_reply_with_code_arrives_whole(folder, ann):
    task = Task(type="chat", languages=("en", "zh"))
    project = round_of(folder, task, [SORTING])
    with page_of(ann, project.client.url) as page:
        open_task(page, project, tasks_of(project)[0])
        hidden = [page.get_by_text(text, exact=True).last for text in ("想一想：列表", '{\n  "q": "sort"\n}')]
        assert not any(one.is_visible() for one in hidden)
        for n, title in enumerate(("Reasoning", "Tool calls: search")):
            page.locator(".turn summary").get_by_text(title).click()
            assert [one.is_visible() for one in hidden] == [True, n == 1]
        assert page.locator(".turn.tool pre").inner_text() == "1. sorted"  # a result is open
        lines = page.locator(".turn.user p").first.inner_text().split("\n")
        assert lines == ["怎么排序？", "How do I sort **this**?".replace("**", "")]
        assert page.locator(".turn.user strong").inner_text() == "this"
        code = page.locator(".turn.user pre code")
        assert code.inner_text() == "def f(x):\n    return x < 1\n"
        assert "monospace" in code.evaluate("node => getComputedStyle(node).fontFamily")
        shot(page, "chat_unfolded")
        area = page.locator("textarea").first
        area.click()
        for n, line in enumerate(["Use sorted():", "", "```python", "sorted([3, 1])", "```", "", "完成。"]):
            if n:
                page.keyboard.press("Shift+Enter")
            page.keyboard.type(line)
        shot(page, "chat")
        page.locator(SUBMIT).first.click()
        page.wait_for_timeout(2500)
    list(pull(folder.annotations))
    (line,) = folder.lines()
    assert line["value"] == "Use sorted():\n\n```python\nsorted([3, 1])\n```\n\n完成。"


def test_marks_cover_whole_words_and_many_labels_have_a_search(folder, ann):
    labels = ("PER", "LOC", *(f"KIND{n:02}" for n in range(12)))
    task = Task(type="ner", labels=labels, languages=("en", "ar"))
    texts = [{"text": "Ada Lovelace wrote to Charles Babbage."}, {"text": "ذهبت ليلى إلى القاهرة"}]
    project = round_of(folder, task, texts)
    first = next(t for t in tasks_of(project) if t["data"]["text"].startswith("Ada"))
    with page_of(ann, project.client.url) as page:
        open_task(page, project, first)
        shot(page, "ner")
        search = page.locator("input[placeholder*='ilter'], input[placeholder*='earch']").first
        search.fill("PER")
        page.wait_for_timeout(500)
        shot(page, "ner_filtered")
        assert not page.get_by_text("KIND03").is_visible()
        page.locator("span:visible").get_by_text("PER", exact=True).last.click()
        drag_over(page, "vel")
        page.wait_for_timeout(700)
        shot(page, "ner_marked")
        page.locator(SUBMIT).first.click()
        page.wait_for_timeout(2500)
    list(pull(folder.annotations))
    (line,) = folder.lines()
    assert [first["data"]["text"][s["start"] : s["end"]].strip() for s in line["value"]] == ["Lovelace"]
