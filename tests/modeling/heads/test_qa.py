"""Extractive question answering with a tiny model."""

from __future__ import annotations

import pytest

from pipeline.core.errors import PipelineError
from pipeline.core.settings import Task
from pipeline.modeling.heads import qa
from pipeline.modeling.models import Model, Models
from pipeline.modeling.training.fit import fit, seed_everything
from pipeline.modeling.training.job import Job
from pipeline.modeling.training.recipe import Recipe
from tests.modeling.saving import saved

TASK = Task(type="qa", languages=("en", "zh"))


def row(context, question, *answers):
    lang = "zh" if question.endswith("？") else "en"
    found = [{"start": context.index(a), "text": a} for a in answers]
    return {"context": context, "question": question, "answers": found, "lang": lang}


EN, ZH = "😀 Ann Lee saw a cat in Rome.", "小明😀去了北京看书。"
ROWS = [
    row(EN, "who?", "Ann Lee"),
    row(EN, "where?", "Rome"),
    row(EN, "what?", "a cat"),
    row(EN, "when?"),
    row(ZH, "谁？", "小明"),
    row(ZH, "哪里？", "北京"),
    row(ZH, "看什么？", "书"),
    row(ZH, "多少？"),
]


def job(folder, **settings):
    plain = {"batch_size": 4, "epochs": 60.0, "evaluations": 3, "learning_rate": 2e-3, "head_learning_rate": 5e-3}
    recipe = Recipe.model_validate({**plain, "freeze": "none", "dropout": 0.0, "max_length": 64, **settings})
    seed_everything(0)
    start = qa.start(Models(encoder=Model(name="scratch")), TASK, ROWS, recipe)
    examples = qa.encode(ROWS, start.tokenizer, TASK, recipe).items
    parts = (start.model, qa, examples, examples, qa.collate(start.tokenizer), recipe, folder / "checkpoints")
    return Job(*parts), start, recipe


def test_eight_questions_are_learned_by_heart_and_the_saved_model_says_the_same(tmp_path):
    work, start, recipe = job(tmp_path)
    run = fit(work)
    assert run.best.metrics["f1"] == 1.0
    predictor = saved(tmp_path / "model", start, qa, run, TASK, recipe)
    found = predictor.predict(ROWS)
    assert [p.value for p in found] == [r["answers"] for r in ROWS]
    assert all(0 < p.confidence <= 1 for p in found)
    # A context of many windows: offsets stay those of the whole text.
    predictor.max_length, predictor.stride = 20, 8
    long = {**ROWS[0], "context": "a cat 😀 " * 12 + EN}
    (answer,) = predictor.predict([long])[0].value or [{"start": 0, "text": long["context"][0]}]
    assert long["context"][answer["start"] : answer["start"] + len(answer["text"])] == answer["text"]


@pytest.mark.parametrize("source", ["scratch", "byte-level"])
@pytest.mark.parametrize("example", [ROWS[0], ROWS[5], row("x 😀 " * 40 + "北京 is Rome", "what 在？", "北京")])
def test_labels_point_at_the_answer_in_every_window_that_holds_it(example, source, bert_folder, tmp_path):
    encoder = "scratch" if source == "scratch" else str(bert_folder)
    recipe = Recipe(max_length=32, stride=12, freeze="none")
    start = qa.start(Models(encoder=Model(name=encoder)), TASK, [*ROWS, example], recipe)
    found = qa.encode([example], start.tokenizer, TASK, recipe).items
    held = 0
    for window in found:
        assert len(window["input_ids"]) <= 32
        first, last = window["labels"]
        if last:
            held += 1
            text = example["context"][window["offsets"][first][0] : window["offsets"][last][1]]
            assert text.strip() == example["answers"][0]["text"]
    assert held >= 1


def test_an_answer_in_no_window_is_counted_and_a_long_question_cut(tmp_path):
    _, start, _ = job(tmp_path)
    whole = row(EN, "all?", EN)
    found = qa.encode([whole, *ROWS], start.tokenizer, TASK, Recipe(max_length=64, max_answer_length=4))
    assert found.dropped == {"answer_in_no_window": 1}
    assert {item["row"] for item in found.items} == set(range(1, 9))
    asked = qa.encode([row(EN, "who? " * 60, "Ann Lee")], start.tokenizer, TASK, Recipe(max_length=48))
    assert asked.notes["questions_cut"] == 1
    assert all(len(item["input_ids"]) <= 48 for item in asked.items)
    with pytest.raises(PipelineError, match="stands whole in a window"):
        qa.encode([whole], start.tokenizer, TASK, Recipe(max_answer_length=2))


def test_a_split_without_answers_is_refused():
    with pytest.raises(PipelineError, match="no row of the train split has an answer"):
        qa.check({"train": [ROWS[3]]}, TASK)
