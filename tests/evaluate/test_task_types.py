"""The whole stage for entities, answers and numbers, with stand-in models: every out is written, edits move offsets."""

import csv
import json

import pyarrow.parquet as pq
import pytest

from pipeline.core.record import Decision, Record, Source
from pipeline.core.settings import Task
from pipeline.evaluate.baselines import baselines
from pipeline.evaluate.params import Params
from pipeline.evaluate.robustness import differs, edit_record
from pipeline.evaluate.run import evaluate
from pipeline.modeling.prediction import Prediction
from pipeline.runtime.store import read_json

PARAMS = Params(resamples=200, robustness_rows=40)
TASKS = {
    "ner": Task(type="ner", labels=("person", "place"), languages=("en", "zh")),
    "qa": Task(type="qa", languages=("en", "zh")),
    "regression": Task(type="regression", languages=("en", "zh"), range=(0.0, 10.0)),
}
NAMES = {"Ann": "person", "Rome": "place", "小明": "person", "北京": "place"}


def find(text):
    spans = [{"start": text.find(n), "end": text.find(n) + len(n), "label": k} for n, k in NAMES.items() if n in text]
    return sorted(spans, key=lambda span: span["start"])


def example(n, kind):
    zh = n % 2
    text = ("小明😀去了北京,第%d次。" if zh else "😀 Ann saw Rome, day %d. She left.") % n
    if kind == "ner":
        fields, target = {"text": text}, find(text) if n % 5 else []
    elif kind == "qa":
        spans = find(text)
        answer = {"start": spans[1]["start"], "text": text[spans[1]["start"] : spans[1]["end"]]}
        fields, target = {"context": text, "question": "哪里?" if zh else "where?"}, [answer] if n % 5 else []
    else:
        fields, target = {"text": text, "text_pair": "x" * n if n % 3 else None}, float(n % 7)
    origin = Source("reviews" if n < 30 else "tweets", "files", "x.csv", n, "cc0", "train")
    return Record(f"id{n:03d}", fields, origin, target, "zh" if zh else "en", labels_by=Decision("human:a", 1.0))


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


def test_offsets_move_with_small_edits():
    for kind in ("ner", "qa"):
        record = example(2, kind)
        assert edit_record(record, "upper_case", TASKS[kind]).target is not None
        for edit in ("dropped_character", "typo", "final_punctuation"):
            edited = edit_record(record, edit, TASKS[kind])
            text = edited.fields["text" if kind == "ner" else "context"]
            for part in edited.target:
                surface = text[part["start"] : part.get("end", part["start"] + len(part.get("text", "")))]
                assert surface == surface.strip()
                assert surface
                assert part.get("text", surface) == surface


def test_a_number_differs_only_when_it_moves_visibly():
    assert not differs(1.0, 1.04, 0.5)
    assert differs(1.0, 1.06, 0.5)
    assert differs([], [{"start": 0}], 0.0)


def test_references_learn_from_train_alone():
    ner = [example(n, "ner") for n in range(40)]
    text = "北京 and Romeo saw Rome 😀小明"
    asked = [Record("t", {"text": text}, ner[0].source, [])]
    (found,) = baselines(ner, asked, TASKS["ner"], 100)["gazetteer"]
    assert [text[s["start"] : s["end"]] for s in found.value] == ["北京", "Rome", "小明"]
    assert [s["label"] for s in found.value] == ["place", "place", "person"]
    qa = [example(n, "qa") for n in range(4)]
    said = baselines(qa, qa, TASKS["qa"], 100)
    for name, predictions in said.items():
        for record, prediction in zip(qa, predictions, strict=True):
            (answer,) = prediction.value
            start = answer["start"]
            assert record.fields["context"][start : start + len(answer["text"])] == answer["text"], name
    numbers = [example(n, "regression") for n in range(40)]
    said = baselines(numbers, numbers, TASKS["regression"], 100)
    assert said["mean"][0].value == pytest.approx(sum(r.target for r in numbers) / 40)
    assert set(said) == {"mean", "tfidf_ridge"}
    assert baselines([], numbers, TASKS["regression"], 100) == {}
