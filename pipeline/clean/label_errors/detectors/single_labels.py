"""One label a record: a linear model, the nearest neighbours, and how early training takes the label up.

The first two predict probabilities out of fold; the area under the margin (AUM) is about the given label itself. Which
of them count, and how much, is measured (`RECIPES`): none is best on all data. See signals.py for each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
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
    Scores,
)
from pipeline.clean.label_errors.detectors.planted_labels import plant_labels
from pipeline.clean.label_errors.detectors.regularisation import tuned_C
from pipeline.clean.label_errors.detectors.signals import (
    area_under_margin,
    joined,
    log_margin,
    mixed,
    neighbour_votes,
    reference_rows,
)
from pipeline.clean.label_errors.protected_labels import is_labelled, is_test
from pipeline.clean.label_errors.settings import LabelErrors
from pipeline.core.record import Record, Target
from pipeline.core.settings import Task
from pipeline.modeling.features.dense import dense_features
from pipeline.modeling.features.linear import fit_parts, fit_temperature, out_of_fold_logits, softmax
from pipeline.modeling.features.neighbours import Keys, named
from pipeline.modeling.models import Model
from pipeline.runtime.part_cache import FEWEST_ROWS, digest, kept
from pipeline.tasks import task_type

#: Probabilities are calibrated, and so are log odds of them.
CALIBRATED = True

#: (whether neighbours vote, the part of AUM in the ranking); the first of equally good ones is used.
#: A guess: not measured.
RECIPES = [(neighbours, part) for neighbours in (True, False) for part in (0.0, 0.25, 0.5)]

_FEWEST_GROUPS = 5  # of a class that is scored: with fewer, most folds would not know it; a guess: not measured


class Prepared(NamedTuple):
    """Features, groups and ids of the records, and names of the first two; the inverse regularisation strength.

    `whole`: whether these are all records.
    """

    vectors: NDArray[np.float32]
    groups: list[str]
    ids: list[str]
    C: float
    seed: str
    names: Keys
    whole: bool = True


def eligible(records: Sequence[Record], task: Task, folds: int) -> Eligible:
    """Records of a class that occurs in enough groups outside test; notes name the classes that do not."""
    kind = task_type(task)
    strata = [kind.stratum(record) if is_labelled(record) else None for record in records]
    enough = min(folds, _FEWEST_GROUPS)
    groups = _groups_of(records, strata)
    common = {name for name, members in groups.items() if len(members) >= enough}
    notes = {"classes_too_rare": sorted(groups.keys() - common)}
    if len(common) < 2:
        few = f"fewer than two classes with {enough} groups of labelled records outside test"
        return Eligible([], few if groups else "no labelled record has a class", notes)
    return Eligible([n for n, stratum in enumerate(strata) if stratum in common], notes=notes)


def _groups_of(records: Sequence[Record], strata: Sequence[str | None]) -> dict[str, set[str]]:
    """Class -> its groups outside test, maybe none."""
    found: dict[str, set[str]] = {stratum: set() for stratum in strata if stratum is not None}
    for record, stratum in zip(records, strata, strict=True):
        if stratum is not None and not is_test(record):
            found[stratum].add(record.group or record.id)
    return found


def strata(targets: Sequence[Target]) -> Integers:
    """The class of each target, numbered in alphabetical order."""
    names = tuple(sorted(set(targets)))
    return np.searchsorted(names, list(targets)).astype(np.int64)


def prepare(records: Sequence[Record], known: int, task: Task, encoder: Model, settings: LabelErrors) -> Prepared:
    """Dense features; `C` as set, or as planted errors rank best with."""
    kind = task_type(task)
    vectors = dense_features([kind.main_text(record) for record in records], encoder, known)
    C = settings.C or tuned_C(vectors[:known], records[:known], settings.planted, settings.seed)
    groups = [record.group or record.id for record in records]
    return Prepared(vectors, groups, [record.id for record in records], C, str(settings.seed), named(vectors, groups))


class _Predicted(NamedTuple):
    """Calibrated probabilities of the linear model, and of it and the neighbours; temperatures and AUM behind them."""

    linear: Floats
    both: Floats
    temperatures: tuple[float, float]
    aum: Floats


def score_out_of_fold(
    prepared: Prepared, rows: Integers, targets: Sequence[Target], folds: Integers, task: Task
) -> OutOfFold:
    """Scores by each of `RECIPES`. AUM takes no part in scores of rows that nothing is fitted on.

    Those of a part of the rows, as measuring asks for, are kept: a record outside it may change.
    """
    labels = [str(target) for target in targets]
    some = prepared._replace(
        vectors=_some(prepared.vectors, rows),
        groups=[prepared.groups[n] for n in rows.tolist()],
        ids=[prepared.ids[n] for n in rows.tolist()],
        names=prepared.names[rows],
        whole=len(rows) == len(prepared.ids),
    )
    if not FEWEST_ROWS <= len(rows) < len(prepared.ids):
        return _scored(some, labels, folds)
    names = [digest(some.vectors), digest(some.groups), digest(some.ids), digest(labels), digest(folds)]
    inputs = (names, some.C, some.seed)
    return kept("scores of single labels", inputs, lambda: _scored(some, labels, folds))


def _scored(some: Prepared, labels: Sequence[str], folds: Integers) -> OutOfFold:
    known, vectors = int((folds >= 0).sum()), some.vectors
    among = reference_rows(some.ids[:known], some.seed)
    names, logits = out_of_fold_logits(vectors[:known], labels[:known], folds[:known], some.C)
    codes = np.searchsorted(names, labels)
    parts = [_of_known(some, logits, codes[:known], among)]
    if known < len(labels):
        parts.append(_of_held_out(some, labels[:known], codes[:known], parts[0], among))
    aum = parts[0].aum
    linear = np.concatenate([part.linear for part in parts])
    both = np.concatenate([part.both for part in parts])
    recipes = {}
    for neighbours in (True, False):
        plain = _plain_scores(both if neighbours else linear, names, codes)
        margins = plain.log_odds
        for part in [part for with_neighbours, part in RECIPES if with_neighbours == neighbours]:
            log_odds = np.concatenate([mixed(margins[:known], aum, part), margins[known:]])
            recipes[_name(neighbours, part, some.C)] = replace(plain, log_odds=log_odds)
    own = linear[np.arange(len(labels)), codes]
    return OutOfFold(recipes, ClassProbabilities(names, both), own)


def _plain_scores(probabilities: Floats, names: Sequence[str], codes: Integers) -> Scores:
    """Scores by the probabilities alone."""
    best, confidence = probabilities.argmax(axis=1), probabilities.max(axis=1)
    suggested = [names[code] for code in best.tolist()]
    return Scores(log_margin(probabilities, codes), suggested, confidence, best != codes, confidence, [""] * len(codes))


def _name(neighbours: bool, part: float, C: float) -> str:
    signals = [f"linear (C {C:g})", *(["neighbours"] if neighbours else []), *([f"AUM {part:g}"] if part else [])]
    return ", ".join(signals)


def _some(vectors: NDArray[np.float32], rows: Integers) -> NDArray[np.float32]:
    """Rows of the vectors; all of them without a copy, which can be a gigabyte."""
    return vectors if len(rows) == len(vectors) and np.array_equal(rows, np.arange(len(vectors))) else vectors[rows]


def _of_known(some: Prepared, logits: Floats, codes: Integers, among: Integers) -> _Predicted:
    known, classes = len(codes), logits.shape[1]
    first = fit_temperature(logits, codes)
    linear = softmax(logits / first)
    votes = _votes(some, slice(0, known), codes, classes, among)
    logs = joined(linear, votes)
    second = fit_temperature(logs, codes)
    aum = area_under_margin(some.vectors[:known], codes, classes)
    return _Predicted(linear, softmax(logs / second), (first, second), aum)


def _of_held_out(
    some: Prepared, labels: Sequence[str], codes: Integers, known: _Predicted, among: Integers
) -> _Predicted:
    size = len(labels)
    head = replace(fit_parts(some.vectors, labels, np.arange(size), some.C), temperature=known.temperatures[0])
    linear = head.probabilities(some.vectors[size:])
    votes = _votes(some, slice(size, None), codes, known.linear.shape[1], among)
    return _Predicted(linear, softmax(joined(linear, votes) / known.temperatures[1]), known.temperatures, np.zeros(0))


def _votes(some: Prepared, part: slice, codes: Integers, classes: int, among: Integers) -> Floats:
    """Votes on the rows `part` of their nearest neighbours among the known ones that `among` names."""
    groups, known = [some.groups[n] for n in among.tolist()], some.vectors[among]
    use = f"single labels, {'held out' if part.start else 'known'}{'' if some.whole else ', a part'}"
    names = some.names[part], some.names[among]
    return neighbour_votes(some.vectors[part], some.groups[part], known, groups, codes[among], classes, use, names)


def plant(records: Sequence[Record], task: Task, rate: float, seed: str, classes: ClassProbabilities | None) -> Copies:
    """Two copies: errors into any other class (`symmetric`), and along the confusions of `classes` (`confused`)."""
    targets = [str(record.target) for record in records]
    names = classes.names if classes else tuple(sorted(set(targets)))
    true = np.searchsorted(names, targets).astype(np.int64)
    ids = [record.id for record in records]
    ways = {"symmetric": np.ones((len(true), len(names)))} | ({"confused": classes.values} if classes else {})
    return {
        kind: _planted(kind, names, true, plant_labels(true, p, ids, rate, f"{seed} {kind}"))
        for kind, p in ways.items()
    }


def _planted(kind: str, names: Sequence[str], true: Integers, noisy: Integers) -> list[Planted | None]:
    return [Planted(kind, names[b]) if a != b else None for a, b in zip(true.tolist(), noisy.tolist(), strict=True)]


def same(a: Target, b: Target, task: Task) -> bool:
    """The same label."""
    return bool(a == b)
