"""Lengths in tokens."""

from __future__ import annotations

import pytest

from pipeline.core.errors import PipelineError
from pipeline.modeling.models import Model, Models
from pipeline.validate.expectations.tokens import estimate
from tests.validate.conftest import CHAT, assert_names, check, review, sound_chats

# What is added to the sound records, the entry, and the records that must be named with part of the reason.
FAILING = [
    ([review("bad", "很好" * 40)], {"expect": "fits_model", "max_length": 90}, {"bad": "162 tokens, 72 are cut off"}),
]


@pytest.mark.parametrize(("added", "entry", "named"), FAILING, ids=lambda value: str(value)[:40])
def test_a_bad_record_is_named_with_the_reason(added, entry, named):
    assert_names(added, entry, named)


def test_fits_model_counts_with_the_models_own_tokenizer(tmp_path):
    from tokenizers import Tokenizer, models, pre_tokenizers

    tokenizer = Tokenizer(models.WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.enable_truncation(3)
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    settings = Models(encoder=Model(name=str(tmp_path)))
    records = [review("five", "one two three four five"), review("one", "一")]
    finding = check(records, expect="fits_model", max_length=6, models=settings)
    assert finding.first == ({"id": "five", "why": "7 tokens, 1 are cut off"},)
    assert "(counted)" in finding.title
    assert finding.observed == "longest 7; 10 % of all tokens are cut off"


def test_fits_model_needs_a_model():
    with pytest.raises(PipelineError, match=r"needs models\.generator, which is not set"):
        check(sound_chats(), CHAT, expect="fits_model", model="generator", max_length=9)


@pytest.mark.parametrize(("text", "tokens"), [("", 0), ("four", 1), ("fives", 2), ("你好", 4), ("a\ud800", 3)])
def test_estimate(text, tokens):
    assert estimate(text) == tokens
