"""From an exported dataset to answers, for entities, answers, numbers and label sets, with no weights at hand."""

import json
from typing import Any

import pytest

from pipeline.core.settings import Task
from pipeline.modeling.models import SCRATCH, Model, Models
from pipeline.modeling.predictor import load_predictor
from pipeline.train.params import Params
from pipeline.train.run import train
from tests.train.conftest import write_dataset

MODELS = Models(encoder=Model(name=SCRATCH))
FAST = {"epochs": 1.0, "batch_size": 4, "evaluations": 1, "max_length": 32, "freeze": "none", "learning_rate": 1e-3}
CONTEXT = "小明😀去了北京。 Ann saw Rome." * 3
ENTITIES = [
    {"text": CONTEXT, "spans": [{"start": 0, "end": 2, "label": "person"}]},
    {"text": "x 北京", "spans": [{"start": 2, "end": 4, "label": "place"}]},
]
CASES: dict[str, tuple[Task, list[dict[str, Any]]]] = {
    "ner": (Task(type="ner", labels=("person", "place")), ENTITIES),
    "qa": (
        Task(type="qa"),
        [
            {"context": CONTEXT, "question": "谁？", "answers": [{"start": 0, "text": "小明"}], "lang": "zh"},
            {"context": CONTEXT, "question": "who?", "answers": [], "lang": "en"},
        ],
    ),
    "regression": (
        Task(type="regression", range=(0.0, 5.0)),
        [{"text": "好", "text_pair": "good", "score": 4.0}, {"text": "x", "text_pair": None, "score": 1.5}],
    ),
    "classification": (
        Task(type="classification", labels=("a", "b"), multi_label=True),
        [{"text": "好", "label": ["a", "b"]}, {"text": "x", "label": []}, {"text": "y", "label": ["b"]}],
    ),
}


@pytest.mark.parametrize("kind", sorted(CASES))
def test_each_task_type_trains_and_answers_in_the_shape_of_its_target(kind, tmp_path):
    task, rows = CASES[kind]
    dataset = write_dataset(tmp_path / "dataset", train=rows * 3, validation=rows, test=rows)
    train(dataset, tmp_path / "out", task, MODELS, Params.model_validate(FAST))
    report = json.loads((tmp_path / "out/report.json").read_text("utf-8"))
    assert report["base_model"] == SCRATCH
    assert report["rows"]["train"]["in"] == 3 * len(rows)
    if kind == "ner":
        assert report["rows"]["train"]["windows"] > 3 * len(rows), "the long text goes through in parts"
        assert report["rows"]["train"]["entities_widened"] == 0
    predictor = load_predictor(tmp_path / "out/model")
    answers = [prediction.value for prediction in predictor.predict(rows)]
    for value in answers:
        if kind == "regression":
            assert 0 <= value <= 5
        elif kind == "classification":
            assert set(value) <= {"a", "b"}
        else:
            assert all(0 <= part["start"] < len(CONTEXT) for part in value)
    assert predictor.predict([]) == []
    assert answers == [prediction.value for prediction in load_predictor(tmp_path / "out/model").predict(rows)]
