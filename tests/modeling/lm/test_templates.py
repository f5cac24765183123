"""Chat templates that take the place of a model's own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.commands.render import _asked_with
from pipeline.core.errors import PipelineError
from pipeline.core.settings import Task
from pipeline.modeling.base_model import load_base_model
from pipeline.modeling.heads import chat
from pipeline.modeling.lm.chat_template import ChatTemplate
from pipeline.modeling.lm.encoding import Encoder
from pipeline.modeling.lm.generator import load_generator
from pipeline.modeling.lm.reply_parser import ReplyParser
from pipeline.modeling.lm.templates import HERMES
from pipeline.modeling.models import Model, Models, identity
from pipeline.modeling.predictor import load_predictor
from pipeline.train.params import Params
from pipeline.train.run import train
from tests.modeling.lm.shapes import TOOLS, shapes
from tests.modeling.lm.test_reply_parser import REPLIES, plain, written
from tests.modeling.lm.toy_tokenizer import toy_tokenizer
from tests.train.conftest import write_dataset

TEMPLATE = ChatTemplate(toy_tokenizer(HERMES, eos_token="<|im_end|>"))
FAST: dict[str, Any] = {"epochs": 1.0, "batch_size": 2, "evaluations": 1, "max_length": 512, "max_new_tokens": 4}


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_hermes_has_a_place_for_every_shape_of_conversation(lang: str) -> None:
    for name, conversation in shapes(lang).items():
        (learned,) = Encoder(TEMPLATE).encode([conversation])
        assert (learned.refused, len(learned.encoded)) == ([], 1), name


@pytest.mark.parametrize("shape", REPLIES)
def test_what_hermes_writes_is_read_back(shape: str) -> None:
    for text in written(TEMPLATE, REPLIES[shape]):
        assert plain(ReplyParser(TEMPLATE).message(text, TOOLS)) == plain(REPLIES[shape])


def test_a_small_model_learns_calls_and_is_asked_as_it_was_trained(
    llama_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": json.dumps({"city": "巴黎"})}}
    messages = [
        {"role": "user", "content": "what a good day"},
        {"role": "assistant", "content": "", "reasoning_content": "look", "tool_calls": [call]},
        {"role": "tool", "content": "good", "tool_call_id": "c1"},
        {"role": "assistant", "content": "thank you"},
    ]
    tool = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}
    row = {"messages": messages, "tools": json.dumps([tool]), "prompt": "what a good day", "response": "thank you"}
    folder = write_dataset(tmp_path / "dataset", train=[row] * 2, validation=[row])
    model = Model(name=str(llama_folder), chat_template="hermes")
    train(folder, tmp_path / "out", Task(type="chat"), Models(generator=model), Params(**FAST))
    report = json.loads((tmp_path / "out/report.json").read_text("utf-8"))["rows"]["train"]
    assert (report["replies"], report["views"]) == (4, 2)
    tokenizer, _ = load_generator(model)
    asked: Any = chat.load(tmp_path / "out/model", json.loads((tmp_path / "out/model/sft.json").read_text("utf-8")))
    assert asked.tokenizer.chat_template == tokenizer.chat_template == HERMES
    base = load_base_model(tmp_path / "out/model", Models(generator=model))
    assert base is not None
    tuned = load_predictor(tmp_path / "out/model").predict([row])[0]
    assert base([row])[0].tokens == tuned.tokens > 0
    monkeypatch.chdir(tmp_path)
    Path("params.yaml").write_text(json.dumps({"models": {"generator": model.model_dump()}, "train": {}}))
    assert _asked_with(None)[0].chat_template == HERMES


def test_a_file_is_a_template_and_what_is_none_is_named(llama_folder: Path, tmp_path: Path) -> None:
    def loaded(name: str) -> str:
        return str(load_generator(Model(name=str(llama_folder), chat_template=name))[0].chat_template)

    file = tmp_path / "mine.jinja"
    file.write_text("{% for m in messages %}{{ m.content }}{{ eos_token }}{% endfor %}", "utf-8")
    assert loaded(str(file)) == file.read_text("utf-8")
    with pytest.raises(PipelineError, match="'hermez' is neither a template nor a file") as caught:
        loaded("hermez")
    assert "Did you mean 'hermes'" in caught.value.hint
    file.write_text("a\n{% for m in %}", "utf-8")
    with pytest.raises(PipelineError, match=r"mine\.jinja:2: "):
        loaded(str(file))
    named = Model(name="x", chat_template="hermes")
    assert identity(named) != identity(Model(name="x"))
