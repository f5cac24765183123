"""Pairs whose better reply is known: planted ones, and ones that people compared."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.core.conversation import Conversation, Message
from pipeline.core.errors import PipelineError
from pipeline.llm.judges.gold import GoldPair, as_judged, between_judges, on_gold, planted, read_people, with_people
from pipeline.llm.judges.judge import Comparison, Pair

TALK = Conversation((Message("user", "首都？"),))


def pair(first: str, second: str) -> Pair:
    return Pair(TALK, Message("assistant", first), Message("assistant", second), "zh")


def test_planted_pairs_stand_in_an_order_drawn_by_id_and_equal_replies_are_left_out() -> None:
    items = [(f"r{n}", pair(f"right {n}", "wrong")) for n in range(40)] + [("same", pair("x", "x"))]
    gold = planted(items, 30)
    assert len(gold) == 30
    assert {one.better for one in gold} == {"first", "second"}
    for one in gold:
        chosen = one.pair.first if one.better == "first" else one.pair.second
        assert chosen.content.startswith("right")
    assert planted(items[::-1], 30) == gold
    assert planted([], 5) == []


LINE = {"messages": [{"role": "user", "content": "首都？"}], "first": "北京", "second": "Lyon", "better": "first"}


def people(tmp_path: Path, *lines: object) -> Path:
    file = tmp_path / "people.jsonl"
    texts = [line if isinstance(line, str) else json.dumps(line, ensure_ascii=False) for line in lines]
    file.write_text("\n".join(texts), "utf-8")
    return file


def test_what_most_people_chose_counts_and_a_draw_is_a_tie(tmp_path: Path) -> None:
    other = {**LINE, "second": "Nice"}
    lines = [
        {**LINE, "annotator": who, "better": better} for who, better in (("a", "first"), ("b", "first"), ("c", "tie"))
    ]
    lines += [{**other, "annotator": who, "better": better} for who, better in (("a", "first"), ("b", "second"))]
    gold = read_people(people(tmp_path, *lines, ""))
    assert [one.better for one in gold] == ["first", "tie"]
    assert gold[0].by == (("a", "first"), ("b", "first"), ("c", "tie"))
    assert gold[0].pair.first.content == "北京"


@pytest.mark.parametrize(
    "line",
    ["{broken", {**LINE}, {**LINE, "annotator": "a", "better": "both"}, {**LINE, "annotator": "a", "messages": [1]}],
)
def test_a_line_that_cannot_be_read_is_named(tmp_path: Path, line: object) -> None:
    with pytest.raises(PipelineError, match=r"people\.jsonl:2"):
        read_people(people(tmp_path, {**LINE, "annotator": "a"}, line))


def test_no_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match="no such file"):
        read_people(tmp_path / "none.jsonl")


def judged(forward: str | None, backward: str | None) -> Comparison:
    return Comparison(forward, backward)  # type: ignore[arg-type]


def test_right_answers_are_counted_a_tie_is_half_and_an_unreadable_one_none() -> None:
    gold = [GoldPair(pair("a", "b"), "first")] * 4 + [GoldPair(pair("a", "b"), "tie")]
    said = [judged("first", "first"), judged("second", "second"), judged("first", "second"), judged(None, None)]
    found: Any = on_gold(gold, [*said, judged("first", "first")])
    assert (found["asked"], found["read"], found["right"]["value"]) == (5, 3, 0.5)
    assert on_gold([], [])["read"] == 0


def test_the_longer_reply_is_known() -> None:
    comparison = judged("first", "first")
    assert as_judged(comparison, pair("long reply", "ok"), "first").longer == "first"
    assert as_judged(comparison, pair("ok", "长一点的回答"), "second").longer == "second"
    assert as_judged(comparison, pair("same", "size"), "tie") == as_judged(comparison, pair("same", "size"))


def test_agreement_with_people() -> None:
    gold = [
        GoldPair(pair("a", str(n)), ("first", "second")[n % 2], (("p", ("first", "second")[n % 2]),)) for n in range(6)
    ]
    agreeing = [judged(one.better, one.better) for one in gold]
    found = with_people(gold, agreeing)
    assert found is not None
    assert (found["pairs"], found["read"], found["alpha"], found["kappa"]) == (6, 6, 1.0, 1.0)
    assert found["alpha_people"] is None  # one person each: nothing to say of people alone
    against = with_people(gold, [judged(*(["second"] * 2 if one.better == "first" else ["first"] * 2)) for one in gold])
    assert against is not None
    assert against["kappa"] == -1.0
    assert with_people([GoldPair(pair("a", "b"), "first")], [judged("first", "first")]) is None


def test_agreement_between_judges() -> None:
    assert between_judges([["first", "second"], ["first", "second"]]) == 1.0
    assert between_judges([["first", None], [None, "second"]]) is None
    assert between_judges([]) is None
