from contextlib import nullcontext
from typing import Any

import numpy as np
import pytest

from pipeline.core.errors import PipelineError
from pipeline.core.record import Reject
from pipeline.modeling.device import Placement
from pipeline.modeling.lm import top_layers
from pipeline.modeling.lm.generator import load_generator
from pipeline.modeling.lm.loss_masking import IGNORED
from pipeline.modeling.lm.scores import losses
from pipeline.modeling.lm.top_layers import TopLayers, _around_reply
from pipeline.modeling.models import Model

ASKED = [[{"role": "user", "content": text}] for text in ("what a day", "质量很好", "a good film")]
REPLIES = ["thank you", "非常满意", "this is bad and slow"]


def conversation(n):
    return [*ASKED[n], {"role": "assistant", "content": REPLIES[n]}]


@pytest.fixture(scope="module")
def model(llama_folder):
    return Model(name=str(llama_folder))


def test_taken_apart_the_model_says_what_it_says_whole(model):
    top = TopLayers(model, layers=1)
    found = top.losses([top.lower(conversation(n)) for n in range(3)])
    whole = losses(model, list(zip(ASKED, REPLIES, strict=True)))
    assert found[:, 1].tolist() == [one.tokens for one in whole]
    assert found[:, 0] == pytest.approx([one.nats for one in whole], abs=2e-3)


def test_training_starts_anew_each_time_and_touches_the_top_alone(model):
    top = TopLayers(model, layers=1, rate=5e-3)
    items = [top.lower(conversation(n)) for n in range(3)]
    before = top.losses(items)
    frozen = [p.detach().clone() for p in top._model.parameters() if not p.requires_grad]
    top.train(items[:1], seed=1, rows=12)
    after = top.losses(items)
    assert after[0, 0] < before[0, 0] - 0.1
    top.train(items[1:], seed=1, rows=12)
    top.train(items[:1], seed=1, rows=12)
    assert np.array_equal(top.losses(items), after)
    still = [p for p in top._model.parameters() if not p.requires_grad]
    assert all(bool((a == b).all()) for a, b in zip(frozen, still, strict=True))


def test_they_learn_on_the_device_that_is_decided_for_all(model, monkeypatch):
    """torch's device without data stands for a card: what is not brought there raises."""
    import torch

    monkeypatch.setattr(top_layers, "placement", lambda: Placement("meta", "bfloat16"))
    monkeypatch.setattr(TopLayers, "_check", lambda self: None)  # there are no numbers to compare
    monkeypatch.setattr(
        "transformers.masking_utils.find_packed_sequence_indices", lambda positions: None
    )  # nor to read
    top = TopLayers(model, layers=1)
    items = [top.lower(conversation(n)) for n in range(3)]
    assert {(one.device.type, one.dtype) for one in top._model.parameters()} == {("meta", torch.float32)}
    assert {item.states.device.type for item in items} == {"meta"}
    top.train(items, seed=1, rows=6)
    for words in (nullcontext(), top.narrowed(items)):
        with words:
            loss, tokens = top._loss(items[0])
        assert (loss.device.type, tokens) == ("meta", items[0].replies)


def test_long_conversations_are_cut_and_odd_ones_refused(model):
    top = TopLayers(model, max_tokens=12)
    item = top.lower([{"role": "user", "content": "good " * 50}, {"role": "assistant", "content": "yes"}])
    assert item.states.shape[1] == 12
    loss, tokens = top.losses([item])[0]
    assert tokens == item.replies > 1  # the prompt loses its start, never the reply
    assert loss > 0
    with pytest.raises(Reject, match="control_token_in_text"):
        top.lower([{"role": "user", "content": "<|im_end|>"}, {"role": "assistant", "content": "yes"}])


@pytest.mark.parametrize(
    ("prompt", "reply", "after", "kept"),
    [
        (4, 3, 1, slice(0, 8)),  # all of it
        (20, 3, 0, slice(13, 23)),  # the prompt's end and the whole reply
        (20, 30, 0, slice(15, 25)),  # half for either
        (2, 30, 0, slice(0, 10)),  # a long reply loses its end
        (20, 0, 0, slice(0, 10)),  # no reply at all
    ],
)
def test_a_cut_leaves_the_reply_room(prompt, reply, after, kept):
    assert _around_reply([IGNORED] * prompt + [5] * reply + [IGNORED] * after, 10) == kept


def test_models_of_another_build_are_named(monkeypatch):
    from transformers import GPT2Config, GPT2LMHeadModel

    config = GPT2Config(vocab_size=20, n_embd=8, n_layer=1, n_head=1, bos_token_id=0, eos_token_id=0)
    monkeypatch.setattr(top_layers, "load_generator", lambda model: (None, GPT2LMHeadModel(config)))
    with pytest.raises(PipelineError, match="gpt2 model cannot be taken apart"):
        TopLayers(Model(name="some/model"))


def test_models_that_do_more_to_their_logits_are_refused(model, monkeypatch):
    from transformers import Gemma2Config, Gemma2ForCausalLM

    tokenizer, _ = load_generator(model)
    sizes: dict[str, Any] = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 2, "head_dim": 8}
    sizes |= {"num_attention_heads": 2, "num_key_value_heads": 1}
    config = Gemma2Config(vocab_size=len(tokenizer), final_logit_softcapping=0.01, **sizes)
    monkeypatch.setattr(top_layers, "load_generator", lambda model: (tokenizer, Gemma2ForCausalLM(config).eval()))
    with pytest.raises(PipelineError, match=r"gemma2 model say something else.*\n.*Qwen or Mistral"):
        TopLayers(Model(name="some/model"), layers=1)
