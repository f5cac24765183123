"""Answers of small models."""

from __future__ import annotations

from pipeline.core.record import content_id
from pipeline.modeling.lm.chat_template import ChatTemplate
from pipeline.modeling.lm.generation import CausalLM, Seq2Seq, _prompt_ids
from pipeline.modeling.lm.rows import of_messages
from pipeline.modeling.models import Model
from tests.modeling.lm.loaded import loaded_parts

PROMPTS = ["what a good day", "bad and slow " * 6, "质量很好，非常满意", "happy", "a film " * 20, "x", "y"]


PROMPTS += ["z", "sad " * 9]


def test_an_answer_does_not_depend_on_its_neighbours(llama_folder):
    model = CausalLM(Model(name=str(llama_folder)))
    seeds = [content_id(p) for p in PROMPTS]
    together = model.answers(PROMPTS, seeds, 0.8, 12)
    assert together == model.answers(PROMPTS, seeds, 0.8, 12)
    alone = [model.answers([p], [s], 0.8, 12)[0] for p, s in zip(PROMPTS, seeds, strict=True)]
    assert alone == together
    order = [5, 3, 0, 8, 2, 7, 1, 6, 4]
    shuffled = model.answers([PROMPTS[n] for n in order], [seeds[n] for n in order], 0.8, 12)
    assert [shuffled[order.index(n)] for n in range(9)] == together
    assert len({a.text for a in model.answers(["good"] * 4, [content_id(str(n)) for n in range(4)], 1.0, 12)}) > 1


def test_greedy_answers_are_those_of_transformers(llama_folder):
    import torch

    model = CausalLM(Model(name=str(llama_folder)))
    [ours] = model.answers([PROMPTS[1]], ["0" * 20], 0.0, 10)
    tokenizer, loaded = loaded_parts(model)
    ids = tokenizer.apply_chat_template(
        [{"role": "user", "content": PROMPTS[1]}], add_generation_prompt=True, return_tensors="pt", return_dict=True
    )
    with torch.inference_mode():
        theirs = loaded.generate(**ids, max_new_tokens=10, do_sample=False)[0, ids["input_ids"].shape[1] :]
    assert ours.text == tokenizer.decode(theirs, skip_special_tokens=True)


def test_a_prompt_beyond_the_window_is_told_and_not_cut(llama_folder):
    [long, short] = CausalLM(Model(name=str(llama_folder))).answers(["good " * 3000, "good"], ["0" * 20] * 2, 0, 4)
    assert (long.too_long, long.text) == (True, "")
    assert not short.too_long


def test_turns_are_asked_as_they_are_and_templates_without_system_turns_read_them_before_the_user(llama_folder):
    from transformers import AutoTokenizer

    turns = [{"role": "system", "content": "good"}, {"role": "user", "content": "film"}]
    tokenizer = AutoTokenizer.from_pretrained(llama_folder)
    assert tokenizer.decode(_prompt_ids(turns, tokenizer)) == ChatTemplate(tokenizer).prompt(of_messages(turns))
    refuses = "{% if messages[0].role == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}"
    tokenizer.chat_template = refuses + tokenizer.chat_template
    assert _prompt_ids(turns, tokenizer) == _prompt_ids("good\n\nfilm", tokenizer)


def test_translations_keep_order_and_skip_what_is_too_long(t5_folder):
    model = Seq2Seq(str(t5_folder))
    texts = ["a good film", "bad " * 400, "what a day, thank you"]
    results = model.translate(texts, max_tokens=16)
    assert results[1] == ""
    assert results == model.translate(texts, max_tokens=16)
    assert model.translate([]) == []
