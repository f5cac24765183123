import numpy as np

from pipeline.core.record import Record, Source
from pipeline.core.settings import Task
from pipeline.evaluate.metrics import qa
from pipeline.evaluate.params import Params
from pipeline.modeling.prediction import Prediction

PARAMS = Params(resamples=200)


QA = Task(type="qa", languages=("en", "zh"))


def records(targets, lang="en"):
    return [Record(f"r{n}", {}, Source("s", "files", "f", n, "", "train"), t, lang) for n, t in enumerate(targets)]


def plain(evaluation, name):
    return float(evaluation.metrics[name](np.ones((1, len(evaluation.correct))))[0])


def test_answerable_and_unanswerable_are_shown_apart():
    a = [{"start": 0, "text": "cat"}]
    evaluation = qa.compute_metrics(
        records([a, a, [], []]),
        [Prediction(a, 0.9), Prediction([], 0.6), Prediction([], 0.8), Prediction(a, 0.7)],
        QA,
        PARAMS,
    )
    found = {name: plain(evaluation, name) for name in evaluation.metrics}
    assert found["exact_match"] == found["f1"] == found["answerable_f1"] == found["unanswerable_accuracy"] == 0.5
    assert evaluation.confusion == [
        ("answerable", "right"),
        ("answerable", "no_answer"),
        ("unanswerable", "right"),
        ("unanswerable", "wrong_answer"),
    ]
    assert sum(line["count"] for line in evaluation.reliability) == 4
    only = qa.compute_metrics(records([a]), [Prediction(a)], QA, PARAMS)
    assert set(only.metrics) == {"exact_match", "f1"}
