"""Spans (NER): two unlike taggers predict the tag of each unit.

One sees words, their parts and their neighbours as sparse features (any language, no weights needed); the other, where
the project has an encoder with weights, sees its hidden states. They err elsewhere, so the mean of their log
probabilities ranks better than either. The likeliest sequence of tags in which every span is whole is the suggestion;
stretches of units where it differs from the given one are what is doubted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

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
from pipeline.clean.label_errors.detectors.parts import WAYS, joined
from pipeline.clean.label_errors.detectors.planted_spans import wrong_spans
from pipeline.clean.label_errors.protected_labels import is_labelled, is_test
from pipeline.clean.label_errors.settings import LabelErrors
from pipeline.core.record import Record, Span, Target
from pipeline.core.settings import Task
from pipeline.modeling.features.linear import fit_temperature, softmax
from pipeline.modeling.features.tagging_units import OUTSIDE, best_tags, to_spans, to_tags, units
from pipeline.modeling.models import Model, has_weights
from pipeline.runtime.threads import side_by_side
from pipeline.stats.scores import span_keys

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from pipeline.modeling.features.linear import Matrix

_COLUMNS = 2**18  # a guess: not measured
#: Sums of log odds of several units are no log odds of the whole.
CALIBRATED = False

_C = {"words": 1.0, "states": 20.0}  # of the logistic regressions; a guess: not measured
_MOST = 60_000  # units that one is fitted on; a guess: not measured
_WRONG = 0.1  # texts with a wrong span, where nothing is known; a guess: not measured


class Prepared(NamedTuple):
    """Units of each record, where its units begin among all, and features of all units by tagger."""

    texts: list[str]
    bounds: list[list[tuple[int, int]]]
    starts: Integers
    features: dict[str, Any]


def eligible(records: Sequence[Record], task: Task, folds: int) -> Eligible:
    """Every text with a word, without spans too; of enough groups."""
    usable = [is_labelled(record) and bool(units(record.fields["text"])) for record in records]
    return enough_groups(records, usable, [is_test(record) for record in records])


def strata(targets: Sequence[Target]) -> Integers:
    """Sets of spans have no classes."""
    return np.zeros(len(targets), np.int64)


def prepare(records: Sequence[Record], known: int, task: Task, encoder: Model, settings: LabelErrors) -> Prepared:
    """Features of every unit."""
    texts = [str(record.fields["text"]) for record in records]
    bounds = [units(text) for text in texts]
    starts = np.concatenate([[0], np.cumsum([len(part) for part in bounds])]).astype(np.int64)
    found: dict[str, Any] = {"words": _word_features(texts, bounds, int(starts[known]))}
    if has_weights(encoder):
        from pipeline.modeling.features.token_states import token_states

        found["states"] = _standardised(np.concatenate(token_states(texts, encoder)), int(starts[known]))
    return Prepared(texts, bounds, starts, found)


def score_out_of_fold(
    prepared: Prepared, rows: Integers, targets: Sequence[Target], folds: Integers, task: Task
) -> OutOfFold:
    """Recipes: the tagger (`words`, `states`, `both`), balanced or not, and how units are joined (`parts.WAYS`)."""
    tags, logs = tagged(prepared, rows, targets, folds, task)
    given = np.concatenate([np.array(part, np.int64) for part in tags])
    known = np.repeat(folds >= 0, [len(part) for part in tags])
    logs |= {f"{who} balanced": _balanced(found, given, known, int((folds >= 0).sum())) for who, found in logs.items()}
    ends = np.cumsum([len(part) for part in tags])
    parts: dict[str, list[TargetScore]] = {f"{who} {way}": [] for who in logs for way in WAYS}
    for who, found in logs.items():
        for k, n in enumerate(rows.tolist()):
            part = found[ends[k] - len(tags[k]) : ends[k]]
            for way, one in _scores(part, tags[k], targets[k], prepared.texts[n], prepared.bounds[n], task).items():
                parts[f"{who} {way}"].append(one)
    return OutOfFold({recipe: scores_of(one) for recipe, one in parts.items()})


def tagged(
    prepared: Prepared, rows: Integers, targets: Sequence[Target], folds: Integers, task: Task
) -> tuple[list[list[int]], dict[str, Floats]]:
    """Given tags of each row, and by tagger log probabilities of every tag for all units in a row, out of fold."""
    tags = [to_tags(target, prepared.bounds[n], task.labels) for n, target in zip(rows, targets, strict=True)]
    given = np.concatenate([np.array(part, np.int64) for part in tags])
    places = np.concatenate([np.arange(prepared.starts[n], prepared.starts[n + 1]) for n in rows])
    unit_folds = np.repeat(folds, [len(part) for part in tags])
    logs = {
        name: _log_probabilities(matrix[places], given, unit_folds, 2 * len(task.labels) + 1, _C[name])
        for name, matrix in prepared.features.items()
    }
    if len(logs) > 1:
        logs["both"] = np.mean(list(logs.values()), axis=0)
    return tags, logs


def _balanced(logs: Floats, given: Integers, known: NDArray[np.bool_], sentences: int) -> Floats:
    """Log probabilities that a tag was meant where `given` was marked, up to a constant.

    A model predicts `no span` for most rare spans, right or wrong. If every tenth text had an error, with tags as
    often forgotten as marked in vain, a tag that is rare is more easily forgotten than another is marked in vain.
    """
    frequency = np.maximum(np.bincount(given[known], minlength=logs.shape[1]) / known.sum(), 1e-6)
    error = _WRONG * sentences / (known.sum() * logs.shape[1])
    found = logs + np.log(error) - np.log(frequency)
    rows = np.arange(len(given))
    found[rows, given] = logs[rows, given]
    return np.asarray(found - np.logaddexp.reduce(found, axis=1, keepdims=True), np.float64)


def plant(
    records: Sequence[Record], task: Task, rate: float, seed: str, classes: ClassProbabilities | None = None
) -> Copies:
    """See `wrong_spans`."""
    return {"planted": wrong_spans(records, task, rate, seed)}


def same(a: Target, b: Target, task: Task) -> bool:
    """The same places and types."""
    return span_keys(a) == span_keys(b)


def _log_probabilities(matrix: Matrix, given: Integers, folds: Integers, classes: int, C: float) -> Floats:
    """Calibrated out-of-sample log probabilities of every tag, shape (units, classes)."""
    from sklearn.linear_model import LogisticRegression

    logits = np.full((len(given), classes), -20.0)

    def judge(one: tuple[Integers, Integers]) -> None:
        train, held_out = one
        some, weights = _thinned(train, given)
        names = np.unique(given[some])
        if len(names) < 2:
            logits[held_out[:, None], names] = 0.0
            return
        model = LogisticRegression(C=C, max_iter=100, tol=1e-3)
        model.fit(matrix[some], given[some], sample_weight=weights)
        scores = model.decision_function(matrix[held_out])
        scores = scores if scores.ndim == 2 else np.stack([-scores / 2, scores / 2], axis=1)
        logits[held_out[:, None], names] = np.maximum(scores, -20.0)

    for _ in side_by_side(judge, rounds(folds)):
        pass
    known = folds >= 0
    return np.asarray(np.log(softmax(logits / fit_temperature(logits[known], given[known])) + 1e-9), np.float64)


def _thinned(train: Integers, given: Integers) -> tuple[Integers, Floats | None]:
    """The units to fit on: where they are too many, a random part of those outside spans, which then count more."""
    outside = train[given[train] == OUTSIDE]
    inside = train[given[train] != OUTSIDE]
    room = max(_MOST - len(inside), _MOST // 4)
    if len(outside) <= room:
        return train, None
    chosen = np.random.default_rng(0).permutation(outside)[:room]
    weights = np.concatenate([np.ones(len(inside)), np.full(room, len(outside) / room)])
    return np.concatenate([inside, chosen]), weights


def _scores(
    logs: Floats, tags: Sequence[int], target: Target, text: str, bounds: Sequence[tuple[int, int]], task: Task
) -> dict[str, TargetScore]:
    rows = np.arange(len(tags))
    others = logs.copy()
    own = logs[rows, tags]
    others[rows, tags] = -np.inf
    margins = own - others.max(axis=1)
    if margins.min() < 0:
        best = best_tags(logs)
        differs = np.not_equal(best, tags)
        margins = np.where(differs, np.minimum(own - logs[rows, best], 0.0), np.maximum(margins, 1e-6))
    else:  # nothing is doubted: the other target changes the least certain unit
        best = list(tags)
        best[int(margins.argmin())] = int(others[int(margins.argmin())].argmax())
    found = [span for span, _ in to_spans(best, bounds, task.labels)]
    detail = _difference(target, found, text)
    suggested = found if span_keys(found) != span_keys(target) else None  # another tag can mean the same span
    return {way: TargetScore(joined(margins, way), suggested, detail) for way in WAYS}


def _difference(given: Sequence[Span], suggested: Sequence[Span], text: str) -> str:
    """What to add (+) and to take away (-), such as `+ 'Paris' [3, 8) LOC`."""
    old, new = span_keys(given), span_keys(suggested)
    signs = [("-", span) for span in sorted(old - new)] + [("+", span) for span in sorted(new - old)]
    return ", ".join(f"{sign} '{text[start:end]}' [{start}, {end}) {label}" for sign, (start, end, label) in signs)


def _standardised(states: NDArray[np.float32], known: int) -> NDArray[np.float32]:
    states = (states - states[:known].mean(axis=0)) / (states[:known].std(axis=0) + 1e-6)
    return np.asarray(states / np.sqrt(states.shape[1]), np.float32)


def _word_features(texts: Sequence[str], bounds: Sequence[Sequence[tuple[int, int]]], known: int) -> csr_matrix:
    """Sparse features of every unit (itself, its ends and shape, its neighbours) that two of the `known` units have."""
    from sklearn.feature_extraction import FeatureHasher

    hasher = FeatureHasher(_COLUMNS, input_type="string", alternate_sign=False, dtype=np.float32)
    words = ([text[start:end] for start, end in part] for text, part in zip(texts, bounds, strict=True))
    found = hasher.transform(row for sentence in words for row in _rows(sentence))
    return found[:, np.bincount(found[:known].indices, minlength=_COLUMNS) > 1]


def _rows(words: Sequence[str]) -> Iterator[list[str]]:
    lower = ["^^", "^", *(word.lower() for word in words), "$", "$$"]
    shapes = ["^", *map(_shape, words), "$"]
    for n, word in enumerate(words):
        before, own, after = lower[n + 1 : n + 4]
        yield [
            f"w={word}",
            f"l={own}",
            *(f"p={own[:size]}" for size in (1, 2, 3)),
            *(f"s={own[-size:]}" for size in (1, 2, 3)),
            f"-1={before}",
            f"+1={after}",
            f"-2={lower[n]}",
            f"+2={lower[n + 4]}",
            f"-1,0={before} {own}",
            f"0,+1={own} {after}",
            f"-2,-1={lower[n]} {before}",
            f"+1,+2={after} {lower[n + 4]}",
            f"shape={shapes[n + 1]}",
            f"shapes={shapes[n]} {shapes[n + 1]} {shapes[n + 2]}",
        ]


def _shape(word: str) -> str:
    """Letters by kind, runs as one: `McDonald's` is `AaAa`, `3M` is `0A`."""
    kinds = ["0" if c.isdigit() else "A" if c.isupper() else "a" if c.isalpha() else c for c in word]
    return "".join(kind for n, kind in enumerate(kinds) if n == 0 or kinds[n - 1] != kind)
