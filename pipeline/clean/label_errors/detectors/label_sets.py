"""Several labels a record: one yes-or-no question for each label, asked of a linear model and of the neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from pipeline.clean.label_errors.detectors.contract import Said, Verdict, rounds
from pipeline.clean.label_errors.detectors.parts import joined
from pipeline.core.record import Record, Target, share
from pipeline.core.settings import Task
from pipeline.modeling.features.dense import dense_features
from pipeline.modeling.features.neighbours import nearest
from pipeline.modeling.models import Model

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

_STRENGTH = 3.0  # C of the logistic regressions
_FEWEST = 5  # records with, and without, a label for it to be judged
_WRONG = 0.1  # sets with a wrong label, where nothing is known
_FLOOR = 0.01  # of a neighbours' share
_REFERENCES = 16_384  # records that neighbours are sought among


class Seen(NamedTuple):
    """Vectors and groups of the records."""

    vectors: NDArray[np.float32]
    groups: list[str]


def usable(record: Record, task: Task) -> bool:
    """Every set, the empty one too."""
    return record.target is not None


def look(records: Sequence[Record], task: Task, encoder: Model, known: int) -> Seen:
    """Dense features of the texts."""
    vectors = dense_features([record.fields["text"] for record in records], encoder, known)
    return Seen(vectors, [record.group or record.id for record in records])


def ask(seen: Seen, rows: Integers, targets: Sequence[Target], folds: Integers, task: Task) -> Said:
    """Recipes: the linear model `alone` or with the neighbours (`both`); the worst label (`part`) or all (`sum`)."""
    bits = np.array([[label in target for label in task.labels] for target in targets], bool)
    bits = bits.reshape(len(rows), len(task.labels))
    known = np.flatnonzero(folds >= 0)
    counts = bits[known].sum(axis=0)
    judged = np.flatnonzero((counts >= _FEWEST) & (len(known) - counts >= _FEWEST))
    alone = linear(seen.vectors[rows], bits[:, judged], folds)
    among = known[:: max(1, -(-len(known) // _REFERENCES))]
    groups = [seen.groups[n] for n in rows]
    votes = np.zeros_like(alone)
    for start, found, weights in nearest(
        seen.vectors[rows], groups, seen.vectors[rows[among]], [groups[n] for n in among]
    ):
        shares = (weights[:, :, None] * bits[among][:, judged][found]).sum(axis=1)
        asked = weights.sum(axis=1, keepdims=True) > 0
        votes[start : start + len(found)] = np.where(asked, np.log((shares + _FLOOR) / (1 - shares + _FLOOR)), 0.0)
    logits = {"alone": alone, "both": _calibrated(alone + votes, bits[:, judged], known)}
    margins = {who: np.where(bits[:, judged], odds, -odds) for who, odds in logits.items()}
    handicap = rarity(bits[known][:, judged], bits[:, judged])
    margins |= {f"{who} balanced": found + handicap for who, found in margins.items()}
    return {
        f"{who} {way}": [_verdict(row, given, judged, way, task) for row, given in zip(found, bits, strict=True)]
        for who, found in margins.items()
        for way in ("part", "sum")
    }


def rarity(known: NDArray[np.bool_], given: NDArray[np.bool_]) -> Floats:
    """What is to be added to the log odds of each bit for an error to be as frequent in rare labels as in the others.

    A model says of most rare labels that they do not belong, right or wrong. If every tenth set had one wrong
    bit, as many too many as forgotten, this is how much rarer a wrong bit is than a right one.
    """
    held = known.mean(axis=0)
    result: Floats = np.log(np.where(given, 1 - held, held)) - np.log(_WRONG / (2 * given.shape[1]))
    return result


def plant(records: Sequence[Record], task: Task, rate: float, seed: str) -> list[tuple[str, Target] | None]:
    """Kinds: missing (a label of the set), added (one that is frequent elsewhere), other (both)."""
    bag = [label for record in records for label in record.target]

    def wrong(record: Record) -> tuple[str, Target] | None:
        kinds = ("missing", "added", "other") if record.target else ("added",)
        kind = kinds[int(len(kinds) * share("plant kind", seed, record.id))]
        own = [label for label in task.labels if label in record.target]
        gone = own.pop(int(len(own) * share("plant gone", seed, record.id))) if kind != "added" else None
        others = [label for label in bag if label not in record.target] if kind != "missing" else []
        if kind != "missing" and not others:
            return None
        new = others[int(len(others) * share("plant as", seed, record.id))] if others else None
        return kind, [label for label in task.labels if (label in own or label == new) and label != gone]

    return [wrong(record) if share("plant", seed, record.id) < rate else None for record in records]


def same(a: Target, b: Target, task: Task) -> bool:
    """The same labels."""
    return set(a) == set(b)


def linear(vectors: NDArray[np.float32], bits: NDArray[np.bool_], folds: Integers) -> Floats:
    """Out-of-sample log odds that each label belongs, shape (rows, labels)."""
    from sklearn.linear_model import LogisticRegression

    found = np.zeros(bits.shape)
    for train, held_out in rounds(folds):
        for label in range(bits.shape[1]):
            answers = bits[train, label]
            if answers.any() and not answers.all():
                model = LogisticRegression(C=_STRENGTH, max_iter=300, tol=1e-3).fit(vectors[train], answers)
                found[held_out, label] = model.decision_function(vectors[held_out])
            else:
                found[held_out, label] = np.log((answers.sum() + 0.5) / (len(answers) - answers.sum() + 0.5))
    return _calibrated(found, bits, np.flatnonzero(folds >= 0))


def _calibrated(logits: Floats, bits: NDArray[np.bool_], known: Integers) -> Floats:
    from pipeline.modeling.features.linear import fit_temperature

    both = np.stack([np.zeros(logits[known].size), logits[known].ravel()], axis=1)
    return logits / fit_temperature(both, bits[known].ravel().astype(np.int64)) if len(both) else logits


def _verdict(margins: Floats, given: NDArray[np.bool_], judged: Integers, way: str, task: Task) -> Verdict:
    wrong = judged[margins < 0] if way == "sum" else judged[margins < 0][margins[margins < 0].argsort()][:1]
    if not len(wrong) and len(judged):
        wrong = judged[[int(margins.argmin())]]
    suggested = given.copy()
    suggested[wrong] = ~suggested[wrong]
    detail = ", ".join(f"{'without' if given[n] else 'with'} {task.labels[n]}" for n in wrong.tolist())
    return Verdict(joined(margins, way), [task.labels[n] for n in np.flatnonzero(suggested)], detail)
