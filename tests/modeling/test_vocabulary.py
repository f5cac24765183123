from __future__ import annotations

import numpy as np
import pytest

from pipeline.core.errors import PipelineError
from pipeline.modeling import packed_e5
from pipeline.modeling.vocabulary import trim
from tests.modeling.test_packed_e5 import PIECES, packed

TEXTS = ["a b 你好", "a"]


@pytest.fixture
def tiny(tmp_path):
    from transformers import AutoTokenizer, BertForSequenceClassification

    (tmp_path / "tiny.bin").write_bytes(packed(np.random.default_rng(0))[0])
    packed_e5.unpack(tmp_path / "tiny.bin", tmp_path / "tiny")
    model = BertForSequenceClassification.from_pretrained(tmp_path / "tiny", num_labels=2).eval()
    return model, AutoTokenizer.from_pretrained(tmp_path / "tiny")


def logits(model, tokenizer, texts):
    import torch

    with torch.inference_mode():
        return model(**tokenizer(texts, padding=True, return_tensors="pt")).logits


def test_texts_that_decided_are_read_as_before(tiny, tmp_path):
    import torch
    from transformers import AutoTokenizer, BertForSequenceClassification

    model, tokenizer = tiny
    before, tokens = logits(model, tokenizer, TEXTS), [tokenizer.tokenize(text) for text in TEXTS]
    smaller, counts = trim(model, tokenizer, ["a b", "a"])
    assert counts["pieces"] < counts["pieces_before"] == len(PIECES)
    assert model.config.vocab_size == model.get_input_embeddings().weight.shape[0] == counts["pieces"] == len(smaller)
    assert torch.allclose(logits(model, smaller, ["a"]), before[1:], atol=1e-5)
    assert "你好" in tokens[0]
    assert smaller.tokenize("你好")[-2:] == ["你", "好"]  # its piece is gone: read by characters, not unknown
    assert smaller.convert_ids_to_tokens(smaller("a")["input_ids"]) == ["<s>", "▁que", "ry", ":", "▁a", "</s>"]
    assert smaller.pad_token_id == model.config.pad_token_id
    model.save_pretrained(tmp_path / "saved")
    smaller.save_pretrained(tmp_path / "saved")
    again = BertForSequenceClassification.from_pretrained(tmp_path / "saved").eval()
    assert torch.allclose(
        logits(again, AutoTokenizer.from_pretrained(tmp_path / "saved"), TEXTS[1:]), before[1:], atol=1e-5
    )


def test_a_tokenizer_of_another_kind_is_refused(bert_folder):
    from transformers import AutoModel, AutoTokenizer

    with pytest.raises(PipelineError, match="tokenizer is of the kind BPE"):
        trim(AutoModel.from_pretrained(bert_folder), AutoTokenizer.from_pretrained(bert_folder), ["a"])
