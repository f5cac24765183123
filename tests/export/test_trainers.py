"""What trainers read, held against the rules by which they read it.

TRL and OpenAI's types are installed and read the files themselves. LLaMA-Factory and axolotl are not: their rules stand
here in our words, after `data/converter.py` and `data/formatter.py` of the one and the documented keys
of a `chat_template` data set of the other.
"""

from __future__ import annotations

import json
import runpy
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter
from ruamel.yaml import YAML

from pipeline.core.conversation import Conversation, Message, ToolCall
from pipeline.export.files import write
from tests.export.test_files import CALL, CHAT, PLAIN, TOOLS, WITH_TOOL, dataset, lines
from tests.modeling.conftest import llama_folder  # noqa: F401

TWO_AT_ONCE = Conversation(
    (
        Message("user", "两个秤各是多少？"),
        Message("assistant", "", tool_calls=(CALL, replace(CALL, id="c2"))),
        Message("tool", "12", tool_call_id="c1"),
        Message("tool", "13", tool_call_id="c2"),
        Message("assistant", "Twelve and thirteen."),
    ),
    TOOLS,
)
TALKS = [PLAIN, WITH_TOOL, TWO_AT_ONCE]


def aligned(example: Mapping[str, Any], entry: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Role and text of each turn as LLaMA-Factory aligns them; none where it skips the row."""
    tags, columns = entry["tags"], entry["columns"]
    asks = (tags["user_tag"], tags["observation_tag"])
    answers = (tags["assistant_tag"], tags["function_tag"])
    turns = [(turn[tags["role_tag"]], turn[tags["content_tag"]]) for turn in example[columns["messages"]]]
    in_turn = all(role in (answers if n % 2 else asks) for n, (role, _) in enumerate(turns))
    return turns if in_turn and len(turns) % 2 == 0 else []


def entries(folder: Path) -> Iterator[tuple[Mapping[str, Any], list[dict[str, Any]]]]:
    info = json.loads((folder / "dataset_info.json").read_text("utf-8"))
    for entry in info.values():
        assert entry.keys() <= {"file_name", "formatting", "columns", "tags"}
        yield entry, lines(folder / entry["file_name"])


def test_llama_factory_skips_no_row_and_reads_calls_and_tools(tmp_path: Path) -> None:
    bare = replace(WITH_TOOL, tools=({"type": "function", "function": {"name": "scale"}},))
    done = write(dataset(tmp_path, train=[*TALKS, bare], validation=[PLAIN]), "sharegpt", CHAT, tmp_path / "out")
    assert not done.left_out
    for entry, rows in entries(tmp_path / "out/sharegpt"):
        for row in rows:
            turns = aligned(row, entry)
            assert turns
            for role, text in turns:
                if role == "function_call":
                    said = json.loads(text)
                    calls = said if isinstance(said, list) else [said]
                    assert all(isinstance(one["arguments"], dict) for one in calls)
            tools = row.get(entry["columns"].get("tools", ""))
            if tools:
                assert all(isinstance(tool["parameters"]["properties"], dict) for tool in json.loads(tools))
    assert len(lines(tmp_path / "out/sharegpt/train.jsonl")) == 4


def test_llama_factory_reads_alpaca_with_its_history(tmp_path: Path) -> None:
    long = replace(PLAIN, messages=(*PLAIN.messages, Message("user", "再见"), Message("assistant", "再见！")))
    write(dataset(tmp_path, train=[PLAIN, long]), "alpaca", CHAT, tmp_path / "out")
    ((entry, rows),) = entries(tmp_path / "out/alpaca")
    columns = entry["columns"]
    assert columns.keys() <= {"prompt", "query", "response", "system", "history"}
    for row in rows:
        assert isinstance(row[columns["prompt"]], str)
        assert isinstance(row[columns["response"]], str)
        for old_prompt, old_response in row.get(columns.get("history", ""), []):
            assert isinstance(old_prompt, str)
            assert isinstance(old_response, str)


#: Keys of a data set of axolotl whose type is chat_template.
_AXOLOTL = {
    "path", "ds_type", "split", "type", "field_messages", "field_tools", "message_property_mappings",
    "message_field_training", "roles_to_train", "train_on_eos",
}  # fmt: skip


def test_axolotl_finds_every_field_that_it_is_told_of(tmp_path: Path) -> None:
    off = replace(PLAIN, messages=(*PLAIN.messages[:2], replace(PLAIN.messages[2], learn=False)))
    write(dataset(tmp_path, train=[*TALKS, off], validation=[PLAIN]), "messages", CHAT, tmp_path / "out")
    folder = tmp_path / "out/messages"
    found = YAML(typ="safe").load((folder / "axolotl.yaml").read_text("utf-8"))
    assert found.keys() == {"datasets", "test_datasets"}
    for part in (*found["datasets"], *found["test_datasets"]):
        assert part.keys() <= _AXOLOTL
        assert part["train_on_eos"] in ("all", "turn", "last")
        for row in lines(folder / part["path"]):
            for turn in row[part["field_messages"]]:
                assert all(isinstance(turn[key], str) for key in part["message_property_mappings"].values())
                assert turn.get(part["message_field_training"]) in (None, 0, 1)
            assert isinstance(row.get(part.get("field_tools", ""), []), list)
    learned = [row["messages"][-1].get("weight") for row in lines(folder / "train.jsonl")]
    assert learned == [None, None, None, 0]


def test_openai_reads_the_lines_by_its_own_types(tmp_path: Path) -> None:
    types = pytest.importorskip("openai.types.chat")
    message, tool = TypeAdapter(types.ChatCompletionMessageParam), TypeAdapter(types.ChatCompletionToolParam)
    off = replace(
        PLAIN, messages=(*PLAIN.messages[:2], replace(PLAIN.messages[2], learn=False), Message("user", "？"), CALL_LAST)
    )
    write(dataset(tmp_path, train=[*TALKS, *[PLAIN] * 7, off]), "openai", CHAT, tmp_path / "out")
    rows = lines(tmp_path / "out/openai/train.jsonl")
    assert len(rows) == 11
    for row in rows:
        for turn in row["messages"]:
            message.validate_python(turn)
        for definition in row.get("tools", []):
            tool.validate_python(definition)


CALL_LAST = Message("assistant", "", tool_calls=(ToolCall("scale", "{}", "c9"),))


@pytest.mark.slow
@pytest.mark.parametrize("form", ["trl", "prompt_completion"])
def test_trl_trains_with_the_script_that_stands_beside_the_rows(
    form: str,
    tmp_path: Path,
    llama_folder: Path,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    trl = pytest.importorskip("trl")
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = tmp_path / "model"
    tokenizer = AutoTokenizer.from_pretrained(llama_folder)
    tokenizer.chat_template = (Path(trl.__file__).parent / "chat_templates/qwen3.jinja").read_text("utf-8")
    tokenizer.save_pretrained(model)
    AutoModelForCausalLM.from_pretrained(llama_folder).save_pretrained(model)
    write(dataset(tmp_path, train=TALKS, validation=[PLAIN]), form, CHAT, tmp_path / "out")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["sft_trl.py", str(model)])
    found = runpy.run_path(str(tmp_path / "out" / form / "sft_trl.py"), run_name="__main__")
    assert found["trainer"].state.global_step > 0
    batch = next(iter(found["trainer"].get_train_dataloader()))
    assert (batch["labels"] != -100).any()
