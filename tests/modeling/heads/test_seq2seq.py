"""Encoder-decoders."""

from __future__ import annotations

import pytest

from pipeline.modeling.heads import text_to_text
from pipeline.modeling.models import Model, Models
from pipeline.modeling.training.recipe import Recipe
from tests.modeling.conftest import save_seq2seq
from tests.modeling.heads.text_rows import ROWS, SUMMARIES


@pytest.mark.parametrize("kind", ["t5", "bart", "marian"])
def test_the_batch_loss_is_the_model_s_own_loss(kind, tmp_path):
    """Our decoder input and padding give what the model computes itself from labels."""
    import torch

    folder = save_seq2seq(tmp_path, kind)
    start = text_to_text.start(Models(seq2seq=Model(name=str(folder))), SUMMARIES, ROWS, Recipe(dropout=0.0))
    model = start.model.eval()
    examples = text_to_text.encode(ROWS, start.tokenizer, SUMMARIES, Recipe()).items
    batch = text_to_text.collate(start.tokenizer)(examples)
    own = {name: value for name, value in batch.items() if name != "decoder_labels"}
    with torch.inference_mode():
        expected = float(model(**own).loss)
    evaluation = text_to_text.evaluate(model, examples, text_to_text.collate(start.tokenizer), 2)
    assert evaluation.metrics["loss"] == pytest.approx(expected, rel=1e-5)
