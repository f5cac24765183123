"""The linear-chain CRF: held against all sequences counted one by one, learned, saved and loaded again."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from pipeline.modeling.features.tagging_units import best_tags
from pipeline.modeling.heads import ner
from pipeline.modeling.heads.crf import log_marginals, negative_log_likelihood
from pipeline.modeling.training.fit import fit
from pipeline.modeling.training.recipe import Recipe
from tests.modeling.heads.test_ner import ROWS, TASK, job
from tests.modeling.saving import saved


def counted(scores, transitions):
    """Every sequence with its score."""
    length, classes = scores.shape
    paths = list(itertools.product(range(classes), repeat=length))
    values = [
        sum(scores[n, tag] for n, tag in enumerate(path)) + sum(transitions[a, b] for a, b in itertools.pairwise(path))
        for path in paths
    ]
    return paths, np.array(values)


@pytest.mark.parametrize("length", [1, 2, 4])
def test_loss_and_marginals_are_those_of_all_sequences(length):
    import torch

    rng = np.random.default_rng(length)
    scores, transitions = rng.normal(size=(length, 3)), rng.normal(size=(3, 3))
    paths, values = counted(scores, transitions)
    total = np.logaddexp.reduce(values)
    tags = rng.integers(0, 3, length)
    # Tokens that speak for no unit stand between, and a second row is shorter.
    logits = np.zeros((2, 2 * length + 1, 3))
    labels = np.full((2, 2 * length + 1), -100)
    logits[0, 1::2], labels[0, 1::2] = scores, tags
    logits[1, 0], labels[1, 0] = scores[0], tags[0]
    found = negative_log_likelihood(torch.tensor(logits), torch.tensor(labels), torch.tensor(transitions))
    alone = np.logaddexp.reduce(scores[0]) - scores[0, tags[0]]
    assert float(found) == pytest.approx(total - values[paths.index(tuple(tags))] + alone, abs=1e-4)
    marginals = np.exp(log_marginals(scores, transitions))
    for n in range(length):
        for tag in range(3):
            own = np.logaddexp.reduce([v for path, v in zip(paths, values, strict=True) if path[n] == tag])
            assert marginals[n, tag] == pytest.approx(np.exp(own - total))


def test_no_unit_and_no_row_cost_nothing():
    import torch

    nothing = torch.full((2, 3), -100)
    assert float(negative_log_likelihood(torch.zeros(2, 3, 3), nothing, torch.zeros(3, 3))) == 0
    assert log_marginals(np.zeros((0, 3)), np.zeros((3, 3))).shape == (0, 3)


def test_the_best_sequence_is_that_of_the_sums_among_those_that_bio_allows():
    rng = np.random.default_rng(3)
    scores, transitions = rng.normal(size=(4, 3)), 2 * rng.normal(size=(3, 3))
    paths, values = counted(scores, transitions)
    allowed = [path[0] != 2 and all(b != 2 or a in (1, 2) for a, b in itertools.pairwise(path)) for path in paths]
    best = max((value, path) for value, path, is_in in zip(values, paths, allowed, strict=True) if is_in)[1]
    assert tuple(best_tags(scores, transitions)) == best


def test_texts_are_learned_by_heart_and_the_saved_model_is_a_stock_classifier_that_says_the_same(tmp_path):
    from safetensors import safe_open

    work, start, recipe = job("scratch", tmp_path, crf=True)
    run = fit(work)
    assert run.best.metrics["micro_f1"] == 1.0
    learned = np.array(run.best.predictor_settings["transitions"])
    assert np.abs(learned).max() > 0.01
    predictor = saved(tmp_path / "model", start, ner, run, TASK, recipe)
    with safe_open(tmp_path / "model/model.safetensors", "pt") as file:
        assert not [name for name in file.keys() if "crf" in name]  # noqa: SIM118
    found = predictor.predict(ROWS)
    assert [p.value for p in found] == [r["spans"] for r in ROWS]
    assert all(0 < p.confidence <= 1 for p in found)
    assert (predictor.transitions == learned).all()
    assert predictor.predict([{"text": ""}])[0].value == []


def test_what_a_crf_does_not_go_with_is_named():
    refused: tuple[dict[str, Any], ...] = ({"class_weights": "balanced"}, {"focal_gamma": 2.0}, {"lora": {}})
    for more in refused:
        with pytest.raises(ValueError, match="crf: its loss takes no"):
            Recipe.model_validate({"crf": True, **more})
