import csv
import json

import pyarrow.parquet as pq

from pipeline.evaluate.params import Params
from pipeline.evaluate.run import evaluate
from pipeline.modeling.prediction import Prediction
from pipeline.runtime.store import read_json

PARAMS = Params(resamples=200, robustness_rows=60)


def test_every_out_of_dvc_yaml_is_written_and_says_the_same(report, folder):
    metrics = read_json(folder / "metrics.json")
    assert metrics["accuracy"] == report["metrics"]["accuracy"]["value"]
    assert report["metrics"]["accuracy"]["low"] <= metrics["accuracy"] <= report["metrics"]["accuracy"]["high"]
    assert all(isinstance(value, (int, float)) for value in metrics.values())
    rows = pq.read_table(folder / "predictions.parquet").to_pylist()
    assert len(rows) == metrics["n"] == 120
    assert sum(row["correct"] for row in rows) == round(metrics["accuracy"] * 120)
    assert json.loads(rows[1]["given"]) == "negative"
    with (folder / "confusion.csv").open(encoding="utf-8") as file:
        pairs = list(csv.DictReader(file))
    assert sum(pair["actual"] == pair["predicted"] for pair in pairs) == round(metrics["accuracy"] * 120)
    with (folder / "reliability.csv").open(encoding="utf-8") as file:
        assert sum(int(line["count"]) for line in csv.DictReader(file)) == 120


def test_two_runs_write_equal_bytes(folder, tweets, keyword, task, tmp_path):
    evaluate(tweets, tweets, keyword, task, PARAMS, tmp_path)
    files = sorted(path.name for path in folder.iterdir())
    tables = ["predictions.parquet", "queue.parquet"]
    assert files == sorted(["confusion.csv", "metrics.json", "reliability.csv", "report.json", *tables])
    for name in files:
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()


def test_chat_writes_the_same_files(chat_task, record, tmp_path):
    class Parrot:
        def predict(self, rows):
            return [
                Prediction(row["prompt"], log_likelihood=-float(len(row["response"])), tokens=len(row["response"]))
                for row in rows
            ]

    texts = ["how are you", "你好吗", "今天天气怎么样?", "tell me a story"]
    records = [
        record(n, [{"role": "user", "content": t}], t, "zh" if n in (1, 2) else "en") for n, t in enumerate(texts)
    ]
    evaluate(records, records, Parrot(), chat_task, PARAMS, tmp_path)
    report = read_json(tmp_path / "report.json")
    assert report["metrics"]["loss_per_token"]["value"] == 1.0
    assert report["metrics"]["rouge_l"]["value"] == 1.0
    assert report["baselines"] == {}
    assert (tmp_path / "confusion.csv").read_text("utf-8").splitlines()[0] == "actual,predicted"
    assert (tmp_path / "reliability.csv").read_text("utf-8").splitlines()[0] == "confidence,accuracy,count,bin"
