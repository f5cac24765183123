"""The whole stage with real (tiny) transformers models, as `dvc repro` calls it."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.core.errors import PipelineError
from pipeline.evaluate.run import run
from pipeline.runtime.store import read_json
from tests.modeling.conftest import bert_folder, llama_folder, own_cache  # noqa: F401
from tests.modeling.lm.test_encoding import strict

PARAMS = (
    "task: {type: %s, labels: %s, languages: [en, zh]}\nmodels: {}\nevaluate: {resamples: 100, robustness_rows: 3}\n"
)


def write_dataset(folder, rows):
    (folder / "data").mkdir(parents=True)
    for split in ("train", "test"):
        table = pa.Table.from_pylist(
            [{"id": f"{split}{n}", "lang": "en", "source": "s", **r} for n, r in enumerate(rows)]
        )
        pq.write_table(table, folder / "data" / f"{split}-00000-of-00001.parquet")
    return folder


def run_in(folder, kind, labels, rows, model, monkeypatch):
    (folder / "params.yaml").write_text(PARAMS % (kind, labels), "utf-8")
    monkeypatch.chdir(folder)
    out = folder / "out"
    out.mkdir()
    run(write_dataset(folder / "dataset", rows), model, out)
    return read_json(out / "report.json"), pq.read_table(out / "predictions.parquet").to_pylist()


@pytest.mark.slow
def test_classification(bert_folder, tmp_path, monkeypatch):  # noqa: F811
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    model = tmp_path / "model"
    names = {0: "negative", 1: "positive"}
    AutoModelForSequenceClassification.from_pretrained(bert_folder, num_labels=2, id2label=names).save_pretrained(model)
    AutoTokenizer.from_pretrained(bert_folder).save_pretrained(model)
    settings = {
        "task": {"type": "classification"},
        "labels": list(names.values()),
        "temperature": 1.0,
        "max_length": 32,
    }
    (model / "sft.json").write_text(json.dumps(settings))
    rows = [
        {"text": f"{t} {n}", "label": b}
        for n in range(6)
        for t, b in (("a good day", "positive"), ("太差了", "negative"))
    ]
    report, predictions = run_in(tmp_path, "classification", "[negative, positive]", rows, model, monkeypatch)
    right = sum(row["given"] == row["predicted"] for row in predictions)
    assert report["metrics"]["accuracy"]["value"] == pytest.approx(right / 12, abs=1e-6)
    assert {"ece", "brier", "macro_f1"} <= set(report["metrics"])
    assert all(sum(dict(row["scores"]).values()) == pytest.approx(1, abs=1e-4) for row in predictions)


def chat(question, reply, *before):
    return {"messages": [*before, {"role": "user", "content": question}, {"role": "assistant", "content": reply}]}


def language_model(llama_folder, folder):  # noqa: F811
    import shutil

    shutil.copytree(llama_folder, folder)
    (folder / "sft.json").write_text(json.dumps({"task": {"type": "chat"}, "max_length": 64, "max_new_tokens": 4}))
    return folder


@pytest.mark.slow
def test_chat(llama_folder, tmp_path, monkeypatch):  # noqa: F811
    model = language_model(llama_folder, tmp_path / "model")
    rows = [chat("what a good day", "thank you"), chat("质量很好?", "非常满意"), chat("bad film", "sad and slow")]
    report, predictions = run_in(tmp_path, "chat", "[]", rows, model, monkeypatch)
    tokens = sum(row["tokens"] for row in predictions)
    loss = -sum(row["log_likelihood"] for row in predictions) / tokens
    assert report["metrics"]["loss_per_token"]["value"] == pytest.approx(loss, abs=1e-5)
    assert report["metrics"]["perplexity"]["value"] == pytest.approx(np.exp(loss), rel=1e-5)
    assert 1 < loss < 12, "an untrained model of 320 tokens guesses: about ln 320"
    assert report["baselines"] == {}
    assert [entry["edit"] for entry in report["robustness"] if entry["n"]]


def test_a_chat_that_the_no_system_turn_is_counted_and_named_and_stops_nothing(
    llama_folder,  # noqa: F811
    tmp_path,
    monkeypatch,
    caplog,
):
    model = language_model(llama_folder, tmp_path / "model")
    strict(llama_folder).save_pretrained(model)
    told = {"role": "system", "content": "be good"}
    rows = [chat("what a good day", "thank you"), chat("bad film", "sad", told), chat("质量很好?", "非常满意")]
    report, predictions = run_in(tmp_path, "chat", "[]", rows, model, monkeypatch)
    assert report["n"] == len(predictions) == 2
    assert report["not_evaluated"] == [{"id": "test1", "reason": "no_system_turn: no system turn"}]
    assert read_json(tmp_path / "out/metrics.json")["not_evaluated"] == 1
    assert "record test1 is not evaluated: no_system_turn" in caplog.text
    every = tmp_path / "every"
    every.mkdir()
    with pytest.raises(PipelineError, match="none of 1 test records can be put to the model: no_system_turn"):
        run_in(every, "chat", "[]", rows[1:2], model, monkeypatch)
