"""The whole stage for entities, answers and numbers, with stand-in models: every out is written, edits move offsets."""

import csv
import json

import pyarrow.parquet as pq
import pytest

from pipeline.evaluate.params import Params
from pipeline.evaluate.run import evaluate
from pipeline.modeling.prediction import Prediction
from pipeline.runtime.store import read_json
from tests.evaluate.task_cases import TASKS, example, find

PARAMS = Params(resamples=200, robustness_rows=40)


class Model:
    def __init__(self, kind):
        self.kind = kind

    def predict(self, rows):
        return [getattr(self, self.kind)(row) for row in rows]

    def ner(self, row):
        found = find(row["text"])
        return Prediction(found, 0.8, parts=(0.9,) * len(found))

    def qa(self, row):
        found = [s for s in find(row["context"]) if s["label"] == "place"]
        return Prediction([{"start": s["start"], "text": row["context"][s["start"] : s["end"]]} for s in found], 0.7)

    def regression(self, row):
        return Prediction(float(len(row["text"]) % 7))


@pytest.mark.parametrize("kind", sorted(TASKS))
def test_every_out_is_written(kind, tmp_path):
    rows = [example(n, kind) for n in range(60)]
    evaluate(rows, rows, Model(kind), TASKS[kind], PARAMS, tmp_path)
    report, metrics = read_json(tmp_path / "report.json"), read_json(tmp_path / "metrics.json")
    assert metrics["n"] == 60
    assert report["metrics"][report["headline"]]["low"] <= metrics[report["headline"]]
    with (tmp_path / "confusion.csv").open(encoding="utf-8") as file:
        assert set(next(csv.DictReader(file))) == {"actual", "predicted"}
    with (tmp_path / "reliability.csv").open(encoding="utf-8") as file:
        assert sum(int(line["count"]) for line in csv.DictReader(file)) == {"ner": 120, "qa": 60, "regression": 0}[kind]
    assert pq.read_table(tmp_path / "predictions.parquet").num_rows == 60
    assert {s["attribute"] for s in report["slices"]} >= {"source", "language"}
    assert report["baselines"]
    assert report["worst_errors"]
    json.dumps(report, allow_nan=False)
