"""What a stage says in a sentence is said in Chinese too: held against the sentences in the code itself."""

from __future__ import annotations

import ast
import html
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from pipeline.conversations.problem import Reason
from pipeline.report.render import LANGUAGES, Words, load_strings
from pipeline.report.sentences import sentences, told

_ROOT = Path(__file__).parents[2] / "pipeline"
#: Where a call says why, and which of its arguments does.
_SAYS = {"Drop": 1, "Reject": 1, "Bad": 1, "none": 0, "verdicts": 0, "totals": 0, "Check": 0}


def _template(node: ast.expr) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(map(_part, node.values))
    return None


def _part(node: ast.expr) -> str:
    """A piece of an f-string; what a share adds to the end of a title is left out."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    return "" if ast.unparse(node).startswith(("{mostly(", "f'{mostly(", "mostly(", 'f"{mostly(')) else "1"


def _said() -> Iterator[tuple[str, str]]:
    for path in sorted(_ROOT.rglob("*.py")):
        if path.relative_to(_ROOT).parts[0] in ("report", "commands", "studio", "serve", "export"):
            continue
        tree = ast.parse(path.read_text("utf-8"))
        titles = {
            target.id: node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name) and target.id in ("title", "detail")
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _SAYS:
                place = _SAYS[node.func.id]
                argument = node.args[place] if len(node.args) > place else None
                if isinstance(argument, ast.Name):
                    argument = titles.get(argument.id)
                text = _template(argument) if argument is not None else None
                if text and " " in text.strip() and any(c.isalpha() for c in text):
                    yield (
                        f"{path.relative_to(_ROOT)}:{node.lineno}",
                        re.sub("1+", "1", text) + ("1" if text.endswith(" ") else ""),
                    )


FOUND = list(_said())


def test_the_code_says_many_things():
    assert len(FOUND) > 50


@pytest.mark.parametrize(("where", "text"), FOUND, ids=[where for where, _ in FOUND])
def test_every_reason_and_every_title_has_its_chinese(where, text):
    assert told(text) is not None, f"{where}: add to pipeline/report/strings/sentences.json: {text!r}"


def test_both_languages_fill_the_same_places():
    for one in sentences():
        assert set(one.pattern.groupindex) == {
            name for name in one.pattern.groupindex if f"{{{name}}}" in one.chinese
        }, one.english


TITLE = "every class has a share of train between 0.05 and 0.8 in at least 0.95 of the records"


def test_sentences_inside_sentences_are_said_in_the_language_of_the_page():
    english, chinese = (Words(load_strings(language), language) for language in LANGUAGES)
    assert TITLE in str(english.said(TITLE))
    assert "每个类别在训练集中的占比在 0.05 到 0.8 之间（至少 0.95 的记录）" in str(chinese.said(TITLE))
    assert "每个类别" in chinese.text("fix.expectation", name=TITLE)


@pytest.mark.parametrize("text", ["", "a tweet about phones", "<b>similarity</b>", "手机很好", "x" * 5000])
def test_what_is_no_sentence_of_ours_stays_as_it_is(text):
    assert told(text) is None
    words = Words(load_strings("zh"), "zh")
    assert str(words.said(text)) == text.replace("<", "&lt;").replace(">", "&gt;")


@pytest.mark.parametrize(
    ("text", "chinese"),
    [
        ("100% stands in 3776dd: the preview of your watch", "100% 的内容出现在 3776dd 中：the preview of your watch"),
        ("by_trust: equal texts carry \"a\", \"b\"", "以可信来源为准：相同文本带有标签 \"a\", \"b\""),
        ("0.5 of random_swap", "随机交换 的 0.5"),
        ("language gcr at 0.9909", "语言 gcr，概率 0.9909"),
        ("removing 130 rows of 'raw' at random (-0.007, interval -0.015 to +0.002)",
         "从“原始”中随机删除 130 行（-0.007，区间 -0.015 至 +0.002）"),
    ],
)  # fmt: skip
def test_texts_of_the_data_inside_a_sentence_stay_as_they_are(text, chinese):
    words = Words(load_strings("zh"), "zh")
    assert re.sub("<[^>]+>", "", str(words.said(text))).replace("&#39;", "'").replace("&#34;", '"') == chinese


def test_names_of_ours_in_a_sentence_are_said_in_english_too():
    words = Words(load_strings("en"), "en")
    assert "decided by a trusted source: equal texts" in str(words.said('by_trust: equal texts carry "a", "b"'))


@pytest.mark.parametrize(
    ("text", "chinese"),
    [
        ("result_without_call: turn 2: no call waits for a result", "没有调用的结果：第 2 轮：没有等待结果的调用"),
        (
            "missing_argument: turn 2, 查天气: '城市' is a required property; extra_argument: turn 2, 查天气: 地点: "
            "the tool has no such argument",
            "缺少参数：第 2 轮，查天气：缺少必需的参数 '城市'；多余的参数：第 2 轮，查天气：地点：该工具没有此参数",
        ),
        (
            'a conversation needs a user turn before the reply: {"a": "x; y"}',
            '回复之前需要有用户发言：{"a": "x; y"}',
        ),
        ("Note: [draft] of a text; more of it", "Note: [draft] of a text; more of it"),
        ("first; second", "first; second"),
    ],
)
def test_sentences_that_stages_put_together_are_told_piece_by_piece(text, chinese):
    said = Words(load_strings("zh"), "zh").said(text).striptags()
    assert html.unescape(said) == chinese


def _reasons() -> set[str]:
    """Every reason that a record can be dropped for: the first argument of what says so, where it is written out."""
    found: set[str] = set()
    for path in sorted(_ROOT.rglob("*.py")):
        if path.relative_to(_ROOT).parts[0] in ("report", "commands", "studio", "serve", "export"):
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in _REASONS
                and node.args
            ):
                texts = (one.value for one in ast.walk(node.args[0]) if isinstance(one, ast.Constant))
                found |= {text for text in texts if isinstance(text, str) and re.fullmatch("[a-z]+(_[a-z]+)+", text)}
    return found | {*get_args(Reason)}


#: What drops or sets aside, by a reason.
_REASONS = ("Drop", "Reject", "Problem", "Bad")


def test_every_reason_has_a_name_in_both_languages():
    reasons = _reasons()
    assert len(reasons) > 120
    for language in LANGUAGES:
        words = Words(load_strings(language), language)
        assert [one for one in sorted(reasons) if words.plain(f"code.{one}") == one.replace("_", " ")] == [
            one for one in sorted(reasons) if words.strings.get(f"code.{one}") == one.replace("_", " ")
        ], "add code.<reason> to pipeline/report/strings"
