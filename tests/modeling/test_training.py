import numpy as np
import pytest

from pipeline.modeling import strategies, training
from pipeline.modeling.heads import classification
from pipeline.modeling.models import Model, Models
from pipeline.modeling.recipe import Recipe
from pipeline.settings import Task

TASK = Task(type="classification", labels=("negative", "positive"), languages=("en", "zh"))
TEXTS = ["good day", "bad day", "质量很好", "太差了", "a happy good film", "an awful sad film", "满意", "不推荐"]
ROWS = [{"text": text, "label": TASK.labels[(n + 1) % 2]} for n, text in enumerate(TEXTS)]


def job(bert_folder, folder, **settings):
    recipe = Recipe.model_validate({"batch": 4, "epochs": 3.0, "evaluations": 3, "learning_rate": 1e-2, **settings})
    training.seed_everything(recipe.seed)
    start = classification.start(Models(encoder=Model(name=str(bert_folder))), TASK, ROWS, recipe)
    strategies.freeze(start.model, recipe)
    examples = classification.encode(ROWS, start.tokenizer, TASK, recipe).items
    return training.Job(
        start.model,
        classification,
        examples,
        examples,
        classification.collate(start.tokenizer),
        recipe,
        folder / "checkpoints",
        classification.class_weights(examples, TASK, recipe),
    )


def weights(job):
    return {name: p.detach().numpy().copy() for name, p in job.model.named_parameters()}


def same(one, two, tolerance=0.0):
    return all(np.allclose(one[name], two[name], rtol=0, atol=tolerance) for name in one)


def test_a_killed_run_goes_on_to_the_same_weights(bert_folder, tmp_path):
    whole = job(bert_folder, tmp_path / "whole")
    expected = training.fit(whole)
    training.fit(job(bert_folder, tmp_path / "killed"), stop_after=3)
    (tmp_path / "killed" / "checkpoints" / "checkpoint-5").mkdir()  # the kill came while this one was written
    resumed = job(bert_folder, tmp_path / "killed")
    found = training.fit(resumed)
    assert same(weights(whole), weights(resumed))
    assert found == expected
    assert not (tmp_path / "killed" / "checkpoints").exists()


def test_one_batch_of_eight_learns_as_four_batches_of_two(bert_folder, tmp_path):
    plain = {
        "epochs": 2.0,
        "dropout": 0.0,
        "optimizer": "sgd",
        "learning_rate": 0.1,
        "class_weights": "balanced",
        "label_smoothing": 0.1,
        "warmup": 0.0,
        "evaluations": 1,
    }
    start = weights(job(bert_folder, tmp_path / "start", **plain))
    large = job(bert_folder, tmp_path / "large", **plain, batch=8)
    small = job(bert_folder, tmp_path / "small", **plain, batch=2, accumulate=4)
    training.fit(large)
    training.fit(small)
    assert not same(start, weights(large), 1e-4)
    assert same(weights(large), weights(small), 1e-5)


def test_eight_examples_can_be_learned_by_heart(bert_folder, tmp_path):
    run = training.fit(job(bert_folder, tmp_path, epochs=40.0, dropout=0.0))
    assert run.best.metrics["accuracy"] == 1.0
    assert run.best.metrics["loss"] < 0.1


def test_a_run_that_does_harm_keeps_the_starting_model(bert_folder, tmp_path):
    harmful = job(bert_folder, tmp_path, learning_rate=5.0, head_learning_rate=50.0, clip=0.0)
    before = weights(harmful)
    run = training.fit(harmful)
    assert run.best_step == 0
    assert run.best.metrics == run.before.metrics
    assert same(before, weights(harmful))


def test_patience_stops_early(bert_folder, tmp_path):
    settings = {"epochs": 20.0, "evaluations": 20, "patience": 2, "learning_rate": 5.0, "clip": 0.0}
    assert training.fit(job(bert_folder, tmp_path, **settings)).steps < 20


@pytest.mark.parametrize("size", [1, 7, 64, 333])
def test_length_grouping_keeps_every_row_once_and_neighbours_alike(size):
    lengths = np.random.default_rng(0).integers(1, 100, size).tolist()
    order = training.length_grouped(lengths, 8, np.random.default_rng(1))
    assert sorted(order) == list(range(size))
    spread = [np.ptp([lengths[n] for n in order[k : k + 8]]) for k in range(0, size, 8)]
    assert size < 64 or np.mean(spread) < 15


def test_balanced_class_weights_give_rare_classes_more(bert_folder, tmp_path):
    examples = [{"labels": 0}] * 3 + [{"labels": 1}]
    found = classification.class_weights(examples, TASK, Recipe(class_weights="balanced"))
    assert found.tolist() == [4 / 6, 2.0]
