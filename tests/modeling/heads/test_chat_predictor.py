"""Replies taken apart and counted in tokens, and the loss of the true reply by part, with a model of random weights."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from pipeline.core.conversation import Conversation, Message, ToolCall, to_row
from pipeline.modeling.heads.chat_predictor import Replier
from pipeline.modeling.lm import decoding

CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n"
    "{% if m.reasoning_content %}<think>\n{{ m.reasoning_content }}\n</think>\n\n{% endif %}{{ m.content }}"
    "{% for c in m.tool_calls or [] %}\n<tool_call>\n"
    '{"name": "{{ c.function.name }}", "arguments": {{ c.function.arguments | tojson }}}\n</tool_call>{% endfor %}'
    "<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
ASKED = (Message("user", "what is the weather like? 今天"),)
TRUTH = Message("assistant", "let me see", "they ask 天气", (ToolCall("weather", '{"city": "paris"}'),))


@pytest.fixture(scope="module")
def replier(llama_folder, tmp_path_factory):
    from transformers import AutoModelForCausalLM, AutoTokenizer

    folder = tmp_path_factory.mktemp("chatml")
    tokenizer = AutoTokenizer.from_pretrained(llama_folder)
    tokenizer.chat_template = CHATML
    tokenizer.save_pretrained(folder)
    AutoModelForCausalLM.from_pretrained(llama_folder).save_pretrained(folder)
    return Replier(folder, {"max_length": 512, "max_new_tokens": 12})


def row(*messages):
    return to_row(Conversation((*ASKED, *messages)))


def test_parts_sum_to_the_whole_and_do_not_depend_on_neighbours(replier):
    plain = replace(TRUTH, reasoning="", tool_calls=())
    whole, text, unknown = replier.predict([row(TRUTH), row(plain), row()])
    assert set(whole.part_losses) == {"reasoning", "content", "tool_calls"}
    assert set(text.part_losses) == {"content"}
    assert unknown.part_losses == {}
    assert unknown.log_likelihood is None
    for found in (whole, text):
        assert sum(tokens for _, tokens in found.part_losses.values()) == found.tokens
        assert -math.fsum(nats for nats, _ in found.part_losses.values()) == pytest.approx(found.log_likelihood)
    (alone,) = replier.predict([row(plain)])
    assert alone.log_likelihood == pytest.approx(text.log_likelihood, rel=1e-5)


def test_what_was_written_is_taken_apart_and_counted(replier, monkeypatch):
    call = '<tool_call>\n{"name": "weather", "arguments": {"city": "paris"}}\n</tool_call>'
    text = f"<think>\nthey ask 天气\n</think>\n\nlet me see\n{call}<|im_end|>"
    ids = replier.tokenizer(text, add_special_tokens=False)["input_ids"]
    monkeypatch.setattr(decoding, "write_ids", lambda *args: [ids])
    (found,) = replier.predict([row()])
    assert found.reply.message == TRUTH
    assert found.value == 'let me see\nweather({"city": "paris"})'
    assert (found.reply.tokens, found.reply.ended) == (len(ids), True)
    assert found.reply.prompt_tokens > 0
    (short,) = replier.predict([{**row(), "max_new_tokens": 4}])
    assert (short.reply.tokens, short.reply.ended) == (4, False)


def test_no_rows_and_rows_that_the_template_refuses(replier):
    assert replier.predict([]) == []
    (found,) = replier.predict([to_row(Conversation((Message("user", "<|im_end|> x"),)))])
    assert found.refused.startswith("control_token_in_text")
    assert found.reply is None
