"""Tiny encoders as ONNX: equal answers through the same predictors, for every head that is one."""

import argparse
import json
import logging
from typing import Any

import pytest

from pipeline.commands import onnx
from pipeline.core.errors import PipelineError
from pipeline.modeling.prediction import Prediction
from pipeline.modeling.predictor import load_predictor
from tests.train.conftest import write_dataset

ROWS = [{"text": text, "context": f"{text} and more", "question": "what day?", "label": "positive"}
        for text in ("what a good day", "太差了, 不推荐", "a bad film, slow and sad", "满意")]  # fmt: skip

SETTINGS = {"temperature": 1.5, "max_length": 32, "stride": 8, "max_answer_length": 8, "null_threshold": 0.5}


def saved(folder, bert_folder, task, auto, **config):
    from transformers import AutoTokenizer

    auto.from_pretrained(bert_folder, **config).save_pretrained(folder)
    AutoTokenizer.from_pretrained(bert_folder).save_pretrained(folder)
    (folder / "sft.json").write_text(json.dumps({"task": task, **SETTINGS}))
    return folder


def arguments(*words):
    parser = argparse.ArgumentParser()
    onnx.add_arguments(parser)
    return parser.parse_args([str(word) for word in words])


@pytest.fixture
def dataset(tmp_path):
    return write_dataset(tmp_path / "dataset", validation=ROWS * 3)


def exported(model, dataset, out):
    onnx.run(arguments("--model", model, "--out", out, "--dataset", dataset, "--rows", 12))
    return json.loads((out / "onnx.json").read_text())


def test_a_classifier_answers_the_same_and_is_timed(bert_folder, dataset, tmp_path, capsys):
    from transformers import AutoModelForSequenceClassification

    names = {0: "negative", 1: "positive"}
    model = saved(
        tmp_path / "model", bert_folder, {"type": "classification"}, AutoModelForSequenceClassification,
        num_labels=2, id2label=names,
    )  # fmt: skip
    found = exported(model, dataset, tmp_path / "onnx")
    assert (found["rows"], found["different_answers"]) == (12, 0)
    assert found["largest_difference"] < 1e-4
    assert found["speed_up"] > 0
    assert "12 rows answered alike" in capsys.readouterr().out
    # Batches of other sizes and lengths than the one it was exported with.
    texts = [{"text": "good " * n} for n in (1, 7, 20)]
    for a, b in zip(
        load_predictor(model).predict(texts), load_predictor(tmp_path / "onnx").predict(texts), strict=True
    ):
        assert a.value == b.value
        assert a.confidence == pytest.approx(b.confidence, abs=1e-4)


def test_in_8_bits_it_is_smaller_and_told_how_often_it_agrees(bert_folder, dataset, tmp_path, capsys):
    from transformers import AutoModelForSequenceClassification

    names = {0: "negative", 1: "positive"}
    model = saved(
        tmp_path / "model", bert_folder, {"type": "classification"}, AutoModelForSequenceClassification,
        id2label=names, label2id={name: n for n, name in names.items()},
    )  # fmt: skip
    whole = exported(model, dataset, tmp_path / "whole")
    words = ("--model", model, "--dataset", dataset, "--rows", 12, "--int8", "--out", tmp_path / "small")
    level = logging.getLogger().level
    onnx.run(arguments(*words, "--agreement", 0.5))
    assert logging.getLogger().level == level  # the libraries are quiet while they work, nobody else after
    small = json.loads((tmp_path / "small/onnx.json").read_text())
    assert 0 < small["megabytes"] < whole["megabytes"]
    assert small["rows"] == whole["rows"]
    assert "rows answered alike" in capsys.readouterr().out
    answers = load_predictor(tmp_path / "small").predict(ROWS)
    assert {one.value for one in answers} <= {"negative", "positive"}
    compared: Any = {"rows": 10, "different_answers": 5}
    with pytest.raises(PipelineError, match=r"50\.0% of 10 answers are those of the original, fewer than 98"):
        onnx.check_agreement(compared, 0.98, tmp_path)


def test_a_tagger_answers_the_same(bert_folder, dataset, tmp_path):
    from transformers import AutoModelForTokenClassification

    tags = dict(enumerate(["O", "B-day", "I-day"]))
    task = {"type": "ner", "labels": ["day"]}
    model = saved(tmp_path / "model", bert_folder, task, AutoModelForTokenClassification, num_labels=3, id2label=tags)
    assert exported(model, dataset, tmp_path / "onnx")["different_answers"] == 0


def test_a_damaged_copy_is_refused(bert_folder, dataset, tmp_path):
    from transformers import AutoModelForSequenceClassification

    model = saved(
        tmp_path / "m", bert_folder, {"type": "classification"}, AutoModelForSequenceClassification, num_labels=2
    )
    (model / "model.onnx").write_bytes(b"no graph")
    with pytest.raises(PipelineError, match="ONNX Runtime cannot load it"):
        load_predictor(model)


def test_models_that_write_text_are_refused(llama_folder, dataset, tmp_path):
    from pipeline.modeling import onnx

    with pytest.raises(PipelineError, match="LlamaForCausalLM writes text"):
        onnx.export(llama_folder, tmp_path / "onnx")


def test_a_copy_that_answers_otherwise_is_said_to(tmp_path):
    class Says:
        def __init__(self, value, sure):
            self.answer = Prediction(value, sure, {"a": sure, "b": 1 - sure})

        def predict(self, rows):
            return [self.answer] * len(rows)

    found = onnx.compare(Says("a", 0.9), Says("b", 0.5), [{}] * 3)
    assert (found["different_answers"], found["largest_difference"]) == (3, pytest.approx(0.4))
    with pytest.raises(PipelineError, match="3 of 3 answers differ, scores by up to 0"):
        onnx.check(found, tmp_path)
    onnx.check(onnx.compare(Says("a", 0.9), Says("a", 0.9001), [{}] * 3), tmp_path)


def test_a_dataset_without_dev_rows_cannot_check(bert_folder, tmp_path):
    from transformers import AutoModelForSequenceClassification

    model = saved(
        tmp_path / "m", bert_folder, {"type": "classification"}, AutoModelForSequenceClassification, num_labels=2
    )
    dataset = write_dataset(tmp_path / "dataset", train=ROWS)
    with pytest.raises(PipelineError, match="no dev rows"):
        exported(model, dataset, tmp_path / "onnx")
