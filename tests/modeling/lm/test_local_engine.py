"""A model on this machine, asked through the same client as one behind a service."""

from __future__ import annotations

import importlib.util
import json
import os
import time
from pathlib import Path

import pytest

from pipeline.core.errors import PipelineError
from pipeline.core.settings import load
from pipeline.llm.client import ask_all
from pipeline.llm.question import Question, ask, samples
from pipeline.llm.remote import RemoteModel
from pipeline.llm.settings import Endpoint
from pipeline.modeling.lm import generation
from pipeline.modeling.lm.generator import load_generator
from pipeline.modeling.lm.llama_cpp import LlamaCpp
from pipeline.modeling.lm.local_engine import LocalModel, name_of, open_model
from pipeline.modeling.models import Model, Models
from tests.modeling.lm.loaded import loaded_parts

REAL_CACHE = os.environ.get("SFT_CACHE", ".cache")
WHERE = "params.yaml: label.prelabel.llm.endpoint"


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("SFT_CACHE", str(tmp_path / "cache"))


def test_answers_are_counted_kept_and_do_not_depend_on_their_neighbours(llama_folder):
    model = Model(name=str(llama_folder))
    questions = [ask("a good film", max_tokens=4), ask("质量很好", max_tokens=4), ask("good " * 3000, max_tokens=4)]
    questions += samples(ask("bad", max_tokens=6, temperature=1.0, logprobs=True), 20)
    engine = LocalModel(model)
    answers = ask_all(engine, questions)
    assert [a.problem for a in answers[:3]][2] == "too_long"
    assert {a.problem for a in answers[3:]} <= {"", "cut"}
    assert all(a.logprob is not None and a.logprob < 0 for a in answers[3:])
    assert answers[0].logprob is None
    assert len({a.text for a in answers[3:]}) > 1  # each sample has its own seed
    assert engine.usage.requests == 23
    assert engine.usage.written_tokens == sum(a.written_tokens for a in answers) > 0
    assert not engine.usage.estimated
    again = LocalModel(model)
    assert ask_all(again, questions[3:]) == answers[3:]
    assert (again.usage.requests, again.usage.cached) == (0, 20)


def test_a_log_probability_is_that_of_the_whole_answer(llama_folder):
    import torch

    engine = LocalModel(Model(name=str(llama_folder)))
    (answer,) = ask_all(engine, [ask("good", max_tokens=5, logprobs=True)])
    tokenizer, loaded = loaded_parts(engine._model)
    prompt = tokenizer.apply_chat_template(
        [{"role": "user", "content": "good"}], add_generation_prompt=True, return_tensors="pt", return_dict=True
    )["input_ids"]
    with torch.inference_mode():
        written = loaded.generate(prompt, max_new_tokens=5, do_sample=False)
        likely = loaded(written).logits.float().log_softmax(-1)[0]
    places = range(prompt.shape[1], written.shape[1])
    assert answer.logprob == pytest.approx(sum(float(likely[n - 1, written[0, n]]) for n in places), abs=1e-3)


def test_nothing_is_masked_for_a_model_that_is_here(llama_folder):
    assert not LocalModel(Model(name=str(llama_folder))).masks_personal_data


TOOL = {"type": "function", "function": {"name": "add", "parameters": {"type": "object"}}}


def test_tools_are_offered_in_the_models_own_form_and_calls_taken_apart(llama_folder):
    engine = LocalModel(Model(name=str(llama_folder), chat_template="hermes"))
    call = {"tool_calls": [{"id": "c", "type": "function", "function": {"name": "add", "arguments": "{}"}}]}
    turns = (("user", "what a day"), ("assistant", ""), ("tool", "a good film"))
    question = Question(turns, 3, tools=json.dumps([TOOL]), beside=("", json.dumps(call), ""))
    (answer,) = ask_all(engine, [question])
    shorter = ask_all(engine, [ask("what a day", max_tokens=3)])[0]
    assert answer.prompt_tokens > shorter.prompt_tokens + 10  # the definition stands in the prompt
    raw = '<tool_call>\n{"name": "add", "arguments": {"a": 1}}\n</tool_call><|im_end|>'
    read = engine._answer(question, generation.Answer("", True, raw=raw))
    assert json.loads(read.calls) == [{"name": "add", "arguments": '{"a": 1}', "id": ""}]


def test_a_template_without_a_place_for_tools_refuses_the_conversation_by_name(llama_folder):
    engine = LocalModel(Model(name=str(llama_folder)))
    plain = "{% for m in messages %}{{ m.content }}{% endfor %}"
    engine._model._loaded = engine._model._loaded or generation._placed(load_generator(engine._model._model))
    engine._model._loaded[0].chat_template = plain
    (answer,) = ask_all(engine, [Question((("user", "what a day"),), 3, tools=json.dumps([TOOL]))])
    assert answer.problem == "refused"
    assert "tools" in answer.detail


def test_who_is_asked():
    endpoint = Endpoint(url="http://localhost:1/v1", model="big")
    assert isinstance(open_model(endpoint, Models(), WHERE), RemoteModel)
    assert name_of(endpoint, Models()) == "big"
    assert name_of(None, Models(generator=Model(name="some/model", revision="abc"))) == "some/model@abc"
    with pytest.raises(PipelineError, match=r"label\.prelabel\.llm\.endpoint is not set, and neither is models"):
        open_model(None, Models(), WHERE)
    with pytest.raises(PipelineError, match="is not there"):
        open_model(None, Models(generator=Model(name="./nowhere")), WHERE)
    with pytest.raises(PipelineError, match="is no GGUF file"):
        open_model(None, Models(generator=Model(name="./nowhere"), generator_engine="llama.cpp"), WHERE)


def test_llama_cpp_that_is_not_installed_is_named(tmp_path, monkeypatch):
    import sys

    (tmp_path / "m.gguf").write_bytes(b"GGUF")
    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    with pytest.raises(PipelineError, match=r"\[llamacpp\].*xllamacpp"):
        ask_all(LlamaCpp(Model(name=str(tmp_path / "m.gguf"))), [ask("Hi.")])


def small_instruct() -> Model:
    """The real model of the chat project."""
    model = load("models", Models, Path("pipeline/commands/templates/chat.yaml")).generator
    assert model
    return model


CAPITALS = [ask("Name the capital of France.", max_tokens=24), ask("Name the capital of Italy.", max_tokens=24)]
YES_NO = {
    "type": "object",
    "properties": {"label": {"enum": ["yes", "no"]}},
    "required": ["label"],
    "additionalProperties": False,
}


@pytest.mark.slow
def test_the_real_small_model_answers_through_transformers(monkeypatch):
    monkeypatch.setenv("SFT_CACHE", REAL_CACHE)
    engine = LocalModel(small_instruct())
    engine.version += f" {time.time()}"  # asked anew
    answers = ask_all(engine, CAPITALS)
    assert [("Paris" in answers[0].text), ("Rome" in answers[1].text)] == [True, True]
    assert {a.problem for a in answers} <= {"", "cut"}


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("xllamacpp") is None, reason="xllamacpp is not installed")
def test_the_real_small_model_answers_through_llama_cpp_and_holds_to_a_schema(monkeypatch):
    monkeypatch.setenv("SFT_CACHE", REAL_CACHE)
    engine = LlamaCpp(small_instruct())
    engine.version += f" {time.time()}"  # asked anew
    long = ask("word " * 6000, max_tokens=8)
    *answers, labelled, beyond = ask_all(
        engine, [*CAPITALS, ask("Is grass green?", schema=YES_NO, max_tokens=40, logprobs=True), long]
    )
    assert [("Paris" in answers[0].text), ("Rome" in answers[1].text)] == [True, True]
    assert json.loads(labelled.text)["label"] in ("yes", "no")
    assert labelled.logprob is not None
    assert labelled.logprob <= 0
    assert beyond.problem == "too_long"
