"""Entities, answers, numbers: metrics against hand-made cases and against the libraries people use."""

import numpy as np
import pytest

from pipeline.core.record import Record, Source
from pipeline.core.settings import Task
from pipeline.evaluate.metrics import ner
from pipeline.evaluate.params import Params
from pipeline.modeling.prediction import Prediction
from pipeline.stats.bootstrap import estimate

PARAMS = Params(resamples=200)


NER = Task(type="ner", labels=("per", "地点", "org"), languages=("en", "zh"))


def records(targets, lang="en"):
    return [Record(f"r{n}", {}, Source("s", "files", "f", n, "", "train"), t, lang) for n, t in enumerate(targets)]


def plain(evaluation, name):
    return float(evaluation.metrics[name](np.ones((1, len(evaluation.correct))))[0])


def spans(*parts):
    return [{"start": a, "end": b, "label": label} for a, b, label in parts]


def to_tags(found, length):
    tags = ["O"] * length
    for span in found:
        for n in range(span["start"], span["end"]):
            tags[n] = f"{'B' if n == span['start'] else 'I'}-{span['label']}"
    return tags


def test_spans_are_scored_as_seqeval_scores_them_strictly():
    from seqeval.metrics import classification_report
    from seqeval.scheme import IOB2

    rng = np.random.default_rng(7)

    def draw():
        cuts = sorted(rng.choice(21, 6, replace=False).tolist())
        return spans(*((a, b, NER.labels[rng.integers(3)]) for a, b in zip(cuts[::2], cuts[1::2], strict=True)))

    given = [draw() for _ in range(80)]
    said = [g if rng.random() < 0.4 else draw() for g in given]
    expected = classification_report(
        [to_tags(g, 20) for g in given], [to_tags(s, 20) for s in said], mode="strict", scheme=IOB2, output_dict=True
    )
    evaluation = ner.compute_metrics(records(given), [Prediction(s) for s in said], NER, PARAMS)
    for ours, theirs in (("micro", "micro avg"), ("macro", "macro avg")):
        for part in ("precision", "recall"):
            assert plain(evaluation, f"{ours}_{part}") == pytest.approx(expected[theirs][part])
        assert plain(evaluation, f"{ours}_f1") == pytest.approx(expected[theirs]["f1-score"])
    for label in NER.labels:
        assert evaluation.details["per_type"][label]["f1"] == pytest.approx(expected[label]["f1-score"], abs=1e-6)
        assert evaluation.details["per_type"][label]["support"] == expected[label]["support"]
    figure = estimate(evaluation.metrics, 80, 200)["micro_f1"]
    assert figure.low < figure.value < figure.high


def test_wrong_types_borders_missed_and_spurious_entities_are_told_apart():
    given = [spans((0, 2, "per"), (3, 5, "地点"), (6, 8, "org")), [], spans((0, 1, "per"))]
    said = [spans((0, 2, "org"), (3, 6, "地点")), spans((1, 2, "per")), spans((0, 1, "per"))]
    predictions = [Prediction(s, 0.5, parts=(0.9,) * len(s)) for s in said]
    evaluation = ner.compute_metrics(records(given), predictions, NER, PARAMS)
    assert evaluation.confusion == [
        ("per", "org"),
        ("地点", "(other borders)"),
        ("org", "(none)"),
        ("(none)", "per"),
        ("per", "per"),
    ]
    assert evaluation.details["errors"] == {"missed": 1, "spurious": 1, "wrong_borders": 1, "wrong_type": 1}
    assert evaluation.correct == [False, False, True]
    assert evaluation.wrongness == [5.5, 1.5, None]
    assert evaluation.reliability == [{"confidence": 0.9, "accuracy": 0.25, "count": 4, "bin": "0.90-1.00"}]


def test_no_entity_anywhere_is_no_crash():
    evaluation = ner.compute_metrics(records([[], []]), [Prediction([]), Prediction([])], NER, PARAMS)
    assert plain(evaluation, "micro_f1") == plain(evaluation, "macro_f1") == 1.0
    assert evaluation.correct == [True, True]
