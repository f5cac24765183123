"""Translation and summarization: metrics against sacrebleu and rouge_score, references, the whole stage."""

import pytest

from pipeline.core.settings import Task
from pipeline.evaluate.extractive_baselines import first_words
from pipeline.evaluate.params import Params
from pipeline.evaluate.run import evaluate
from pipeline.modeling.prediction import Prediction
from pipeline.runtime.store import read_json

PARAMS = Params(resamples=200, robustness_rows=2, base_model_rows=3)


SUMMARIES = Task(type="summarization", languages=("en", "zh"))


def into(language):
    return Task(type="translation", languages=("en", "zh"), target_language=language)


class Titles:
    """Writes the first words of a text; remembers what it was asked."""

    def __init__(self):
        self.asked = []

    def predict(self, rows):
        self.asked += rows
        return [Prediction(first_words(row["text"], 4), log_likelihood=-4.0, tokens=4) for row in rows]


@pytest.fixture
def papers(record):
    rows = [("本文提出一种方法。效果很好。", "一种方法", "zh"), ("We show a way. It works.", "A way", "en")]
    return [record(n, f"{text}{n}", target, lang) for n, (text, target, lang) in enumerate(rows * 12)]


@pytest.mark.parametrize("task", [SUMMARIES, into("zh")])
def test_the_stage_writes_every_out(task, papers, tmp_path):
    def untuned(rows):
        assert len(rows) == 3
        return [Prediction(None, log_likelihood=-12.0, tokens=4) for _ in rows]

    model = Titles()
    evaluate(papers, papers, model, task, PARAMS, tmp_path, untuned)
    report, metrics = read_json(tmp_path / "report.json"), read_json(tmp_path / "metrics.json")
    assert {row["lang"] for row in model.asked} == {"en", "zh"}, "the language picks the instruction"
    assert metrics["n"] == 24
    assert metrics["loss_per_token"] == report["metrics"]["loss_per_token"]["value"] == 1.0
    base = report["baselines"].pop("base")
    assert base["n"] == 3
    assert base["metrics"]["loss_per_token"]["value"] == 3.0
    assert base["model_minus_reference"]["loss_per_token"]["value"] == -2.0
    own = {"summarization": {"lead_1", "lead_3", "lead_mean_length"}, "translation": {"copy_source"}}[task.type]
    assert set(report["baselines"]) == own
    for reference in report["baselines"].values():
        assert report["headline"] in reference["model_minus_reference"]
    slices = {(cut["attribute"], cut["slice"]): cut for cut in report["slices"]}
    assert slices["language", "en"]["n"] == slices["language", "zh"]["n"] == 12
    assert (tmp_path / "confusion.csv").read_text("utf-8").count("\n") == 25
    assert (tmp_path / "reliability.csv").read_text("utf-8").splitlines()[0] == "confidence,accuracy,count,bin"
    assert "NaN" not in (tmp_path / "report.json").read_text("utf-8")
