"""Answers in a context (extractive QA): is this where, and how, such questions are answered in this data?

No reading model is needed: a linear model learns from the other folds what tells given answers from other places of
their contexts (how alike question and sentence are, words of the question nearby, what a question asks for, how answers
begin and end). It sees stretched and cut forms of each answer, the other answers on the context, runs of content words,
and places drawn at random.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from pipeline.clean.label_errors.detectors.answer_places import Place, Reading, places, read, to_answer, to_place
from pipeline.clean.label_errors.detectors.contract import (
    ClassProbabilities,
    Copies,
    Eligible,
    Floats,
    Integers,
    OutOfFold,
    TargetScore,
    enough_groups,
    rounds,
    scores_of,
)
from pipeline.clean.label_errors.detectors.planted_answers import wrong_answers
from pipeline.clean.label_errors.protected_labels import is_labelled, is_test
from pipeline.clean.label_errors.settings import LabelErrors
from pipeline.core.record import Record, Target
from pipeline.core.settings import Task
from pipeline.modeling.models import Model
from pipeline.runtime.threads import side_by_side
from pipeline.stats.answer_scores import squad_normalised

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

#: Scores rank; where they cross 0 depends on the places that were tried.
CALIBRATED = False

#: The answer's score alone, or against the best other place of the context.
RECIPES = ("alone", "margin")

_COLUMNS = 2**18  # a guess: not measured
_ALPHA, _EPOCHS = 3e-5, 5  # guesses: not measured


def usable(record: Record) -> bool:
    """Whether its answers stand in their context; what cannot be answered is not scored."""
    context = record.fields["context"]
    answers = record.target or []
    placed = all(context[a["start"] : a["start"] + len(a["text"])] == a["text"] for a in answers)
    return bool(answers) and placed and all(to_place(a, context) is not None for a in answers)


def eligible(records: Sequence[Record], task: Task, folds: int) -> Eligible:
    """See `usable`; of enough groups."""
    usable_ = [is_labelled(record) and usable(record) for record in records]
    return enough_groups(records, usable_, [is_test(record) for record in records])


def strata(targets: Sequence[Target]) -> Integers:
    """Answers have no classes."""
    return np.zeros(len(targets), np.int64)


def prepare(records: Sequence[Record], known: int, task: Task, encoder: Model, settings: LabelErrors) -> list[Reading]:
    """Every question and context, taken apart."""
    return read(records, encoder, known)


def score_out_of_fold(
    prepared: list[Reading], rows: Integers, targets: Sequence[Target], folds: Integers, task: Task
) -> OutOfFold:
    """Scores by each of `RECIPES`."""
    readings = [prepared[n] for n in rows]
    given = [
        [place for a in target if (place := to_place(a, reading.context))]
        for target, reading in zip(targets, readings, strict=True)
    ]
    tried = places(readings, given, (folds >= 0).tolist())
    sizes = np.array([len(part) for part in tried])
    owner = np.repeat(np.arange(len(rows)), sizes)
    ends = np.cumsum(sizes)
    chosen = np.concatenate([[p in g for p in part] for part, g in zip(tried, given, strict=True)]).astype(np.int64)
    matrix = _matrix(readings, tried)
    scores = _scores(matrix, chosen, folds[owner])
    found: dict[str, list[TargetScore]] = {recipe: [] for recipe in RECIPES}
    for n, (reading, part) in enumerate(zip(readings, tried, strict=True)):
        mine = slice(ends[n] - sizes[n], ends[n])
        for recipe, one in _target_scores(scores[mine], chosen[mine], part, reading).items():
            found[recipe].append(one)
    return OutOfFold({recipe: scores_of(parts) for recipe, parts in found.items()})


def plant(
    records: Sequence[Record], task: Task, rate: float, seed: str, classes: ClassProbabilities | None = None
) -> Copies:
    """Kinds: boundary (one or two units more or less), other (of another question), elsewhere (as long, at random)."""
    planted = wrong_answers(records, rate, seed)
    return {
        "planted": [
            one if one and not same(one.target, record.target, task) else None
            for one, record in zip(planted, records, strict=True)
        ]
    }


def same(a: Target, b: Target, task: Task) -> bool:
    """Any two answers of the same words at overlapping places."""
    return any(
        x["start"] < y["start"] + len(y["text"])
        and y["start"] < x["start"] + len(x["text"])
        and squad_normalised(x["text"]) == squad_normalised(y["text"])
        for x in a
        for y in b
    )


def _matrix(readings: Sequence[Reading], tried: Sequence[Sequence[Place]]) -> csr_matrix:
    from sklearn.feature_extraction import FeatureHasher

    hasher = FeatureHasher(_COLUMNS, input_type="string", alternate_sign=False, dtype=np.float32)
    rows = (reading.features(place) for reading, part in zip(readings, tried, strict=True) for place in part)
    return hasher.transform(rows)


def _scores(matrix: csr_matrix, chosen: Integers, folds: Integers) -> Floats:
    """Out-of-sample log odds that a place is an answer, as if half of all places were."""
    from sklearn.linear_model import SGDClassifier

    scores = np.zeros(len(chosen))

    def judge(one: tuple[Integers, Integers]) -> None:
        train, held_out = one
        model = SGDClassifier(
            loss="log_loss", alpha=_ALPHA, average=True, max_iter=_EPOCHS, tol=None, random_state=0,
            class_weight="balanced",
        )  # fmt: skip
        scores[held_out] = model.fit(matrix[train], chosen[train]).decision_function(matrix[held_out])

    for _ in side_by_side(judge, rounds(folds)):
        pass
    return scores


def _target_scores(scores: Floats, chosen: Integers, part: Sequence[Place], reading: Reading) -> dict[str, TargetScore]:
    own = float(scores[chosen == 1].max())
    others = np.where(chosen == 1, -np.inf, scores)
    best = int(others.argmax())
    if not np.isfinite(others[best]):  # the answer is the whole context
        return dict.fromkeys(RECIPES, TargetScore(own, None))
    suggested = [to_answer(part[best], reading)]
    detail = f"'{suggested[0]['text']}' at {suggested[0]['start']} scores {scores[best]:.2f}, this one {own:.2f}"
    log_odds = {"alone": own, "margin": own - float(others[best])}
    return {recipe: TargetScore(value, suggested, detail) for recipe, value in log_odds.items()}
