"""Entities: strict span precision, recall and F1, per type, micro and macro; resampled by record."""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np

from pipeline.core.record import Record
from pipeline.core.settings import Task
from pipeline.evaluate.evaluation import Evaluation
from pipeline.evaluate.params import Params
from pipeline.modeling.prediction import Prediction
from pipeline.stats.bootstrap import mean_of
from pipeline.stats.calibration import expected_calibration_error, reliability
from pipeline.stats.numbers import Floats, Metric, divide, rounded
from pipeline.stats.scores import micro_f1, plain, scores_of_counts, span_keys

Key = tuple[int, int, str]
#: What an entity is confused with where the other side has none there, or one of the same type at another place.
MISSED, OTHER_BORDER = "(none)", "(other borders)"


def compute_metrics(
    records: Sequence[Record], predictions: Sequence[Prediction], task: Task, params: Params
) -> Evaluation:
    """Headline `micro_f1`. A span is right where start, end and type are (as seqeval's strict mode compares tags).

    `correct`: all spans of the record are right. `confusion` has a line per entity: same place, then overlap.
    `reliability` bins predicted spans by their confidence, where the model states one per span.
    """
    given = [span_keys(record.target) for record in records]
    said = [span_keys(prediction.value) for prediction in predictions]
    labels = task.labels or tuple(sorted({key[2] for key in chain(*given, *said)}))
    true, guessed = counts(given, labels), counts(said, labels)
    hits = counts(list(map(operator.and_, given, said)), labels)
    correct: list[bool | None] = list(map(operator.eq, given, said))
    metrics = {**micro(hits, guessed, true), **macro(hits, guessed, true)}
    metrics["exact_records"] = mean_of(np.array(correct, np.float64))
    sure, right = _stated(predictions, given)
    details: dict[str, Any] = {
        "per_type": _per_type(hits, guessed, true, labels),
        "errors": dict(sorted(Counter(_kinds(given, said)).items())),
    }
    if len(sure):
        ece = expected_calibration_error(sure, right, params.calibration_bins)
        details["span_ece"] = rounded(plain(ece, len(sure)))
    return Evaluation(
        metrics=metrics,
        headline="micro_f1",
        correct=correct,
        wrongness=list(map(_wrongness, given, said, predictions)),
        confusion=list(chain.from_iterable(map(confusions, given, said))),
        reliability=reliability(sure, right, params.calibration_bins) if len(sure) else [],
        details=details,
    )


def _wrongness(given: set[Key], said: set[Key], prediction: Prediction) -> float | None:
    """None where all is right; else how many spans differ, and the more the surer the model is."""
    return None if given == said else float(len(given ^ said)) + (prediction.confidence or 0.0)


def counts(keys: Sequence[set[Key]], labels: Sequence[str]) -> Floats:
    """Spans per row and type, shape (rows, types)."""
    column = {label: n for n, label in enumerate(labels)}
    found = np.zeros((len(keys), len(labels)))
    for row, spans in enumerate(keys):
        for span in spans:
            found[row, column[span[2]]] += 1
    return found


def micro(hits: Floats, said: Floats, true: Floats) -> dict[str, Metric]:
    """Over all spans of all types; 0 where there is nothing to divide by."""
    hit, guess, truth = (matrix.sum(axis=1) for matrix in (hits, said, true))
    return {
        "micro_precision": lambda w: divide(w @ hit, w @ guess),
        "micro_recall": lambda w: divide(w @ hit, w @ truth),
        "micro_f1": micro_f1(hits, said, true),
    }


def macro(hits: Floats, said: Floats, true: Floats) -> dict[str, Metric]:
    """The mean over types that occur among the given or predicted spans drawn; F1 is 1 where there are none."""
    found = {
        **scores_of_counts(hits, said, true, nothing=0.0),
        "f1": scores_of_counts(hits, said, true, nothing=1.0)["f1"],
    }
    return {f"macro_{name}": metric for name, metric in found.items()}


def confusions(given: set[Key], said: set[Key]) -> list[tuple[str, str]]:
    """(given type, predicted type) of each entity of one record; see MISSED and OTHER_BORDER."""
    pairs = [(key[2], key[2]) for key in sorted(given & said)]
    left, over = sorted(given - said), sorted(said - given)
    for key in left:
        match = next((other for other in over if other[:2] == key[:2]), None) or next(
            (other for other in over if other[0] < key[1] and other[1] > key[0]), None
        )
        if match is None:
            pairs.append((key[2], MISSED))
        else:
            over.remove(match)
            pairs.append((key[2], match[2] if match[2] != key[2] else OTHER_BORDER))
    return pairs + [(MISSED, key[2]) for key in over]


def _kinds(given: Sequence[set[Key]], said: Sequence[set[Key]]) -> list[str]:
    kinds = []
    for a, b in zip(given, said, strict=True):
        for true, guess in confusions(a, b):
            if true != guess:
                names = {MISSED: "spurious"} if true == MISSED else {MISSED: "missed", OTHER_BORDER: "wrong_borders"}
                kinds.append(names.get(MISSED if true == MISSED else guess, "wrong_type"))
    return kinds


def _per_type(hits: Floats, said: Floats, true: Floats, labels: Sequence[str]) -> dict[str, object]:
    guess, truth = said.sum(axis=0), true.sum(axis=0)
    once = np.ones((1, len(hits)))
    scores = {name: metric(once)[0] for name, metric in scores_of_counts(hits, said, true, average=False).items()}
    return {
        label: {
            **{name: rounded(np.nan_to_num(values[n])) for name, values in scores.items()},
            "support": int(truth[n]),
            "predicted": int(guess[n]),
        }
        for n, label in enumerate(labels)
    }


def _stated(predictions: Sequence[Prediction], given: Sequence[set[Key]]) -> tuple[Floats, Floats]:
    """Confidence of every predicted span and whether it is right; empty where the model states none."""
    if any(len(prediction.parts) != len(prediction.value) for prediction in predictions):
        return np.zeros(0), np.zeros(0)
    pairs = [
        (sure, float(span_keys([span]) <= keys))
        for prediction, keys in zip(predictions, given, strict=True)
        for sure, span in zip(prediction.parts, prediction.value, strict=True)
    ]
    found = np.array(pairs, np.float64).reshape(-1, 2)
    return found[:, 0], found[:, 1]
