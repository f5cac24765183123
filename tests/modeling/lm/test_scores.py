"""Losses of replies."""

from __future__ import annotations

import math

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
