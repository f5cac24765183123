import math

import pytest

from pipeline.core.errors import PipelineError
from pipeline.core.record import content_id
from pipeline.modeling.lm.chat_template import ChatTemplate
from pipeline.modeling.lm.generation import CausalLM, Seq2Seq, _prompt_ids
from pipeline.modeling.lm.masked import MaskedLM
from pipeline.modeling.lm.rows import of_messages
from pipeline.modeling.lm.scores import losses, reply_losses
from pipeline.modeling.models import Model

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
    tokenizer, loaded = model._loaded
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


def test_masked_model_fills_words_and_chinese_characters(masked_folder):
    model = MaskedLM(Model(name=str(masked_folder)), "x")
    questions = [("the good film", 4, 8), ("质量很好", 0, 2), ("the long " * 90, 4, 8), ("", 0, 0)]
    found = model.fillers(questions, 3, 0.0)
    assert len(found[0]) == 3
    assert "good" not in found[0]
    assert all(word.isalpha() and "[" not in word for word in found[0])
    assert found[1]
    assert all(len(word) == 2 for word in found[1])
    assert len(found) == 4
    assert model.fillers(questions, 3, 1.0) == [[], [], [], []]


def test_a_model_without_masked_head_is_refused(bert_folder, masked_folder, tmp_path):
    from transformers import BertModel

    BertModel.from_pretrained(masked_folder).save_pretrained(tmp_path)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (tmp_path / name).write_bytes((masked_folder / name).read_bytes())
    with pytest.raises(PipelineError, match="has no masked-language-model head"):
        MaskedLM(Model(name=str(tmp_path)), "x").fillers([("the good film", 4, 8)], 3, 0.0)
    with pytest.raises(PipelineError, match=r"'\./none/such' is not there"):
        MaskedLM(Model(name="./none/such"), "x")


def test_losses_are_those_of_the_model_and_of_the_right_tokens(llama_folder):
    import torch

    model = Model(name=str(llama_folder))
    question = [{"role": "user", "content": "what a good day"}]
    alone, reply, nothing = losses(model, [(None, "bad and slow"), (question, "bad and slow"), (None, "")])
    assert nothing.tokens == 0 == nothing.mean
    assert reply.tokens == alone.tokens + 1  # the end of the turn is part of the reply
    causal = CausalLM(model)
    causal.answers(["x"], ["0" * 20], 0, 1)
    tokenizer, loaded = causal._loaded
    ids = torch.tensor([[tokenizer.eos_token_id, *tokenizer("bad and slow")["input_ids"]]])
    with torch.inference_mode():
        mean = float(loaded(input_ids=ids, labels=ids).loss)
    assert math.isclose(alone.mean, mean, abs_tol=2e-3)
    assert losses(model, [(question, "good " * 2000)])[0].tokens < 512
    # Given and alone over the same tokens, the end of the turn among them.
    [short] = reply_losses(model, [(question, "bad and slow")])
    assert (short.given, short.tokens, short.length) == (reply.nats, reply.tokens, reply.tokens)
    ended = torch.cat([ids, torch.tensor([[tokenizer.eos_token_id]])], dim=1)
    with torch.inference_mode():
        mean = float(loaded(input_ids=ended, labels=ended).loss)
    assert math.isclose(short.alone / short.tokens, mean, abs_tol=2e-3)
    [long] = reply_losses(model, [([{"role": "user", "content": "what a day " * 300}], "good " * 2000)])
    assert (long.tokens, long.length) == (256, len(tokenizer("good " * 2000)["input_ids"]) + 1)
    assert long.alone > 0
