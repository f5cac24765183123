"""Is it worth it, and how much of it? Paired runs of a linear model with and without accepted children.

Tried are each method with all of its children and with parts of them (`shares`); "none" is always among the answers.
Each seed draws its own part of the train split's groups. The same model is trained on it alone, with
the children of its records, and with plain copies of their parents (a control: more rows, nothing new). All are
judged on the dev split, or on train records that the seed left out where the dev split is small.
The test split is never looked at.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.augment.candidates import Candidate
from pipeline.augment.params import WorthSettings
from pipeline.augment.text_features import TextFeatures
from pipeline.modeling import linear
from pipeline.record import Record, share
from pipeline.settings import Task
from pipeline.tasks import task_type

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Labels = NDArray[np.int64]

_BOOTSTRAP = 400
#: Inverse regularisation tried for training without children (scikit-learn's C).
_STRENGTHS = (1.0, 10.0, 100.0)


@dataclass(frozen=True)
class Gain:
    """Macro-F1 against training without children: mean over seeds, interval over seeds and items together."""

    mean: float
    low: float
    high: float
    error: float = 0.0  # standard error of the mean

    def helps(self, tolerance: float) -> bool:
        """Harmless for all that was measured, or likelier to help than not by five to one (one standard error)."""
        return self.low > -tolerance or self.mean > self.error > 0

    def told(self) -> str:
        """In words."""
        return f"macro-F1 {self.mean:+.4f} [{self.low:+.4f}, {self.high:+.4f}] against none"

    def note(self) -> dict[str, float]:
        """For report.json."""
        return {"mean": round(self.mean, 4), "low": round(self.low, 4), "high": round(self.high, 4)}


@dataclass(frozen=True)
class Run:
    """One seed: truth of the held-out items, and each variant's predictions for them."""

    truth: Labels
    predicted: Mapping[str, Labels]


@dataclass(frozen=True)
class Choice:
    """Child id -> why it does not stay; or why nothing could be measured. `notes` is for report.json."""

    unhelpful: Mapping[str, str]
    notes: Mapping[str, Any]
    not_measured: str = ""


def choose(
    accepted: Sequence[Candidate],
    records: Sequence[Record],
    features: TextFeatures,
    settings: WorthSettings,
    task: Task,
) -> Choice:
    """Which children stay. `records` are the labelled records of train and dev.

    Of each method the share with the highest mean gain is looked at; the method is kept at that share where its gain
    `helps`. All kept ones must then pass together; where they do not, only the method with the highest lower end stays.
    """
    methods = list(dict.fromkeys(c.method for c in accepted))
    variants = {
        _name(method, part): _part(accepted, method, part) for method in methods for part in sorted(settings.shares)
    }
    runs, problem = _runs(variants, records, features, settings, task)
    if problem:
        return Choice({}, {}, problem)
    on_dev = _on_dev(records, settings)
    level = settings.level
    gains = {name: gain(runs, name, on_dev, level) for name in runs[0].predicted if name != "none"}
    best = {m: max(sorted(settings.shares), key=lambda part: gains[_name(m, part)].mean) for m in methods}
    helpful = [method for method in methods if gains[_name(method, best[method])].helps(settings.tolerance)]
    if len(helpful) > 1:
        together = [c for method in helpful for c in _part(accepted, method, best[method])]
        runs_together, _ = _runs({"together": together}, records, features, settings, task)
        gains["together"] = gain(runs_together, "together", on_dev, level)
        if not gains["together"].helps(settings.tolerance):
            helpful = [max(helpful, key=lambda method: gains[_name(method, best[method])].low)]
    notes = {
        "judged_on": "dev split" if on_dev else "train groups left out by the seed",
        "held_out_rows": [len(run.truth) for run in runs],
        "seeds": settings.seeds,
        "macro_f1_none": round(float(np.mean([macro_f1(run.truth, run.predicted["none"]) for run in runs])), 4),
        "gain_over_none": {name: value.note() for name, value in gains.items()},
        "kept_methods": helpful,
        "kept_shares": {method: best[method] for method in helpful},
    }
    return Choice(_unhelpful(accepted, gains, best, helpful, settings.tolerance), notes)


def _unhelpful(
    accepted: Sequence[Candidate],
    gains: Mapping[str, Gain],
    best: Mapping[str, float],
    helpful: list[str],
    tolerance: float,
) -> dict[str, str]:
    """Child id -> why it goes: its method did not help, or only a part of it did."""
    why: dict[str, str] = {}
    for method, share_kept in best.items():
        kept = {c.child.id for c in _part(accepted, method, share_kept)} if method in helpful else set()
        own = gains[_name(method, share_kept)]
        if method in helpful:
            told = f"{share_kept:g} of the method's children gained most: {own.told()}"
        elif own.helps(tolerance):
            told = f"{own.told()}; together with the other methods it fell short"
        else:
            told = f"{own.told()}: low end not above -{tolerance}, mean not above its error {own.error:.4f}"
        why |= {c.child.id: told for c in accepted if c.method == method and c.child.id not in kept}
    return why


def _name(method: str, part: float) -> str:
    return method if part == 1 else f"{part:g} of {method}"


def _part(accepted: Sequence[Candidate], method: str, part: float) -> list[Candidate]:
    """That share of a method's children, by a draw of each one's id: a smaller part lies within a larger one."""
    return [c for c in accepted if c.method == method and (part == 1 or share("worth part", c.child.id) < part)]


def _on_dev(records: Sequence[Record], settings: WorthSettings) -> bool:
    return sum(record.split == "dev" for record in records) >= settings.min_held_out


def _runs(
    variants: Mapping[str, Sequence[Candidate]],
    records: Sequence[Record],
    features: TextFeatures,
    settings: WorthSettings,
    task: Task,
) -> tuple[list[Run], str]:
    """One run a seed, or why there is none: a seed drew no held-out rows, or only one class."""
    train = [record for record in records if record.split == "train"]
    dev = [record for record in records if record.split == "dev"]
    trial, kind = _Trial(features, task), task_type(task)
    runs: list[Run] = []
    for seed in range(settings.seeds):
        part, rest = _draw(train, seed, settings.max_rows)
        held_out = dev if _on_dev(records, settings) else rest
        if not held_out or len({kind.stratum(record) for record in part}) < 2:
            return [], "too few labelled records to measure a gain; set augment.keep: always to keep children"
        if not runs:
            trial.tune(part, held_out)
        runs.append(trial.run(part, held_out, variants))
    return runs, ""


class _Trial:
    def __init__(self, features: TextFeatures, task: Task) -> None:
        self._features = features
        self._kind = task_type(task)
        self._strength = _STRENGTHS[0]

    def tune(self, part: Sequence[Record], held_out: Sequence[Record]) -> None:
        """Give training without children its best regularisation, so that more rows alone are no gain."""
        names, inputs, truth = self._asked(part, held_out)
        found = {}
        for self._strength in _STRENGTHS:
            found[self._strength] = macro_f1(truth, self._predict(part, [], inputs, names))
        self._strength = max(_STRENGTHS, key=lambda strength: found[strength])

    def _asked(self, part: Sequence[Record], held_out: Sequence[Record]) -> tuple[list[str], Any, Labels]:
        """Label names, features and truth of the held-out rows."""
        names = sorted({self._label(record) for record in [*part, *held_out]})
        inputs = self._features.rows([self._kind.main_text(record) for record in held_out])
        return names, inputs, np.searchsorted(names, [self._label(record) for record in held_out])

    def run(
        self, part: Sequence[Record], held_out: Sequence[Record], variants: Mapping[str, Sequence[Candidate]]
    ) -> Run:
        """Train once per variant on `part` and what the variant adds to it; predict `held_out`."""
        names, inputs, truth = self._asked(part, held_out)
        present = {record.id for record in part}
        predicted = {"none": self._predict(part, [], inputs, names)}
        for name, candidates in variants.items():
            own = [c for c in candidates if c.parent.id in present]
            predicted[name] = self._predict(part, [c.child for c in own], inputs, names)
            if " of " not in name:  # the control: as many more rows, nothing new
                predicted[f"copies of {name}"] = self._predict(part, [c.parent for c in own], inputs, names)
        return Run(truth, predicted)

    def _predict(self, part: Sequence[Record], more: Sequence[Record], inputs: Any, names: list[str]) -> Labels:
        rows = [*part, *more]
        matrix = self._features.rows([self._kind.main_text(record) for record in rows])
        head = linear.fit(matrix, [self._label(record) for record in rows], self._strength)
        return np.searchsorted(names, head.labels)[head.logits(inputs).argmax(axis=1)]

    def _label(self, record: Record) -> str:
        return str(self._kind.stratum(record))


def gain(runs: Sequence[Run], name: str, paired_items: bool, level: float = 0.95) -> Gain:
    """Macro-F1 of a variant less that of `none`; seeds and items are resampled together, interval at `level`.

    `paired_items`: all runs judge the same items, so one draw of items serves all seeds.
    """
    rng = np.random.default_rng(0)
    full = [macro_f1(run.truth, run.predicted[name]) - macro_f1(run.truth, run.predicted["none"]) for run in runs]
    draws = []
    for _ in range(_BOOTSTRAP):
        common = _weights(rng, len(runs[0].truth))
        values = []
        for n in rng.integers(0, len(runs), len(runs)):
            run = runs[n]
            weights = common if paired_items else _weights(rng, len(run.truth))
            with_it, without = run.predicted[name], run.predicted["none"]
            values.append(macro_f1(run.truth, with_it, weights) - macro_f1(run.truth, without, weights))
        draws.append(np.mean(values))
    low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])
    return Gain(float(np.mean(full)), float(low), float(high), float(np.std(draws)))


def macro_f1(truth: Labels, predicted: Labels, weights: Any = None) -> float:
    """Mean F1 over the classes that occur in `truth`; `weights` counts each item so many times."""
    size = int(max(truth.max(), predicted.max())) + 1
    hits = np.bincount(truth[truth == predicted], None if weights is None else weights[truth == predicted], size)
    true, guessed = np.bincount(truth, weights, size), np.bincount(predicted, weights, size)
    present = true > 0
    return float((2 * hits[present] / (true[present] + guessed[present])).mean())


def _draw(train: Sequence[Record], seed: int, max_rows: int) -> tuple[list[Record], list[Record]]:
    """Four fifths of the groups (at most `max_rows` records) and the other fifth."""
    place = [share("augment worth", str(seed), record.group or record.id) for record in train]
    limit = min(0.8, max_rows / max(len(train), 1))
    part = [record for record, value in zip(train, place, strict=True) if value < limit]
    rest = [record for record, value in zip(train, place, strict=True) if value >= 0.8]
    return part, rest


def _weights(rng: np.random.Generator, size: int) -> Any:
    return np.bincount(rng.integers(0, size, size), minlength=size)
