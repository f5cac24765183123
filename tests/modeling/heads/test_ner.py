from typing import Any

import numpy as np
import pytest

from pipeline.core.errors import PipelineError
from pipeline.core.settings import Task
from pipeline.modeling.features.tagging_units import units, windows
from pipeline.modeling.heads import ner
from pipeline.modeling.models import Model, Models
from pipeline.modeling.training.fit import fit, seed_everything
from pipeline.modeling.training.job import Job
from pipeline.modeling.training.recipe import Recipe
from tests.modeling.saving import saved

TASK = Task(type="ner", labels=("person", "place"), languages=("en", "zh"))


def row(text, *marked):
    spans = [{"start": text.index(s), "end": text.index(s) + len(s), "label": label} for s, label in marked]
    return {"text": text, "spans": spans}


ROWS = [
    row("Ann Lee went to Paris.", ("Ann Lee", "person"), ("Paris", "place")),
    row("😀 Bo likes Rome!", ("Bo", "person"), ("Rome", "place")),
    row("小明去了北京。", ("小明", "person"), ("北京", "place")),
    row("上海😀很大", ("上海", "place")),
    row("nothing is here"),
    row("this is bad and slow"),
    row("In Oslo, Kim met Tom", ("Oslo", "place"), ("Kim", "person"), ("Tom", "person")),
    row("王芳在广州", ("王芳", "person"), ("广州", "place")),
]
RECIPE = {"batch_size": 4, "epochs": 60.0, "evaluations": 4, "learning_rate": 3e-3, "dropout": 0.0, "max_length": 48}


def job(name, folder, rows=ROWS, **settings):
    freeze = "none" if name == "scratch" else "embeddings"
    recipe = Recipe.model_validate({**RECIPE, "freeze": freeze, "head_learning_rate": 1e-2, **settings})
    seed_everything(0)
    start = ner.start(Models(encoder=Model(name=str(name))), TASK, rows, recipe)
    examples = ner.encode(rows, start.tokenizer, TASK, recipe).items
    parts = (start.model, ner, examples, examples, ner.collate(start.tokenizer), recipe, folder / "checkpoints")
    return Job(*parts), start, recipe


@pytest.mark.parametrize("encoder", ["bert", "scratch"])
def test_eight_texts_are_learned_by_heart_and_the_saved_model_says_the_same(encoder, bert_folder, tmp_path):
    work, start, recipe = job(bert_folder if encoder == "bert" else "scratch", tmp_path)
    run = fit(work)
    assert run.best.metrics["micro_f1"] == 1.0
    predictor = saved(tmp_path / "model", start, ner, run, TASK, recipe)
    found = predictor.predict(ROWS)
    assert [p.value for p in found] == [r["spans"] for r in ROWS]
    for prediction in found:
        assert len(prediction.parts) == len(prediction.value)
        assert all(0 < prediction.confidence <= part <= 1 for part in prediction.parts)
    # In another order, in other batches: the same answers.
    alone = [predictor.predict([r])[0] for r in reversed(ROWS)]
    assert [p.value for p in reversed(alone)] == [p.value for p in found]


def test_offsets_are_right_in_texts_longer_than_a_window(tmp_path):
    filler = "nothing is here 😀 "
    long = row(filler * 9 + "王芳在广州, " + filler * 9, ("王芳", "person"), ("广州", "place"))
    work, start, recipe = job("scratch", tmp_path, rows=[*ROWS, long], max_length=24, stride=8, epochs=30.0)
    run = fit(work)
    predictor = saved(tmp_path / "model", start, ner, run, TASK, recipe)
    assert predictor.predict([long])[0].value == long["spans"]
    parts = windows(long["text"], units(long["text"]), predictor.tokenizer, 24, 8)
    assert len(parts) > 4
    spoken = {unit for part in parts for unit in part["units"]} - {-1}
    assert spoken == set(range(len(units(long["text"])))), "no unit falls between two windows"


def test_entities_across_a_window_edge_survive(monkeypatch, tmp_path):
    _, start, recipe = job("scratch", tmp_path)
    text = "x " * 15 + "Ann Lee " + "x " * 20
    long = [row(text.strip(), ("Ann Lee", "person"))]
    tight = recipe.model_copy(update={"max_length": 18, "stride": 6})
    examples = ner.encode(long, start.tokenizer, TASK, tight)
    assert examples.notes["entities_widened"] == 0
    assert examples.notes["windows"] > 2

    def truth(model, items, collate, batch):
        for n, item in enumerate(items):
            logits = np.zeros((1, len(item["input_ids"]), 5))
            for token, label in enumerate(item["labels"]):
                logits[0, token, max(label, 0)] = 9.0
            import torch

            yield [n], torch.tensor(logits), None

    monkeypatch.setattr(ner, "outputs", truth)
    no_collate: Any = None  # `truth` reads the items themselves
    evaluation = ner.evaluate(start.model, examples.items, no_collate, 1)
    assert evaluation.metrics["micro_f1"] == 1.0


def test_entities_that_tokens_cannot_show_are_counted(tmp_path):
    _, start, recipe = job("scratch", tmp_path)
    inside = [{"text": "iPhone6s", "spans": [{"start": 0, "end": 6, "label": "place"}]}]
    assert ner.encode(inside, start.tokenizer, TASK, recipe).notes == {
        "windows": 1,
        "entities": 1,
        "entities_widened": 1,
    }


def test_what_cannot_be_learned_is_said():
    with pytest.raises(PipelineError, match="no row of the train split has an entity"):
        ner.check({"train": [row("none")], "dev": []}, TASK)
    with pytest.raises(PipelineError, match=r"task\.labels is empty"):
        ner.check({"train": ROWS, "dev": ROWS}, Task(type="ner"))
    with pytest.raises(PipelineError, match="must all be trained"):
        ner.start(Models(encoder=Model(name="scratch")), TASK, ROWS, Recipe())
