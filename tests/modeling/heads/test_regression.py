"""Regression and several labels a record."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pipeline.core.errors import PipelineError
from pipeline.core.settings import Task
from pipeline.modeling.heads import regression
from pipeline.modeling.training.fit import fit
from tests.modeling.heads.number_jobs import PAIRS, job
from tests.modeling.saving import saved

NUMBERS = Task(type="regression", languages=("en", "zh"))
ROWS: list[dict[str, Any]] = [
    {"text": text, "text_pair": PAIRS[-n] if n % 2 else None, "score": 500.0 + 40 * n} for n, text in enumerate(PAIRS)
]


@pytest.mark.parametrize("encoder", ["bert", "scratch"])
def test_eight_numbers_are_learned_and_any_auto_model_gives_their_unit(encoder, bert_folder, tmp_path):
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    encoder = str(bert_folder) if encoder == "bert" else encoder
    work, start, recipe = job(regression, NUMBERS, ROWS, encoder, tmp_path)
    run = fit(work)
    assert run.best.metrics["pearson"] > 0.98
    assert run.best.metrics["mae"] < 10 < np.std([r["score"] for r in ROWS])
    predictor = saved(tmp_path / "model", start, regression, run, NUMBERS, recipe)
    found = np.array([p.value for p in predictor.predict(ROWS)])
    truth = np.array([r["score"] for r in ROWS])
    assert np.abs(found - truth).mean() == pytest.approx(run.best.metrics["mae"], abs=0.01)
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "model")
    model = AutoModelForSequenceClassification.from_pretrained(tmp_path / "model").eval()
    with torch.inference_mode():
        plain = model(**tokenizer(ROWS[1]["text"], ROWS[1]["text_pair"], return_tensors="pt")).logits
    assert float(plain) == pytest.approx(found[1], rel=1e-4)


def test_numbers_stay_in_the_declared_range_and_a_pair_matters(bert_folder, tmp_path):
    work, start, recipe = job(regression, NUMBERS, ROWS, bert_folder, tmp_path, epochs=0.0)
    run = fit(work)
    limited = NUMBERS.model_copy(update={"range": (600.0, 650.0)})
    predictor = saved(tmp_path / "model", start, regression, run, limited, recipe)
    found = [p.value for p in predictor.predict(ROWS)]
    assert all(600 <= value <= 650 for value in found)
    predictor.low, predictor.high = -np.inf, np.inf
    one, other = predictor.predict([{"text": "good day", "text_pair": p} for p in ("太差了", None)])
    assert one.value != other.value


def test_equal_numbers_teach_nothing():
    with pytest.raises(PipelineError, match="all numbers of the train split are equal"):
        regression.check({"train": [ROWS[0], ROWS[0]]}, NUMBERS)


def test_a_start_on_few_rows_is_no_worse_than_the_mean_where_texts_tell_nothing(bert_folder, tmp_path):
    drawn = np.random.default_rng(0).normal(size=120)
    rows = [
        {"text": f"{PAIRS[n % 8]} {n * 7919 % 997}", "text_pair": None, "score": float(x)} for n, x in enumerate(drawn)
    ]
    work, begun, recipe = job(regression, NUMBERS, rows[:60], bert_folder, tmp_path, epochs=0.0)
    held_out = regression.encode(rows[60:], begun.tokenizer, NUMBERS, recipe).items
    found = regression.evaluate(work.model, held_out, work.collate, 32).metrics
    assert found["rmse"] < 1.1 * float(np.std(drawn[60:]) + abs(drawn[60:].mean() - drawn[:60].mean()))
