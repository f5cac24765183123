"""The encoder that needs no weights."""

import json
from typing import Any

import pytest

from pipeline.core.errors import PipelineError
from pipeline.core.settings import Task
from pipeline.modeling.features.encoder import features, tfidf
from pipeline.modeling.heads import HEADS, classification
from pipeline.modeling.models import SCRATCH, Model, Models
from pipeline.modeling.training.fit import fit, seed_everything
from pipeline.modeling.training.job import Job
from pipeline.modeling.training.recipe import Recipe
from pipeline.validate.expectations.tokens import token_counter

TASK = Task(type="classification", labels=("negative", "positive"), languages=("zh",))
TEXTS = ["质量很好", "太差了", "非常满意😀", "不推荐", "很好 iPhone6s", "差", "满意", "不好"]
ROWS = [{"text": text, "label": TASK.labels[(n + 1) % 2]} for n, text in enumerate(TEXTS)]
MODELS = Models(encoder=Model(name=SCRATCH))


def begin(seed=0):
    seed_everything(seed)
    return classification.start(MODELS, TASK, ROWS, Recipe(freeze="none"))


def test_equal_seeds_give_equal_models_and_the_saved_tokenizer_is_the_same(tmp_path):
    from transformers import AutoTokenizer

    one, two, other = begin(), begin(), begin(1)
    weights = [dict(s.model.named_parameters())["classifier.weight"] for s in (one, two, other)]
    assert weights[0].equal(weights[1])
    assert not weights[0].equal(weights[2])
    one.model.save_pretrained(tmp_path)
    one.tokenizer.save_pretrained(tmp_path)
    again = AutoTokenizer.from_pretrained(tmp_path)
    for text in [*TEXTS, "Résumé 新 iPHONE"]:
        assert again(text)["input_ids"] == one.tokenizer(text)["input_ids"]
        assert again(text, return_offsets_mapping=True)["offset_mapping"][1][0] == 0


def test_chinese_is_learned_with_no_weights(tmp_path):
    start = begin()
    recipe = Recipe(freeze="none", batch_size=4, epochs=60.0, learning_rate=1e-3, dropout=0.0, evaluations=3)
    examples = classification.encode(ROWS, start.tokenizer, TASK, recipe).items
    collate = classification.collate(start.tokenizer)
    job = Job(start.model, classification, examples, examples, collate, recipe, tmp_path / "checkpoints")
    assert fit(job).best.metrics["accuracy"] == 1.0


def test_other_stages_cope_with_an_encoder_without_weights():
    found = features(TEXTS, MODELS.encoder)
    assert (found != tfidf(TEXTS)).nnz == 0
    how, count = token_counter(MODELS.encoder, "encoder")
    assert how == "estimated"
    assert count(["质量很好。", "good😀"]) == [5, 2]


def test_frozen_random_weights_and_tfidf_are_refused():
    for settings in ({"freeze": "embeddings"}, {"freeze": "none", "lora": {"rank": 2}}):
        with pytest.raises(PipelineError, match="must all be trained"):
            classification.start(MODELS, TASK, ROWS, Recipe.model_validate(settings))
    with pytest.raises(PipelineError, match="'tfidf' has no weights"):
        classification.start(Models(), TASK, ROWS, Recipe())


@pytest.mark.parametrize("name", ["ner", "qa", "regression"])
def test_examples_can_name_a_checkpoint_folder(name):
    """train keys its checkpoints by the examples' JSON."""
    task = Task(type=name, labels=("x",) if name == "ner" else ())
    by_task: dict[str, list[dict[str, Any]]] = {
        "ner": [{"text": "好x", "spans": [{"start": 0, "end": 1, "label": "x"}]}],
        "qa": [{"context": "好x", "question": "?", "answers": [{"start": 0, "text": "好"}]}],
        "regression": [{"text": "好", "text_pair": None, "score": 1.0}, {"text": "x", "text_pair": "y", "score": 2.0}],
    }
    rows = by_task[name]
    start = HEADS[name].function.start(MODELS, task, rows, Recipe(freeze="none"))
    assert json.dumps(HEADS[name].function.encode(rows, start.tokenizer, task, Recipe()).items)
