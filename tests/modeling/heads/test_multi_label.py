"""Several labels a record."""

from __future__ import annotations

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
