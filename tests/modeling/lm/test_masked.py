"""Masked language models."""

from __future__ import annotations

import pytest

from pipeline.core.errors import PipelineError
from pipeline.modeling.lm.masked import MaskedLM
from pipeline.modeling.models import Model


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
