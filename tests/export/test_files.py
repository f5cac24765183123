"""Files of `sft export`: whole or not at all, with what trainers need beside them."""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from ruamel.yaml import YAML

from pipeline.commands.export import run
from pipeline.core.conversation import Conversation, Message, ToolCall, to_row
from pipeline.core.errors import PipelineError
from pipeline.core.record import Decision
from pipeline.core.settings import Task
from pipeline.export import files
from pipeline.export.files import write
from pipeline.runtime.columns import schema
from pipeline.runtime.store import to_table, write_table
from tests import chats
from tests.strategies import record

CHAT = Task(type="chat", languages=("en", "zh"))
SENTIMENT = Task(type="classification", labels=("good", "bad"), languages=("en", "zh"))
CALL = ToolCall("scale", '{"unit": "g", "a": 1}', "c1")
TOOLS = ({"type": "function", "function": {"name": "scale", "parameters": {"type": "object", "properties": {}}}},)
PLAIN = Conversation((Message("system", "请简短。"), Message("user", "你好"), Message("assistant", "您好！")))
WITH_TOOL = Conversation(
    (
        Message("user", "What does the scale say?"),
        Message("assistant", "", tool_calls=(CALL,)),
        Message("tool", '{"g": 12}', tool_call_id="c1"),
        Message("assistant", "十二克。"),
    ),
    TOOLS,
)


def dataset(folder: Path, **splits: list[Conversation]) -> Path:
    """An exported dataset of chats."""
    for split, conversations in splits.items():
        rows = [{"id": f"{split}{n}", **to_row(conversation)} for n, conversation in enumerate(conversations)]
        write_table(pa.Table.from_pylist(rows), folder / f"d/data/{split}-00000-of-00001.parquet")
    return folder / "d"


def lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_a_tool_turn_is_an_observation_for_sharegpt_and_left_out_and_counted_for_alpaca(tmp_path):
    folder = dataset(tmp_path, train=[PLAIN, WITH_TOOL])
    done = write(folder, "sharegpt", CHAT, tmp_path / "out")
    assert sum(done.files.values()) == 2
    second = lines(tmp_path / "out/sharegpt/train.jsonl")[1]
    assert [turn["from"] for turn in second["conversations"]] == ["human", "function_call", "observation", "gpt"]
    assert (
        second["conversations"][1]["value"] == '{"name": "scale", "arguments": {"unit": "g", "a": 1}}'
    )  # in its order
    done = write(folder, "alpaca", CHAT, tmp_path / "out")
    assert (sum(done.files.values()), done.left_out) == (1, {"no_place_for_tools": 1})
    with pytest.raises(PipelineError, match=r"no place for 1 of 2 rows: 1 no_place_for_tools") as caught:
        write(folder, "alpaca", CHAT, tmp_path / "strict", strict=True)
    assert "train1" in str(caught.value)
    assert list((tmp_path / "strict").iterdir()) == []
    with pytest.raises(PipelineError, match="no place for 1 of 1 rows"):
        write(dataset(tmp_path / "b", train=[WITH_TOOL]), "alpaca", CHAT, tmp_path / "out")


def test_rows_stand_as_often_as_the_mixture_reads_them(tmp_path):
    folder = dataset(tmp_path, train=[PLAIN, WITH_TOOL, PLAIN])
    path = folder / "data/train-00000-of-00001.parquet"
    write_table(pq.read_table(path).append_column("repeats", pa.array([0, 3, 1], pa.int32())), path)
    done = write(folder, "messages", CHAT, tmp_path / "out", strict=True)  # no place is missing: it is not asked for
    assert (sum(done.files.values()), done.left_out) == (4, {"not_in_mixture": 1})
    assert [line["id"] for line in lines(tmp_path / "out/messages/train.jsonl")] == ["train1"] * 3 + ["train2"]


def test_an_export_that_fails_leaves_what_was_there(tmp_path, monkeypatch):
    folder, out = dataset(tmp_path, train=[PLAIN], test=[PLAIN]), tmp_path / "out"
    write(folder, "messages", CHAT, out)
    before = {path.name: path.read_bytes() for path in (out / "messages").iterdir()}

    def breaks(file):
        yield {"id": "x", **to_row(WITH_TOOL)}
        raise OSError("disk full")

    monkeypatch.setattr(files, "_rows", breaks)
    with pytest.raises(OSError, match="disk full"):
        write(folder, "messages", CHAT, out)
    assert {path.name: path.read_bytes() for path in (out / "messages").iterdir()} == before
    assert [path.name for path in out.iterdir()] == ["messages"]


def test_llama_factory_finds_its_columns(tmp_path):
    folder = dataset(tmp_path, train=[PLAIN, WITH_TOOL], validation=[PLAIN])
    write(folder, "sharegpt", CHAT, tmp_path / "out")
    found = json.loads((tmp_path / "out/sharegpt/dataset_info.json").read_text("utf-8"))
    assert found["train"]["columns"] == {"messages": "conversations", "system": "system", "tools": "tools"}
    assert found["validation"]["columns"] == {"messages": "conversations", "system": "system"}
    assert found["train"]["tags"]["observation_tag"] == "observation"
    assert all((tmp_path / "out/sharegpt" / entry["file_name"]).is_file() for entry in found.values())
    write(folder, "alpaca", CHAT, tmp_path / "out")
    entry = json.loads((tmp_path / "out/alpaca/dataset_info.json").read_text("utf-8"))["train"]
    assert entry["formatting"] == "alpaca"
    assert set(entry["columns"].values()) <= lines(tmp_path / "out/alpaca/train.jsonl")[0].keys()


def test_axolotl_and_trl_name_the_files(tmp_path):
    folder = dataset(tmp_path, train=[PLAIN, WITH_TOOL], validation=[PLAIN])
    write(folder, "messages", CHAT, tmp_path / "out")
    found = YAML(typ="safe").load((tmp_path / "out/messages/axolotl.yaml").read_text("utf-8"))
    (data,), (held_out,) = found["datasets"], found["test_datasets"]
    assert (data["path"], data["field_tools"], held_out["path"]) == ("train.jsonl", "tools", "validation.jsonl")
    assert "field_tools" not in held_out
    for form, loss in (("trl", True), ("prompt_completion", False)):
        write(folder, form, CHAT, tmp_path / "out")
        script = (tmp_path / f"out/{form}/sft_trl.py").read_text("utf-8")
        compile(script, "sft_trl.py", "exec")
        assert ("assistant_only_loss" in script) == loss
        assert 'eval_dataset=data["validation"]' in script
    first = lines(tmp_path / "out/trl/train.jsonl")[1]["messages"][1]["tool_calls"][0]["function"]
    assert first["arguments"] == {"unit": "g", "a": 1}


def test_lines_for_openai_keep_its_rules(tmp_path):
    many = [PLAIN] * 9 + [WITH_TOOL]
    thought = replace(PLAIN, messages=(*PLAIN.messages[:2], replace(PLAIN.messages[2], reasoning="hm")))
    off = replace(PLAIN, messages=(*PLAIN.messages[:2], replace(PLAIN.messages[2], learn=False)))
    done = write(dataset(tmp_path, train=[*many, thought, off], test=[PLAIN]), "openai", CHAT, tmp_path / "out")
    assert done.left_out == {"no_place_for_reasoning": 1, "last_turn_not_learned": 1}
    rows = lines(tmp_path / "out/openai/train.jsonl")
    assert len(rows) == 10
    allowed = {"role", "content", "name", "tool_calls", "tool_call_id", "weight"}
    for row in rows:
        assert row.keys() <= {"messages", "tools", "parallel_tool_calls"}
        assert all(turn.keys() <= allowed for turn in row["messages"])
        assert row["messages"][-1]["role"] == "assistant"
    assert isinstance(rows[9]["messages"][1]["tool_calls"][0]["function"]["arguments"], str)
    with pytest.raises(PipelineError, match="openai needs 10 train rows; here are 9"):
        write(dataset(tmp_path / "b", train=[PLAIN] * 9), "openai", CHAT, tmp_path / "out")


def test_people_who_correct_replies_give_preference_pairs(tmp_path):
    human = Decision("human:小王", 1.0)
    asked = chats.fields([("system", "请客气。"), ("user", "能退货吗？")])
    plain = record(asked, chats.reply("不能"), id="a", split="train", labels_by=Decision("source:s"))
    given = record(asked, None, id="b", split="train").derive("label", target=chats.reply("可以。"), labels_by=human)
    better = replace(plain, id="c").derive("label", target=chats.reply("可以，七天内。"), labels_by=human)
    cleaned = replace(plain, id="d").derive("repair_text", target=chats.reply("不能。"))
    file = tmp_path / "records.parquet"
    write_table(to_table([plain, given, better, cleaned], schema(CHAT)), file)
    done = write(tmp_path, "preference", CHAT, tmp_path / "out", records=file)
    assert list(done.files.values()) == [1]
    (row,) = lines(tmp_path / "out/preference/train.jsonl")
    assert (row["id"], row["by"]) == ("c", "human:小王")
    assert [turn["role"] for turn in row["prompt"]] == ["system", "user"]
    assert (row["chosen"][0]["content"], row["rejected"][0]["content"]) == ("可以，七天内。", "不能")
    write_table(to_table([plain], schema(CHAT)), file)
    with pytest.raises(PipelineError, match="no row for preference"):
        write(tmp_path, "preference", CHAT, tmp_path / "out", records=file)
    with pytest.raises(PipelineError, match="dvc repro augment"):
        write(tmp_path, "preference", CHAT, tmp_path / "out", records=tmp_path / "absent")


def test_the_command_writes_each_split_and_says_what_it_left_out(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "params.yaml").write_text("task: {type: chat}\n")
    options = {"dataset": dataset(tmp_path, train=[PLAIN, WITH_TOOL], test=[PLAIN]), "out": tmp_path / "out"}
    options |= {"push": None, "folder": None, "json": False, "strict": False, "records": tmp_path / "absent"}
    run(argparse.Namespace(form=["messages", "alpaca"], **options))
    assert sorted(p.relative_to(tmp_path / "out").as_posix() for p in (tmp_path / "out").rglob("*.jsonl")) == [
        "alpaca/test.jsonl", "alpaca/train.jsonl", "messages/test.jsonl", "messages/train.jsonl",
    ]  # fmt: skip
    assert "1 no_place_for_tools" in capsys.readouterr().out
    run(argparse.Namespace(form=["alpaca"], **{**options, "json": True}))
    told = json.loads(capsys.readouterr().out)["forms"]["alpaca"]
    assert told["left_out"] == {"no_place_for_tools": 1}
    assert sorted(told["files"].values()) == [1, 1]
    with pytest.raises(PipelineError, match="nothing to do"):
        run(argparse.Namespace(form=[], **options))


@pytest.mark.parametrize(
    ("form", "said"),
    [("mesages", "Did you mean 'messages'"), ("squad", "Forms that do: messages"), ("messages", "dvc repro validate")],
)
def test_what_cannot_be_written_says_why(tmp_path, form, said):
    with pytest.raises(PipelineError) as caught:
        write(tmp_path, form, SENTIMENT, tmp_path / "out")
    assert said in str(caught.value)
