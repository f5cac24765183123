"""Judging labels out of sample, and measuring on planted noise how well that went and how much noise there is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np

from pipeline.clean.label_errors.planted_noise import Floats, Labels, Mending, average_precision, mendings, plant
from pipeline.clean.label_errors.signals import joined, log_margin, mixed, neighbour_votes, references, training_margin
from pipeline.core.record import Record, share
from pipeline.modeling.features.linear import fit, fit_temperature, out_of_sample, softmax
from pipeline.stats.intervals import wilson

if TYPE_CHECKING:
    from pipeline.clean.label_errors.settings import LabelErrors

THRESHOLDS = (0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.93, 0.95, 0.97, 0.98, 0.99, 0.995)
_ENOUGH = 30  # planted errors that a threshold must catch for its recall to be trusted


class Recipe(NamedTuple):
    """What a ranking is made of: whether the neighbours are asked, and the part of the training margin."""

    neighbours: bool
    training: float


#: None is best on all data: which one is used is measured on planted noise, first come first where they are equal.
RECIPES = [Recipe(neighbours, training) for neighbours in (True, False) for training in (0.0, 0.25, 0.5)]


@dataclass(frozen=True)
class Opinions:
    """What is said of each row.

    `alone` and `both`: calibrated probabilities of the linear model, and of it with the neighbours, shape (rows,
    classes); `temperatures` calibrated them. `learnt`: the training margin, None where the row was not trained on.
    """

    names: tuple[str, ...]
    labels: Labels
    alone: Floats
    both: Floats
    learnt: Floats | None
    temperatures: tuple[float, float]

    def probabilities(self, recipe: Recipe) -> Floats:
        """Class probabilities by this recipe."""
        return self.both if recipe.neighbours else self.alone

    def evidence(self, recipe: Recipe) -> Floats:
        """Log odds for each label by this recipe; below 0 another one is likelier."""
        margins = log_margin(self.probabilities(recipe), self.labels)
        return margins if self.learnt is None else mixed(margins, self.learnt, recipe.training)


@dataclass(frozen=True)
class Judged:
    """The judged rows of a table and the verdict on each label."""

    rows: list[int]
    names: tuple[str, ...]
    labels: Labels
    probabilities: Floats
    evidence: Floats

    @property
    def suggested(self) -> Labels:
        """The likeliest class of each row."""
        result: Labels = self.probabilities.argmax(axis=1)
        return result

    @property
    def confidence(self) -> Floats:
        """Its calibrated probability."""
        result: Floats = self.probabilities.max(axis=1)
        return result


class Tried(Protocol):
    """Anything that was measured at each of `THRESHOLDS`."""

    @property
    def mendings(self) -> Sequence[Mending]:
        """In the order of the thresholds."""


class Measured(NamedTuple):
    """What became of one kind of planted noise."""

    mendings: list[Mending]
    planted: int
    average_precision: float
    average_precision_self_confidence: float  # of the linear model alone, as cleanlab ranks

    def as_notes(self) -> dict[str, Any]:
        """For report.json."""
        return {**self._asdict(), "mendings": [asdict(m) for m in self.mendings]}


def ask(vectors: Any, labels: Sequence[str], members: Sequence[Record], settings: LabelErrors) -> Opinions:
    """The opinions of models that saw neither a record nor its group."""
    groups = [record.group or record.id for record in members]
    names, logits = out_of_sample(vectors, labels, groups, settings.folds, settings.seed, settings.strength)
    codes = np.searchsorted(names, labels)
    first = fit_temperature(logits, codes)
    alone = softmax(logits / first)
    known = references([record.id for record in members], str(settings.seed))
    votes = neighbour_votes(vectors, groups, vectors[known], [groups[n] for n in known], codes[known], len(names))
    logs = joined(alone, votes)
    second = fit_temperature(logs, codes)
    learnt = training_margin(vectors, codes, len(names))
    return Opinions(names, codes, alone, softmax(logs / second), learnt, (first, second))


def ask_of_tested(
    judged: Opinions, vectors: Any, labels: Sequence[str], members: Sequence[Record], settings: LabelErrors
) -> Opinions:
    """The opinions on test rows of one model of all judged rows, and of their neighbours among these.

    `vectors` and `members` hold the judged rows first, then those of `labels`.
    """
    size = len(judged.labels)
    groups = [record.group or record.id for record in members]
    head = fit(vectors[:size], [judged.names[code] for code in judged.labels], settings.strength)
    alone = replace(head, temperature=judged.temperatures[0]).probabilities(vectors[size:])
    known = references([record.id for record in members[:size]], str(settings.seed))
    known_groups = [groups[n] for n in known]
    votes = neighbour_votes(
        vectors[size:], groups[size:], vectors[known], known_groups, judged.labels[known], len(judged.names)
    )
    both = softmax(joined(alone, votes) / judged.temperatures[1])
    codes = np.searchsorted(judged.names, labels)
    return Opinions(judged.names, codes, alone, both, None, judged.temperatures)


def verdict(rows: list[int], parts: Sequence[Opinions], recipe: Recipe) -> Judged:
    """Opinions on judged and on test rows, in this order, as one verdict; `rows` are their row numbers."""
    return Judged(
        rows,
        parts[0].names,
        np.concatenate([part.labels for part in parts]),
        np.concatenate([part.probabilities(recipe) for part in parts]),
        np.concatenate([part.evidence(recipe) for part in parts]),
    )


def calibrate(
    vectors: Any, judged: Opinions, members: Sequence[Record], settings: LabelErrors
) -> tuple[int, Recipe, dict[str, Measured]]:
    """Plant each kind of noise in a copy of some records, judge it as the data was judged, see what was caught.

    `symmetric`: any other class; `confused`: the classes that the models confuse. Returns the size of the copies,
    the recipe that ranked the planted errors best on average, and what it caught.
    """
    seed = str(settings.seed)
    order = sorted(range(len(members)), key=lambda n: share("calibrate", seed, members[n].id))
    some = np.array(sorted(order[: settings.calibration_rows]))
    confusions = {"symmetric": np.ones((len(some), len(judged.names))), "confused": judged.both[some]}
    chosen, true = [members[n] for n in some], judged.labels[some]
    ids = [record.id for record in chosen]
    noisy = {kind: plant(true, how, ids, settings.planted, f"{seed} {kind}") for kind, how in confusions.items()}
    said = {
        kind: ask(vectors[some], [judged.names[code] for code in codes], chosen, settings)
        for kind, codes in noisy.items()
    }

    def quality(recipe: Recipe) -> float:
        return sum(average_precision(noisy[kind] != true, -said[kind].evidence(recipe)) for kind in noisy)

    recipe = max(RECIPES, key=quality)
    names = list(judged.names)
    return len(some), recipe, {kind: _measured(said[kind], recipe, noisy[kind], true, names) for kind in noisy}


def _measured(said: Opinions, recipe: Recipe, noisy: Labels, true: Labels, names: Sequence[str]) -> Measured:
    probabilities = said.probabilities(recipe)
    columns = np.searchsorted(names, said.names)  # planting may have emptied a class
    suggested, wrong = columns[probabilities.argmax(axis=1)], noisy != true
    results = mendings(suggested != noisy, wrong & (suggested == true), wrong, probabilities.max(axis=1), THRESHOLDS)
    own = said.alone[np.arange(len(noisy)), said.labels]
    found = average_precision(wrong, -said.evidence(recipe))
    return Measured(results, int(wrong.sum()), found, average_precision(wrong, -own))


def autofix_threshold(measured: Mapping[str, Tried], precision: float) -> float | None:
    """The lowest confidence that is measured precise enough on each kind of noise; None if there is none.

    It is the lower 95 % bound of the measured precision that must reach `precision`.
    """
    return next(
        (
            threshold
            for n, threshold in enumerate(THRESHOLDS)
            if all(found.mendings[n].low >= precision for found in measured.values())
        ),
        None,
    )


def noise_by_class(judged: Judged, measured: dict[str, Measured]) -> dict[str, Any]:
    """Estimated share of wrong labels of each class, with an interval.

    Records that another class is said of at a threshold, over the share of planted (confused) errors that this
    threshold caught. False alarms are in it, so it is an upper estimate; of all thresholds the one where it is lowest
    is used.
    """
    planted = measured["confused"].planted
    caught = {m.threshold: m.caught for m in measured["confused"].mendings}
    usable = {t: c / planted for t, c in caught.items() if c >= _ENOUGH} or {THRESHOLDS[0]: 0.0}
    off = judged.suggested != judged.labels

    def suspects(threshold: float) -> Any:
        return off & (judged.confidence >= threshold)

    best = min(usable, key=lambda t: (suspects(t).sum() / max(usable[t], 1e-9), t))
    low_recall, high_recall = wilson(caught[best], planted)
    rates = {}
    for code, name in enumerate(judged.names):
        mine = judged.labels == code
        wrong, count = int((suspects(best) & mine).sum()), int(mine.sum())
        low, high = wilson(wrong, count)
        others = Counter(judged.names[c] for c in judged.suggested[suspects(best) & mine].tolist())
        rates[name] = {
            "records": count,
            "suspected": wrong,
            "rate": _share(wrong / max(count, 1), usable[best]),
            "low": _share(low, high_recall),
            "high": _share(high, low_recall),
            "mostly": min(others, key=lambda c: (-others[c], c)) if others else None,
        }
    return rates


def _share(part: float, recall: float) -> float:
    return round(min(1.0, part / recall), 4) if recall else 1.0
