"""Several labels a record: one yes-or-no question for each label, answered by a linear model and by the neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.clean.label_errors.detectors.contract import (
    ClassProbabilities,
    Copies,
    Eligible,
    Floats,
    Integers,
    OutOfFold,
    Planted,
    TargetScore,
    enough_groups,
    rounds,
    scores_of,
)
from pipeline.clean.label_errors.detectors.parts import joined
from pipeline.clean.label_errors.protected_labels import is_labelled, is_test
from pipeline.clean.label_errors.settings import LabelErrors
from pipeline.core.record import Record, Target, share
from pipeline.core.settings import Task
from pipeline.modeling.features.dense import dense_features
from pipeline.modeling.features.linear import fit_temperature
from pipeline.modeling.features.neighbours import nearest
from pipeline.modeling.models import Model
from pipeline.runtime.threads import side_by_side

#: Sums of log odds of several labels are no log odds of the set.
CALIBRATED = False

_C = 3.0  # of the logistic regressions; a guess: not measured
_FEWEST = 5  # records with, and without, a label for it to be scored; a guess: not measured
_WRONG = 0.1  # sets with a wrong label, where nothing is known; a guess: not measured
_FLOOR = 0.01  # of a neighbours' share; a guess: not measured
_REFERENCES = 16_384  # records that neighbours are sought among; a guess: not measured


class Prepared(NamedTuple):
    """Vectors and groups of the records."""

    vectors: NDArray[np.float32]
    groups: list[str]


def eligible(records: Sequence[Record], task: Task, folds: int) -> Eligible:
    """Every set, the empty one too; of enough groups, and where some label is there often enough and lacks as often."""
    found = enough_groups(records, [is_labelled(r) for r in records], [is_test(r) for r in records])
    known = [records[n].target for n in found.rows if not is_test(records[n])]
    counts = [sum(label in target for target in known) for label in task.labels]
    if found.why or any(min(count, len(known) - count) >= _FEWEST for count in counts):
        return found
    return Eligible([], f"no label belongs to {_FEWEST} records and is missing in {_FEWEST} others")


def strata(targets: Sequence[Target]) -> Integers:
    """Sets have no classes."""
    return np.zeros(len(targets), np.int64)


def prepare(records: Sequence[Record], known: int, task: Task, encoder: Model, settings: LabelErrors) -> Prepared:
    """Dense features of the texts."""
    vectors = dense_features([record.fields["text"] for record in records], encoder, known)
    return Prepared(vectors, [record.group or record.id for record in records])


def score_out_of_fold(
    prepared: Prepared, rows: Integers, targets: Sequence[Target], folds: Integers, task: Task
) -> OutOfFold:
    """Recipes: the linear model `alone` or with the neighbours (`both`); the worst label (`part`) or all (`sum`)."""
    bits = np.array([[label in target for label in task.labels] for target in targets], bool)
    bits = bits.reshape(len(rows), len(task.labels))
    known = np.flatnonzero(folds >= 0)
    counts = bits[known].sum(axis=0)
    scored = np.flatnonzero((counts >= _FEWEST) & (len(known) - counts >= _FEWEST))
    alone = linear(prepared.vectors[rows], bits[:, scored], folds)
    among = known[:: max(1, -(-len(known) // _REFERENCES))]
    groups = [prepared.groups[n] for n in rows]
    votes = np.zeros_like(alone)
    use = "sets of labels" if len(rows) == len(prepared.groups) else "sets of labels, a part"
    near = nearest(prepared.vectors[rows], groups, prepared.vectors[rows[among]], [groups[n] for n in among], use)
    for part, found, weights in near:
        shares = (weights[:, :, None] * bits[among][:, scored][found]).sum(axis=1)
        has_vote = weights.sum(axis=1, keepdims=True) > 0
        votes[part] = np.where(has_vote, np.log((shares + _FLOOR) / (1 - shares + _FLOOR)), 0.0)
    logits = {"alone": alone, "both": _calibrated(alone + votes, bits[:, scored], known)}
    margins = {who: np.where(bits[:, scored], odds, -odds) for who, odds in logits.items()}
    handicap = rarity(bits[known][:, scored], bits[:, scored])
    margins |= {f"{who} balanced": found + handicap for who, found in margins.items()}
    return OutOfFold(
        {
            f"{who} {way}": scores_of([_score(*one, scored, way, task) for one in zip(found, bits, strict=True)])
            for who, found in margins.items()
            for way in ("part", "sum")
        }
    )


def rarity(known: NDArray[np.bool_], given: NDArray[np.bool_]) -> Floats:
    """What is to be added to the log odds of each bit for an error to be as frequent in rare labels as in the others.

    A model predicts of most rare labels that they do not belong, right or wrong. If every tenth set had one wrong
    bit, as many too many as forgotten, this is how much rarer a wrong bit is than a right one.
    """
    held = known.mean(axis=0)
    result: Floats = np.log(np.where(given, 1 - held, held)) - np.log(_WRONG / (2 * given.shape[1]))
    return result


def plant(
    records: Sequence[Record], task: Task, rate: float, seed: str, classes: ClassProbabilities | None = None
) -> Copies:
    """Kinds: missing (a label of the set), added (one that is frequent elsewhere), other (both)."""
    bag = [label for record in records for label in record.target]

    def wrong(record: Record) -> Planted | None:
        kinds = ("missing", "added", "other") if record.target else ("added",)
        kind = kinds[int(len(kinds) * share("plant kind", seed, record.id))]
        own = [label for label in task.labels if label in record.target]
        gone = own.pop(int(len(own) * share("plant gone", seed, record.id))) if kind != "added" else None
        others = [label for label in bag if label not in record.target] if kind != "missing" else []
        if kind != "missing" and not others:
            return None
        new = others[int(len(others) * share("plant as", seed, record.id))] if others else None
        return Planted(kind, [label for label in task.labels if (label in own or label == new) and label != gone])

    return {"planted": [wrong(record) if share("plant", seed, record.id) < rate else None for record in records]}


def same(a: Target, b: Target, task: Task) -> bool:
    """The same labels."""
    return set(a) == set(b)


def linear(vectors: NDArray[np.float32], bits: NDArray[np.bool_], folds: Integers) -> Floats:
    """Out-of-sample log odds that each label belongs, shape (rows, labels)."""
    from sklearn.linear_model import LogisticRegression

    found = np.zeros(bits.shape)

    def judge(one: tuple[Integers, Integers]) -> None:
        train, held_out = one
        for label in range(bits.shape[1]):
            answers = bits[train, label]
            if answers.any() and not answers.all():
                model = LogisticRegression(C=_C, max_iter=300, tol=1e-3).fit(vectors[train], answers)
                found[held_out, label] = model.decision_function(vectors[held_out])
            else:
                found[held_out, label] = np.log((answers.sum() + 0.5) / (len(answers) - answers.sum() + 0.5))

    for _ in side_by_side(judge, rounds(folds)):
        pass
    return _calibrated(found, bits, np.flatnonzero(folds >= 0))


def _calibrated(logits: Floats, bits: NDArray[np.bool_], known: Integers) -> Floats:
    both = np.stack([np.zeros(logits[known].size), logits[known].ravel()], axis=1)
    return logits / fit_temperature(both, bits[known].ravel().astype(np.int64)) if len(both) else logits


def _score(margins: Floats, given: NDArray[np.bool_], scored: Integers, way: str, task: Task) -> TargetScore:
    wrong = scored[margins < 0] if way == "sum" else scored[margins < 0][margins[margins < 0].argsort()][:1]
    if not len(wrong) and len(scored):
        wrong = scored[[int(margins.argmin())]]
    suggested = given.copy()
    suggested[wrong] = ~suggested[wrong]
    detail = ", ".join(f"{'without' if given[n] else 'with'} {task.labels[n]}" for n in wrong.tolist())
    return TargetScore(joined(margins, way), [task.labels[n] for n in np.flatnonzero(suggested)], detail)
