"""The repairs of one text: each alone, and what stays as it is."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given

from pipeline.text.repair import Repairer, Repairs
from tests.strategies import TEXTS

NOTHING: dict[str, Any] = {
    "encoding": False, "entities": False, "tags": False, "fold_width": False, "characters": False, "collapse": False,
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "repaired", "used"),
    [
        ("AT&amp;T", "AT&T", {"entities"}),
        ("so <br> good", "so good", {"tags", "whitespace"}),
        ("a\u200bb\x07", "ab", {"control_characters"}),
        ("e\u0301", "é", {"unicode"}),
        ("a  b \r\n\r\n\r\n c ", "a b\n\nc", {"whitespace"}),
        ("很\u3000好", "很 好", {"whitespace"}),
        ("caf\u00c3\u00a9", "café", {"encoding"}),
        ("今天天气很好。", "今天天气很好。", set()),
        ("", "", set()),
    ],
)
def test_each_repair_says_that_it_was_made(text: str, repaired: str, used: set[str]) -> None:
    assert Repairer(Repairs()).explained(text) == (repaired, frozenset(used))


def test_width_is_folded_only_where_asked_for() -> None:
    assert Repairer(Repairs())("ＡＢ１２") == "ＡＢ１２"
    assert Repairer(Repairs(fold_width=True))("ＡＢ１２，好") == "AB12，好"


def test_with_nothing_asked_for_lines_are_trimmed_alone() -> None:
    repairer = Repairer(Repairs(**NOTHING))
    assert repairer("a&amp;b  <i>x</i> \nＡ\u200b") == "a&amp;b  <i>x</i>\nＡ\u200b"


def test_own_patterns_come_before_the_rest_and_are_told_by_number() -> None:
    rules = ((re.compile("foo"), "&amp;"), (re.compile("【广告】"), ""))
    assert Repairer(Repairs(replace=rules)).explained("foo【广告】 好") == (
        "& 好",
        {"replace_1", "replace_2", "entities"},
    )


def test_code_stays_and_that_is_said() -> None:
    text = "Use this:\n```python\nx = a  &amp;& b\n```\nand   that"
    repaired, used = Repairer(Repairs()).explained(text)
    assert "x = a  &amp;& b" in repaired
    assert repaired.endswith("and that")
    assert {"left_alone", "whitespace"} <= used


def test_where_tags_stay_an_entity_never_becomes_one() -> None:
    repairer = Repairer(Repairs(tags=False))
    assert repairer("write &lt;b&gt; for <b>bold</b>") == "write &lt;b&gt; for <b>bold</b>"


def test_a_text_of_dirt_alone_says_that_nothing_is_left() -> None:
    assert Repairer(Repairs()).explained("\u200b\x00&nbsp;") == (
        "",
        frozenset({"control_characters", "entities", "whitespace", "left_empty"}),
    )


@given(TEXTS)
def test_repairing_twice_changes_nothing_more(text: str) -> None:
    repairer = Repairer(Repairs(fold_width=True))
    once = repairer(text)
    assert repairer.explained(once) == (once, frozenset())
