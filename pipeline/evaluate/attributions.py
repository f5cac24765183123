"""Which words of the worst errors made the model say what it said, checked by deletion.

Each word (in Chinese each character) is left out by itself; its weight is by how much the probability of the model's
answer falls (occlusion, Zeiler & Fergus 2014, https://arxiv.org/abs/1311.2901). The check: the heaviest words left out
together must lower it by more than as many drawn at random do. For one label a text.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from pipeline.core.record import Record, Row
from pipeline.core.settings import Task
from pipeline.evaluate.dataset import to_row
from pipeline.evaluate.worst_errors import WorstError
from pipeline.modeling.features.tagging_units import units
from pipeline.modeling.prediction import Prediction, Predictor
from pipeline.stats.numbers import rounded

#: Words of a text that are tried, from its beginning, those that are shown, and those that the check leaves out.
#: Guesses: not measured.
_TRIED, _SHOWN, _CHECKED = 64, 5, 3


def attributions(
    worst: Sequence[WorstError], test: Sequence[Record], predictor: Predictor, task: Task, rows: int
) -> dict[str, object]:
    """The words of the first `rows` worst errors with their weights, by record id, and the check over all of them.

    `drop_of_heaviest` and `drop_of_random`: by how much the answer's probability falls, mean over the rows, where three
    words are left out. Texts of fewer than six words are left out; empty for tasks without one label a text.
    """
    if task.type != "classification" or task.multi_label or not rows:
        return {}
    records = {record.id: record for record in test}
    words: dict[str, list[dict[str, object]]] = {}
    drops: list[list[float]] = []
    for entry in worst[:rows]:
        record = records[entry["record_id"]]
        row = to_row(record, task)
        bounds = units(row["text"])[:_TRIED]
        if len(bounds) < 2 * _CHECKED:
            continue
        (whole,) = predictor.predict([row])
        weights = _weights(row, bounds, whole, predictor)
        order = sorted(range(len(bounds)), key=lambda n: (-weights[n], n))
        words[record.id] = [
            {"word": row["text"][slice(*bounds[n])], "start": bounds[n][0], "weight": rounded(weights[n])}
            for n in order[:_SHOWN]
        ]
        drawn = random.Random(record.id).sample(range(len(bounds)), _CHECKED)
        drops.append(_drops(row, ([bounds[n] for n in order[:_CHECKED]], [bounds[n] for n in drawn]), whole, predictor))
    if not drops:
        return {}
    means = [rounded(sum(side) / len(drops)) for side in zip(*drops, strict=True)]
    return {"rows": len(drops), "drop_of_heaviest": means[0], "drop_of_random": means[1], "words": words}


def _drops(
    row: Row, left_out: Sequence[Sequence[tuple[int, int]]], whole: Prediction, predictor: Predictor
) -> list[float]:
    """By how much the answer's probability falls without each of those sets of words."""
    answers = predictor.predict([_without(row, words) for words in left_out])
    return [whole.scores[whole.value] - answer.scores[whole.value] for answer in answers]


def _weights(row: Row, bounds: Sequence[tuple[int, int]], whole: Prediction, predictor: Predictor) -> list[float]:
    answers = predictor.predict([_without(row, [one]) for one in bounds])
    return [whole.scores[whole.value] - answer.scores[whole.value] for answer in answers]


def _without(row: Row, bounds: Sequence[tuple[int, int]]) -> dict[str, object]:
    text = row["text"]
    for start, end in sorted(bounds, reverse=True):
        text = text[:start] + text[end:]
    return {**row, "text": text}
