"""Losses of replies."""

from __future__ import annotations

import math

import pytest

from pipeline.modeling.device import Placement
from pipeline.modeling.lm import decoding, scores
from pipeline.modeling.lm.generation import CausalLM
from pipeline.modeling.lm.scores import losses, reply_losses
from pipeline.modeling.models import Model
from tests.modeling.lm.loaded import loaded_parts


def test_losses_are_those_of_the_model_and_of_the_right_tokens(llama_folder):
    import torch

    model = Model(name=str(llama_folder))
    question = [{"role": "user", "content": "what a good day"}]
    alone, reply, nothing = losses(model, [(None, "bad and slow"), (question, "bad and slow"), (None, "")])
    assert nothing.tokens == 0 == nothing.mean
    assert reply.tokens == alone.tokens + 1  # the end of the turn is part of the reply
    causal = CausalLM(model)
    causal.answers(["x"], ["0" * 20], 0, 1)
    tokenizer, loaded = loaded_parts(causal)
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


def test_on_an_accelerator_texts_are_scored_together_with_the_same_losses(llama_folder, tmp_path, monkeypatch):
    """A processor that is called a card: batches by tokens, and no more than rounding away from one by one."""
    model = Model(name=str(llama_folder))
    question = [{"role": "user", "content": "what a good day 很好"}]
    items = [
        (None, "bad and slow"),
        (question, "bad " * 40),
        (None, ""),
        (question, "非常满意"),
        (question, "bad and slow"),
    ]
    asked = [(question, text) for _, text in items]
    monkeypatch.setenv("SFT_CACHE", str(tmp_path / "one by one"))
    alone, replies = losses(model, items), reply_losses(model, asked)

    class Card(Placement):
        is_processor = False

    sizes: list[int] = []
    together = decoding.token_losses

    def watched(network, examples, *rest):
        sizes.append(len(examples))
        return together(network, examples, *rest)

    monkeypatch.setattr(scores, "placement", lambda: Card("cpu", "float32"))
    monkeypatch.setattr(decoding, "token_losses", watched)
    monkeypatch.setenv("SFT_CACHE", str(tmp_path / "together"))
    found, others = losses(model, items), reply_losses(model, asked)
    assert sizes == [5, 8], "all that differ at once, replies given and alone"
    assert [one.tokens for one in found] == [one.tokens for one in alone]
    assert [one.nats for one in found] == pytest.approx([one.nats for one in alone], abs=5e-3)
    assert [(one.tokens, one.length) for one in others] == [(one.tokens, one.length) for one in replies]
    assert [one.alone for one in others] == pytest.approx([one.alone for one in replies], abs=5e-3)
    assert [one.given for one in others] == pytest.approx([one.given for one in replies], abs=5e-3)
