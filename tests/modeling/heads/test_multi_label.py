"""Several labels a record."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pipeline.core.settings import Task
from pipeline.modeling.heads import classification
from pipeline.modeling.heads.multi_label import best_threshold
from pipeline.modeling.training.fit import fit
from tests.modeling.heads.number_jobs import PAIRS, job
from tests.modeling.saving import saved

SETS = Task(type="classification", labels=("joy", "食", "place"), languages=("en", "zh"), multi_label=True)
LABELLED = [
    {"text": text, "label": [label for k, label in enumerate(SETS.labels) if n >> k & 1]}
    for n, text in enumerate(PAIRS)
]


@pytest.mark.parametrize("weights", ["none", "balanced"])
def test_label_sets_are_learned_by_heart(weights, bert_folder, tmp_path):
    work, start, recipe = job(classification, SETS, LABELLED, bert_folder, tmp_path, class_weights=weights)
    classification.check({"train": LABELLED, "dev": LABELLED}, SETS)
    run = fit(work)
    assert run.best.metrics["accuracy"] == run.best.metrics["macro_f1"] == 1.0
    predictor = saved(tmp_path / "model", start, classification, run, SETS, recipe)
    found = predictor.predict(LABELLED)
    assert [p.value for p in found] == [r["label"] for r in LABELLED]
    assert all(set(p.scores) == set(SETS.labels) and 0 < p.confidence <= 1 for p in found)


@pytest.mark.parametrize(
    ("probabilities", "target", "expected"),
    [
        ([0.9, 0.6, 0.2, 0.1], [1, 1, 0, 0], 0.4),
        ([0.9, 0.6, 0.6, 0.1], [1, 1, 0, 0], 0.35),  # equal ones cannot be parted
        ([0.9, 0.6], [1, 1], 0.3),
        ([0.9, 0.6], [0, 0], 0.5),
    ],
)
def test_a_threshold_lies_where_f1_is_best(probabilities, target, expected):
    assert best_threshold(np.array(probabilities), np.array(target)) == pytest.approx(expected)


def test_the_linear_head_for_sets_is_fitted_anew_with_thresholds_of_rows_held_out():
    import torch
    from transformers import BertConfig, BertForSequenceClassification

    from pipeline.modeling.heads.label_refit import refit_label_rows

    rng = np.random.default_rng(0)
    features = rng.normal(size=(200, 16)).astype(np.float32)
    weights = rng.normal(size=(16, 2))
    here = features @ weights + rng.normal(size=(200, 2)) > 1.0
    labels = [[name for name, one in zip(("joy", "食"), row, strict=True) if one] for row in here]
    names = {name: n for n, name in enumerate(SETS.labels)}  # nobody has `place`
    config = BertConfig(hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8, vocab_size=9)
    config.label2id, config.id2label = names, {n: name for name, n in names.items()}
    model = BertForSequenceClassification(config)
    before = model.classifier.weight[2].detach().clone()
    found: Any = refit_label_rows(model, features, labels)
    assert found["C"] in (1.0, 10.0, 100.0, 1000.0)
    assert set(found["thresholds"]) == {"joy", "食"}
    assert found["log_loss"] < 0.45
    with torch.no_grad():
        scores = torch.tensor(features) @ model.classifier.weight.T + model.classifier.bias
    said = torch.sigmoid(scores[:, :2]).numpy() >= list(found["thresholds"].values())
    assert (said == here).mean() > 0.8
    assert torch.equal(model.classifier.weight[2], before)
    assert refit_label_rows(model, features[:3], [["joy"], [], []]) is None
    assert refit_label_rows(model, features[:0], []) is None


def test_training_sets_with_a_linear_head_refits_on_dev_too_and_keeps_devs_threshold_of_a_rare_label(
    bert_folder, tmp_path
):
    import json

    from pipeline.modeling.models import Model, Models
    from pipeline.train.params import Params
    from pipeline.train.run import train
    from tests.train.conftest import write_dataset

    rows = [{"id": str(n), **row} for n, row in enumerate(LABELLED * 3)]
    dataset = write_dataset(tmp_path / "dataset", train=rows, validation=rows[: len(LABELLED)])
    train(dataset, tmp_path / "out", SETS, Models(encoder=Model(name=str(bert_folder))), Params(epochs=0.0))
    told = json.loads((tmp_path / "out/report.json").read_text())["refit"]
    assert told["rows"] == 4 * len(LABELLED)
    kept = json.loads((tmp_path / "out/model/sft.json").read_text())["thresholds"]
    assert set(kept) == set(SETS.labels)
    assert kept | told["thresholds"] == kept
