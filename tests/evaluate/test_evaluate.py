import csv
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.core.errors import PipelineError
from pipeline.evaluate.dataset import read_split, read_test
from pipeline.evaluate.metrics import classification
from pipeline.evaluate.params import Params
from pipeline.evaluate.run import evaluate
from pipeline.evaluate.slices import slices
from pipeline.modeling.prediction import Prediction
from pipeline.runtime.store import read_json

PARAMS = Params(resamples=200, robustness_rows=60)


@pytest.fixture(scope="module")
def folder(tweets, keyword, task, tmp_path_factory):
    out = tmp_path_factory.mktemp("evaluate")
    evaluate(tweets, tweets, keyword, task, PARAMS, out)
    return out


@pytest.fixture(scope="module")
def report(folder):
    return read_json(folder / "report.json")


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


def test_wrong_labels_come_first_and_are_doubted(report, folder):
    assert len(report["worst_errors"]) == 4
    assert {entry["given"] for entry in report["worst_errors"]} == {'"negative"'}
    assert {entry["suggested"] for entry in report["worst_errors"]} == {'"positive"'}
    doubted = sum(entry["label_may_be_wrong"] for entry in report["worst_errors"])
    assert doubted == read_json(folder / "metrics.json")["doubted_labels"]


def test_doubt_needs_both_a_sure_model_and_the_reference(tweets, keyword, task, tmp_path):
    evaluate([], tweets, keyword, task, PARAMS, tmp_path)  # nothing to learn from: no second opinion
    alone = read_json(tmp_path / "report.json")
    assert alone["baselines"] == {}
    assert alone["worst_errors"]
    assert not any(entry["label_may_be_wrong"] for entry in alone["worst_errors"])
    strict = PARAMS.model_copy(update={"label_error_confidence": 0.98})
    evaluate(tweets, tweets, keyword, task, strict, tmp_path)  # a second opinion, but no sure model
    assert not any(entry["label_may_be_wrong"] for entry in read_json(tmp_path / "report.json")["worst_errors"])


def test_references_are_compared_in_pairs(report):
    majority = report["baselines"]["majority"]
    assert majority["metrics"]["accuracy"]["value"] == pytest.approx(44 / 120)
    gap = majority["model_minus_reference"]["accuracy"]
    assert gap["value"] == pytest.approx(report["metrics"]["accuracy"]["value"] - 44 / 120, abs=1e-6)
    assert gap["low"] > 0
    assert "macro_f1" in report["baselines"]["tfidf_logistic_regression"]["metrics"]


def test_robustness_finds_that_capitals_matter(report):
    found = {entry["edit"]: entry for entry in report["robustness"]}
    assert found["lower_case"]["n"] == 0, "all rows are in lower case: nothing to edit, and it says so"
    assert found["upper_case"]["changed"]["value"] > 0.5, "the model knows lower-case words only"
    assert found["upper_case"]["after"] < found["upper_case"]["before"]
    assert found["final_punctuation"]["changed"]["value"] == 0
    assert found["punctuation_width"]["n"] > 0, "Chinese punctuation"


def test_slices_flag_only_what_is_really_worse(tweets, keyword, task):
    spoiled = [r.derive("x", target="neutral") if r.lang == "zh" and n % 3 else r for n, r in enumerate(tweets)]
    rows = [{"text": r.fields["text"]} for r in spoiled]
    evaluation = classification.compute_metrics(spoiled, keyword.predict(rows), task, PARAMS)
    found = {(s["attribute"], s["slice"]): s for s in slices(spoiled, evaluation, task, PARAMS)}
    assert found["language", "zh"]["worse"]
    assert not found["language", "en"]["worse"]
    assert not found["source", "reviews"]["worse"]
    assert found["language", "zh"]["n"] + found["language", "en"]["n"] == 120
    assert found["language", "zh"]["low"] <= found["language", "zh"]["value"] <= found["language", "zh"]["high"]
    assert "label_by" not in {attribute for attribute, _ in found}, "one value cuts nothing"


def test_a_small_slice_is_shown_but_not_flagged(task, record):
    records = [record(n, "good", "positive" if n > 5 else "negative", lang="en" if n > 5 else "zh") for n in range(60)]
    evaluation = classification.compute_metrics(records, [Prediction("positive", 0.9)] * 60, task, PARAMS)
    found = next(s for s in slices(records, evaluation, task, PARAMS) if s["slice"] == "zh")
    assert (found["n"], found["value"], found["worse"], found["p"]) == (6, 0.0, False, None)


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


def write_dataset(folder, rows):
    (folder / "data").mkdir(parents=True)
    columns = {"id": pa.string(), "text": pa.string(), "label": pa.string(), "lang": pa.string(), "source": pa.string()}
    columns |= {
        "group": pa.string(),
        "parent_id": pa.string(),
        "label_by": pa.string(),
        "label_confidence": pa.float64(),
    }
    pq.write_table(pa.Table.from_pylist(rows, pa.schema(columns)), folder / "data/test-00000-of-00001.parquet")


def test_dataset_rows_become_records(task, tmp_path):
    row = {"id": "a", "text": "很好", "label": "positive", "lang": "zh", "source": "s", "label_by": "crowd:majority"}
    write_dataset(tmp_path / "d", [row])
    (record,) = read_test(tmp_path / "d", task)
    assert (record.id, record.fields, record.target, record.lang) == ("a", {"text": "很好"}, "positive", "zh")
    assert (record.source.name, record.labels_by.who) == ("s", "crowd:majority")


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "the test split is empty"),
        ([{"id": "a7", "text": "x", "label": "angry"}], "record a7: unknown_label: 'angry'"),
        ([{"id": "a7", "text": "x", "label": None}], "record a7 has no target"),
    ],
)
def test_bad_test_splits_are_explained(rows, message, task, tmp_path):
    write_dataset(tmp_path / "d", rows)
    with pytest.raises(PipelineError, match=message):
        read_test(tmp_path / "d", task)


def test_missing_split_is_explained(task, tmp_path):
    with pytest.raises(PipelineError, match="no such file"):
        read_split(tmp_path, "train", task)


def test_split_without_a_file_is_an_empty_split(task, tmp_path):
    (tmp_path / "data").mkdir()
    with pytest.raises(PipelineError, match="the test split is empty"):
        read_test(tmp_path, task)
