"""Conversations as HTML: Markdown readable, reasoning and calls folded, nothing that acts or is fetched."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from pipeline.annotation.labeling_config import project_config
from pipeline.core.conversation import Conversation, Message, ToolCall, exported
from pipeline.core.settings import Task
from pipeline.studio.conversation_pages import page, pages_of, parts_of
from pipeline.studio.tasks import question_about, to_task
from tests import chats
from tests.strategies import record

CALL = ToolCall("stock", '{"plant": "蕨"}', "c1")


def test_reasoning_and_calls_are_folded_and_a_result_is_open() -> None:
    said = parts_of(Message("assistant", "我查一下。", "先看\n库存", (CALL, ToolCall("now", "{}"))), "en")
    assert "<details><summary>Reasoning</summary><p>先看<br />\n库存</p>" in said
    assert "<details><summary>Tool calls: stock, now</summary><p><b>stock</b></p><pre>{\n  &quot;plant&quot;" in said
    assert said.index("Reasoning") < said.index("我查一下。") < said.index("Tool calls")
    assert parts_of(Message("tool", "雨"), "zh") == "<details open><summary>工具结果</summary><pre>雨</pre></details>"


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("第一行\nsecond", "<p>第一行<br />\nsecond</p>"),
        ("```python\nif x < 1:\n    y\n```", '<code class="language-python">if x &lt; 1:\n    y\n</code>'),
        ("- a\n- b", "<li>a</li>"),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "<td>1</td>"),
        ("<script>x</script> <b>y</b>", "&lt;b&gt;y&lt;/b&gt;"),
        ("![x](http://e.org/i.png)", "![x](http://e.org/i.png)"),
        ("[here](javascript:x)", "here (javascript:x)"),
        ("see http://e.org", "see http://e.org"),
        ("[1]: http://e.org", "<p>[1]: http://e.org</p>"),
    ],
)
def test_texts_are_markdown_and_what_could_act_is_text(text: str, html: str) -> None:
    said = parts_of(Message("user", text), "en")
    assert html in said
    assert not any(tag in said for tag in ("<script", "<img", "<a ", "<b>"))


@pytest.mark.parametrize("message", [Message("user", ""), Message("assistant", ""), Message("tool", "")])
def test_a_turn_that_says_nothing_is_no_error(message: Message) -> None:
    assert 'class="turn' in page(Conversation((message,)), "en")


def test_each_list_of_turns_has_a_page_in_the_language_of_the_screen() -> None:
    turns = [exported(Message("user", "有蕨吗？", name="<Ann>"))]
    found = pages_of({"messages": turns, "judged": turns, "record_id": "r"}, "zh")
    assert found.keys() == {"messages_html", "judged_html"}
    assert '<div class="who">用户 (&lt;Ann&gt;)</div><p>有蕨吗？</p>' in found["judged_html"]


def test_a_task_that_is_sent_holds_all_that_its_screen_names() -> None:
    chat = Task(type="chat", languages=("en", "zh"))
    asked = record(chats.fields([("user", "有蕨吗？")]), chats.reply("有。"))
    sent = to_task(question_about(asked, chat), chat, "v", "zh")["data"]
    screen = ElementTree.fromstring(project_config(chat, "zh"))
    named = {str(tag.get("value"))[1:] for tag in screen.iter() if str(tag.get("value")).startswith("$")}
    assert named <= sent.keys()
    assert "用户" in sent["messages_html"]
