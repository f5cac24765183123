"""Conversations as sources hold them: whole in the record, or in quarantine whole with a reason."""

from __future__ import annotations

import json
import math
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.core.errors import PipelineError
from tests import chats
from tests.collect.conftest import CHAT, CLASSIFICATION

TOOL = {"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object"}}}


def jsonl(*rows) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def turn(role, content, **more):
    return {"role": role, "content": content, **more}


def conversations(*turns) -> list[dict[str, list[Any]]]:
    return [{"messages": list(one)} for one in turns]


def said(row) -> list[tuple[str, str]]:
    """(role, content) of all turns, the reply as the last."""
    turns = [*row["fields"]["messages"], *([row["target"]] if row["target"] else [])]
    return [(one["role"], one["content"]) for one in turns]


# ---------------------------------------------------------------------- parts, and what is no text


def test_texts_of_parts_are_joined_and_other_parts_quarantine_the_row_whole(project):
    image = {"type": "image_url", "image_url": {"url": "https://example.org/" + "x" * 900}}
    rows = conversations(
        [
            turn("user", [{"type": "text", "text": "哪颗行星最大？"}]),
            turn("assistant", [{"type": "text", "text": "木星。"}]),
        ],
        [
            turn("user", "Name a gas."),
            turn("assistant", [{"type": "text", "text": "Neon is"}, {"type": "text", "text": " one."}]),
        ],
        [turn("user", [{"type": "text", "text": "What is this?"}, image]), turn("assistant", "A bicycle.")],
        [turn("user", [{"type": "input_audio", "input_audio": {}}]), turn("assistant", "A song.")],
        [turn("user", "How many legs?"), turn("assistant", {"text": "Eight."})],
        [turn("user", "Is water wet?"), turn("assistant", True)],
        [turn("user", ["Is", {"n": 1}]), turn("assistant", "x")],
    )
    project.write("a.jsonl", jsonl(*rows))
    found = project.collect(CHAT, path="a.jsonl", format="messages", lang="en")
    assert [said(row) for row in found.rows] == [
        [("user", "哪颗行星最大？"), ("assistant", "木星。")],
        [("user", "Name a gas."), ("assistant", "Neon is one.")],
    ]
    assert found.reasons() == [
        ("parse", "not_text_only", 3), ("parse", "not_text_only", 4), ("parse", "not_a_text", 5),
        ("parse", "not_a_text", 6), ("parse", "not_a_text", 7),
    ]  # fmt: skip
    assert "A bicycle." in found.dropped[0]["detail"]  # nothing it came with is lost
    assert "x" * 900 in found.dropped[0]["detail"]


@pytest.mark.parametrize("nothing", [math.nan, None])
def test_nan_is_nothing(project, nothing):
    rows = [
        {"instruction": "说一种树。", "input": nothing, "output": "橡树。"},
        {"instruction": "Name a bird.", "input": "", "output": nothing},
        {"instruction": "Name a fish.", "output": "Cod.", "system": nothing},
    ]
    project.write("a.json", json.dumps(rows, ensure_ascii=False))
    project.write("m.jsonl", jsonl(*conversations(
        [turn("user", "Name a river."), turn("assistant", nothing)],
        [turn("system", nothing), turn("user", "Name a lake."), turn("assistant", "Como.")],
        [turn("user", "说一片海。"), turn("assistant", "东海。", reasoning_content=nothing, name=nothing)],
    )))  # fmt: skip
    project.write("q.jsonl", jsonl({"q": "Name a sea.", "a": nothing}, {"q": nothing, "a": "Yes."}))
    plain = {"kind": "files", "role": "train", "licence": "CC0-1.0", "lang": "en"}
    sources = {
        "a": {**plain, "path": "a.json", "format": "alpaca"},
        "m": {**plain, "path": "m.jsonl", "format": "messages"},
        "q": {**plain, "path": "q.jsonl", "fields": {"messages": "q"}, "target": "a"},
    }
    found = project.collect(CHAT, sources=sources)
    assert [said(row) for row in found.rows] == [
        [("user", "说一种树。"), ("assistant", "橡树。")],
        [("user", "Name a bird.")],
        [("user", "Name a fish."), ("assistant", "Cod.")],
        [("user", "Name a river.")],
        [("user", "Name a lake."), ("assistant", "Como.")],
        [("user", "说一片海。"), ("assistant", "东海。")],
        [("user", "Name a sea.")],
    ]
    assert found.reasons() == [("parse", "missing_messages", 2)]
    assert not any("nan" in text.lower() for row in found.rows for _, text in said(row))


def test_alpaca_cells_that_are_no_texts(project):
    rows = [
        {"instruction": "翻译", "input": "今天天气很好。", "output": "The weather is nice."},
        {"instruction": "计算", "input": {"a": 3}, "output": 7},
        {"instruction": "列出水果", "input": "", "output": ["苹果", "香蕉"]},
        {"instruction": "城市", "input": "", "output": {"城市": "苏州"}},
        {"instruction": "计算", "input": "3 + 4", "output": 7},
        {"instruction": "继续", "input": "", "output": "好的。", "history": [["你好", "你好！"]]},
        {
            "instruction": "总结",
            "input": "",
            "output": "总结。",
            "history": [{"user": "第一问", "assistant": "第一答"}],
        },
        {"instruction": "", "input": "什么是光？", "output": "电磁波。"},
        {"input": "什么是蒸发？", "output": "液体变成气体。"},
        {"instruction": "讲个故事", "output": "从前。", "history": None, "system": None},
        {"prompt": "什么是电流？", "response": "电荷的移动。"},
        {"instruction": "什么是电压？", "output": "电势差。", "history": [["问", None]]},
        {"instruction": "谜语", "output": ""},
        {"instruction": "什么是重力？", "input": "nan", "output": "吸引力。"},
    ]
    project.write("a.json", json.dumps(rows, ensure_ascii=False))
    found = project.collect(CHAT, path="a.json", format="alpaca", lang="zh")
    assert [(row["source"]["row"], said(row)[-1][1]) for row in found.rows] == [
        (1, "The weather is nice."), (5, "7"), (6, "好的。"), (7, "总结。"), (8, "电磁波。"), (10, "从前。"),
        (11, "电荷的移动。"), (13, ""), (14, "吸引力。"),
    ]  # fmt: skip
    assert said(found.rows[2])[:2] == [("user", "你好"), ("assistant", "你好！")]
    assert said(found.rows[4])[0] == ("user", "什么是光？")
    assert found.reasons() == [
        ("parse", "not_a_text", 2), ("parse", "not_a_text", 3), ("parse", "not_a_text", 4),
        ("parse", "not_a_dialogue", 9), ("parse", "not_a_text", 12),
    ]  # fmt: skip
    assert '"香蕉"' in found.dropped[1]["detail"]


# ---------------------------------------------------------------------- tools, reasoning, roles


def test_calls_results_and_tools_are_kept_and_what_is_not_used_is_named(project):
    call = {"id": "c1", "type": "function", "function": {"name": "get_weather", "arguments": '{"city": "里昂"}'}}
    rows = [
        {"tools": [TOOL], "messages": [
            turn("user", "要带伞吗？"),
            turn("assistant", None, tool_calls=[call], reasoning_content="先查天气。"),
            turn("tool", '{"rain": 0.9}', tool_call_id="c1"),
            turn("assistant", "要。", weight=1, mood="kind"),
        ], "id": 7},
        {"messages": [turn("user", "Lamp on."), turn("assistant", "", tool_calls=[call])]},
        {"messages": [turn("developer", "Be terse."), turn("user", "Capital?"), turn("assistant", "Lima.")]},
    ]  # fmt: skip
    project.write("a.jsonl", jsonl(*rows))
    found = project.collect(CHAT, path="a.jsonl", lang="en")
    first, second, third = found.rows
    assert json.loads(first["fields"]["tools"]) == [TOOL]
    assert first["fields"]["messages"][1]["tool_calls"] == [
        {"id": "c1", "name": "get_weather", "arguments": '{"city": "里昂"}'}
    ]
    assert first["fields"]["messages"][1]["reasoning"] == "先查天气。"
    assert first["fields"]["messages"][2]["tool_call_id"] == "c1"
    assert first["target"]["learn"] is True
    assert second["target"]["tool_calls"][0]["name"] == "get_weather"
    assert third["fields"]["messages"][0]["role"] == "developer"
    assert found.report["notes"]["sources"]["s"]["ignored"] == {"column: id": 1, "turn: mood": 1}


def test_sharegpt_calls_and_results(project):
    rows = [
        {"conversations": [
            {"from": "human", "value": "LH1 准点吗？"},
            {"from": "function_call", "value": '{"name": "status", "arguments": {"flight": "LH1"}}'},
            {"from": "observation", "value": '{"late": 20}'},
            {"from": "gpt", "value": "晚二十分钟。"},
        ], "system": "You help travellers.", "tools": '[{"name": "status"}]'},
        {"conversations": [{"from": "human", "value": "Open?"}, {"from": "gpt", "value": "No."}], "tools": "[]"},
    ]  # fmt: skip
    project.write("a.json", json.dumps(rows, ensure_ascii=False))
    first, second = project.collect(CHAT, path="a.json", format="sharegpt", lang="en").rows
    assert [role for role, _ in said(first)] == ["system", "user", "assistant", "tool", "assistant"]
    assert first["fields"]["messages"][2]["tool_calls"][0]["arguments"] == '{"flight": "LH1"}'
    assert json.loads(first["fields"]["tools"])[0]["function"]["name"] == "status"
    assert second["fields"]["tools"] is None


def test_role_names_are_known_or_mapped(project):
    usual = [("User", "Assistant"), ("用户", "助手"), ("顾客", "客服"), ("HUMAN", "bot")]
    rows = conversations(
        *([turn(user, "货到付款？"), turn(bot, "支持。")] for user, bot in (*usual, ("买方小王", "Concierge")))
    )
    project.write("a.jsonl", jsonl(*rows))
    found = project.collect(CHAT, path="a.jsonl", lang="zh")
    assert (len(found.rows), found.reasons()) == (4, [("parse", "unknown_role", 5)])
    roles = {"买方小王": "user", "concierge": "assistant"}
    found = project.collect(CHAT, path="a.jsonl", lang="zh", roles=roles)
    assert {tuple(said(row)) for row in found.rows} == {(("user", "货到付款？"), ("assistant", "支持。"))}
    assert len(found.rows) == 5
    with pytest.raises(PipelineError, match="roles"):
        project.collect(CHAT, path="a.jsonl", roles={"x": "narrator"})


def test_dialect_and_roles_are_for_conversations(project):
    project.write("a.csv", "text\nx\n")
    with pytest.raises(PipelineError, match="roles: only for conversations"):
        project.collect(CLASSIFICATION, path="a.csv", roles={"x": "user"})
    with pytest.raises(PipelineError, match="Did you mean 'sharegpt'"):
        project.collect(CHAT, path="a.csv", dialect="sharegtp")


# ---------------------------------------------------------------------- containers

TALK = [turn("user", "怎么切玻璃？"), turn("assistant", "Score it and snap it.")]


def test_conversations_as_json_text_in_cells(project):
    text = json.dumps(TALK, ensure_ascii=False)
    cell = text.replace('"', '""')
    project.write("c.csv", f'conversations,n\n"{cell}",1\n')
    project.write("k.jsonl", jsonl({"messages": text}))
    pq.write_table(pa.table({"conversations": [text], "system": ["Be kind."]}), project.raw / "p.parquet")
    plain = {"kind": "files", "role": "train", "licence": "CC0-1.0", "lang": "en"}
    sources = {
        "c": {**plain, "path": "c.csv", "fields": {"messages": "conversations"}},
        "k": {**plain, "path": "k.jsonl", "format": "messages"},
        "p": {**plain, "path": "p.parquet", "format": "sharegpt"},
        "q": {**plain, "path": "p.parquet", "fields": {"messages": "conversations"}},
    }
    found = project.collect(CHAT, sources=sources)
    expected = [("user", "怎么切玻璃？"), ("assistant", "Score it and snap it.")]
    assert [said(row) for row in found.rows] == [
        expected, expected, [("system", "Be kind."), *expected], [("system", "Be kind."), *expected],
    ]  # fmt: skip


def test_chats_in_parquet_keep_calls_without_the_nulls_of_other_rows(project):
    def one(arguments):
        call = {"id": "1", "type": "function", "function": {"name": "f", "arguments": arguments}}
        return {"messages": [turn("user", "去"), {**turn("assistant", None), "tool_calls": [call]}], "system": "s"}

    pq.write_table(pa.Table.from_pylist([one({"city": "Lyon"}), one({"n": 2})]), project.raw / "a.parquet")
    found = project.collect(CHAT, path="a.parquet", format="messages", lang="en")
    assert [row["target"]["tool_calls"][0]["arguments"] for row in found.rows] == ['{"city": "Lyon"}', '{"n": 2}']
    assert said(found.rows[0])[0] == ("system", "s")


def test_rows_of_other_kinds_of_source_have_a_dialect_too(project):
    import sqlite3

    with sqlite3.connect(project.raw / "a.db") as base:
        base.execute("create table t (conversations text, system text)")
        base.execute(
            "insert into t values (?, '请客气。')",
            (json.dumps([{"from": "human", "value": "在？"}, {"from": "gpt", "value": "在。"}]),),
        )
    source = {"kind": "sql", "role": "train", "licence": "CC0-1.0", "lang": "zh", "query": "select * from t"}
    found = project.collect(CHAT, sources={"s": {**source, "url": "sqlite:///data/raw/a.db", "dialect": "sharegpt"}})
    assert said(found.rows[0]) == [("system", "请客气。"), ("user", "在？"), ("assistant", "在。")]


def test_no_row_and_rows_that_are_no_conversations(project):
    project.write("a.jsonl", jsonl({"msgs": []}))
    with pytest.raises(PipelineError, match="missing_messages"):
        project.collect(CHAT, path="a.jsonl", format="messages")
    project.write("a.jsonl", jsonl({"conversations": []}, {"conversations": [{"from": "human", "value": "喂"}]}))
    found = project.collect(CHAT, path="a.jsonl", format="sharegpt", lang="zh")
    assert found.reasons() == [("parse", "missing_messages", 1)]
    assert found.rows[0]["target"] is None
    assert found.rows[0]["fields"]["messages"] == chats.turns([("user", "喂")])
