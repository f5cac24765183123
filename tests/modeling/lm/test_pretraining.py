"""Continued pretraining: texts of one kind are guessed better after it; what is written loads as any other model."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.core.errors import PipelineError
from pipeline.modeling.features.encoder import embed
from pipeline.modeling.lm.pretraining import Reading, read_on
from pipeline.modeling.models import Model

TEXTS = [f"{who} {what}" for who in ("the film was", "this book is", "the day was") for what in ("good", "bad")] * 8
TEXTS += ["质量很好", "今天天气很好", "服务很差"] * 8
FAST = Reading(epochs=6, batch_size=8, max_length=32, learning_rate=5e-3)


def test_an_encoder_guesses_masked_tokens_better_and_embeds_afterwards(masked_folder, tmp_path):
    found = read_on(Model(name=str(masked_folder)), True, TEXTS, TEXTS[::5], FAST, tmp_path / "adapted")
    assert found.after.mean() < 0.7 * found.before.mean()
    assert found.fresh == ()
    assert found.steps == 6 * -(-found.windows // 8)
    own = Model(name=str(tmp_path / "adapted"))
    assert np.isfinite(embed(TEXTS[:2], own)).all()
    assert not np.allclose(embed(TEXTS[:2], own), embed(TEXTS[:2], Model(name=str(masked_folder))))


def test_a_generator_guesses_the_next_token_better(llama_folder, tmp_path):
    found = read_on(Model(name=str(llama_folder)), False, TEXTS, TEXTS[::5], FAST, tmp_path / "adapted")
    assert found.after.mean() < 0.7 * found.before.mean()
    assert (tmp_path / "adapted" / "config.json").exists()


def test_a_long_text_is_read_in_windows_and_counted_as_one(masked_folder, tmp_path):
    reading = Reading(epochs=0.1, batch_size=4, max_length=16)
    found = read_on(Model(name=str(masked_folder)), True, [" ".join(TEXTS)], [" ".join(TEXTS)], reading, tmp_path / "a")
    assert found.windows > 10
    assert len(found.before) == len(found.after) == 1


@pytest.mark.parametrize(
    ("model", "texts", "says"),
    [
        ("tfidf", TEXTS, "no weights"),
        ("masked", [], "too few or too short"),
        ("masked", ["好"], "too few or too short"),
        ("nowhere", TEXTS, "no masked language model"),
    ],
)
def test_what_cannot_be_read_is_explained(model, texts, says, masked_folder, tmp_path):
    name = str(masked_folder) if model == "masked" else model
    with pytest.raises(PipelineError, match=says):
        read_on(Model(name=name), True, texts, texts, FAST, tmp_path / "a")


def test_windows_longer_than_the_model_are_refused(masked_folder, tmp_path):
    with pytest.raises(PipelineError, match=r"--max-length: 128, but models\.encoder reads at most 64"):
        read_on(Model(name=str(masked_folder)), True, TEXTS, TEXTS, Reading(), tmp_path / "a")
