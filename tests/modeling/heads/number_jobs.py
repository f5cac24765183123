"""Small jobs on pairs of texts."""

from __future__ import annotations

from pipeline.modeling.models import Model, Models
from pipeline.modeling.training.fit import seed_everything
from pipeline.modeling.training.job import Job
from pipeline.modeling.training.recipe import Recipe

PAIRS = ["good day", "bad day", "质量很好", "太差了", "a happy film", "an awful film", "满意😀", "不推荐"]


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
