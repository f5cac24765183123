"""Regression and several labels a record."""

import numpy as np
import pytest

from pipeline.core.errors import PipelineError
from pipeline.core.settings import Task
from pipeline.modeling.heads import classification, regression
from pipeline.modeling.heads.multi_label import best_threshold
from pipeline.modeling.models import Model, Models
from pipeline.modeling.training.fit import fit, seed_everything
from pipeline.modeling.training.job import Job
from pipeline.modeling.training.recipe import Recipe
from tests.modeling.saving import saved

NUMBERS = Task(type="regression", languages=("en", "zh"))
PAIRS = ["good day", "bad day", "质量很好", "太差了", "a happy film", "an awful film", "满意😀", "不推荐"]
ROWS = [
    {"text": text, "text_pair": PAIRS[-n] if n % 2 else None, "score": 500.0 + 40 * n} for n, text in enumerate(PAIRS)
]
SETS = Task(type="classification", labels=("joy", "食", "place"), languages=("en", "zh"), multi_label=True)
LABELLED = [
    {"text": text, "label": [label for k, label in enumerate(SETS.labels) if n >> k & 1]}
    for n, text in enumerate(PAIRS)
]


def job(head, task, rows, encoder, folder, **settings):
    plain = {"batch_size": 4, "epochs": 60.0, "evaluations": 3, "learning_rate": 1e-3, "head_learning_rate": 1e-2}
    freeze = "none" if encoder == "scratch" else "embeddings"
    recipe = Recipe.model_validate({**plain, "freeze": freeze, "dropout": 0.0, "max_length": 48, **settings})
    seed_everything(0)
    start = head.start(Models(encoder=Model(name=str(encoder))), task, rows, recipe)
    examples = head.encode(rows, start.tokenizer, task, recipe).items
    weights = head.class_weights(examples, task, recipe)
    parts = (start.model, head, examples, examples, head.collate(start.tokenizer), recipe, folder / "checkpoints")
    return Job(*parts, weights), start, recipe


@pytest.mark.parametrize("encoder", ["bert", "scratch"])
def test_eight_numbers_are_learned_and_any_auto_model_gives_their_unit(encoder, bert_folder, tmp_path):
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    encoder = str(bert_folder) if encoder == "bert" else encoder
    work, start, recipe = job(regression, NUMBERS, ROWS, encoder, tmp_path)
    run = fit(work)
    assert run.best.metrics["pearson"] > 0.98
    assert run.best.metrics["mae"] < 10 < regression.np.std([r["score"] for r in ROWS])
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
