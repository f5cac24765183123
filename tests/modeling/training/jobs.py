"""A small job of classification."""

from __future__ import annotations

import numpy as np

from pipeline.core.settings import Task
from pipeline.modeling.heads import classification
from pipeline.modeling.models import Model, Models
from pipeline.modeling.training import strategies
from pipeline.modeling.training.fit import seed_everything
from pipeline.modeling.training.job import Job
from pipeline.modeling.training.recipe import Recipe

TASK = Task(type="classification", labels=("negative", "positive"), languages=("en", "zh"))
TEXTS = ["good day", "bad day", "质量很好", "太差了", "a happy good film", "an awful sad film", "满意", "不推荐"]
ROWS = [{"text": text, "label": TASK.labels[(n + 1) % 2]} for n, text in enumerate(TEXTS)]


def job(bert_folder, folder, **settings):
    recipe = Recipe.model_validate(
        {"batch_size": 4, "epochs": 3.0, "evaluations": 3, "learning_rate": 1e-2, **settings}
    )
    seed_everything(recipe.seed)
    start = classification.start(Models(encoder=Model(name=str(bert_folder))), TASK, ROWS, recipe)
    strategies.freeze(start.model, recipe)
    examples = classification.encode(ROWS, start.tokenizer, TASK, recipe).items
    return Job(
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
