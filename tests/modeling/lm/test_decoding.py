"""Likelihoods of what a model writes."""

from __future__ import annotations

import pytest

from pipeline.modeling.batches import Example
from pipeline.modeling.lm import decoding
from pipeline.modeling.lm.collate import collate
from pipeline.modeling.lm.loss_masking import IGNORED


@pytest.mark.slow
def test_likelihoods_do_not_depend_on_how_rows_and_positions_are_split(llama_folder, monkeypatch):
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = AutoModelForCausalLM.from_pretrained(llama_folder)
    tokenizer = AutoTokenizer.from_pretrained(llama_folder)
    size = model.config.vocab_size
    rows = [[n % size for n in range(1, length)] for length in (6, 30, 12)]
    examples: list[Example] = [{"input_ids": ids, "labels": [IGNORED, *ids[1:]]} for ids in rows]
    whole = decoding.likelihoods(model, [examples[0], None, *examples[1:]], collate(tokenizer))
    assert whole[1] == (None, 0)
    assert [tokens for _, tokens in whole] == [4, 0, 28, 10]
    monkeypatch.setattr(decoding, "TOKENS", 16)
    monkeypatch.setattr(decoding, "_CHUNK", 5)
    split = decoding.likelihoods(model, examples, collate(tokenizer))
    for (total, tokens), (other, count) in zip([whole[0], *whole[2:]], split, strict=True):
        assert (other, count) == (pytest.approx(total, rel=1e-5), tokens)


def test_tokens_end_with_the_first_that_ends_a_text():
    assert decoding.through_end([5, 6, 2, 0, 0], [2]) == [5, 6, 2]
    assert decoding.through_end([5, 6], [2]) == [5, 6]
