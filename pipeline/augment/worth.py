"""Is it worth it, and how much of it? Paired runs of a linear model with and without accepted children.

Tried are each method with all of its children and, where they do not help, with parts of them (`shares`). Each seed
draws its own part of the train split's groups. The same model is trained on it alone, with the children of its
records, and with plain copies of their parents (a control: more rows, nothing new). All are judged on the dev split, or
on train records that the seed left out where the dev split is small. The test split is never looked at.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.augment.candidates import Candidate
from pipeline.augment.params import WorthSettings
from pipeline.augment.text_features import TextFeatures
from pipeline.augment.trial import Run, Trials, macro_f1
from pipeline.record import Record, share
from pipeline.settings import Task

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Labels = NDArray[np.int64]

_BOOTSTRAP = 400


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

    A method is kept at the largest of `shares` at which its gain `helps`. All kept ones must then pass together; where
    they do not, only the method with the highest lower end stays.
    """
    trials = Trials(records, features, settings, task)
    if trials.problem:
        return Choice({}, {}, trials.problem)
    search = _Search(trials, accepted, settings)
    best = {method: search.share_of(method) for method in dict.fromkeys(c.method for c in accepted)}
    helpful = [m for m in best if search.gains[_name(m, best[m])].helps(settings.tolerance)]
    for method in helpful:  # the control: as many more rows, nothing new
        own = _part(accepted, method, best[method])
        search.measure(f"copies of {_name(method, best[method])}", [(c.parent, c.parent) for c in own])
    if len(helpful) > 1:
        together = [c for method in helpful for c in _part(accepted, method, best[method])]
        if not search.measure("together", [(c.parent, c.child) for c in together]).helps(settings.tolerance):
            helpful = [max(helpful, key=lambda method: search.gains[_name(method, best[method])].low)]
    notes = {
        **trials.notes,
        "gain_over_none": {name: value.note() for name, value in search.gains.items()},
        "kept_methods": helpful,
        "kept_shares": {method: best[method] for method in helpful},
    }
    return Choice(_unhelpful(accepted, search.gains, best, helpful, settings.tolerance), notes)


class _Search:
    def __init__(self, trials: Trials, accepted: Sequence[Candidate], settings: WorthSettings) -> None:
        self._trials, self._accepted, self._settings = trials, accepted, settings
        self.gains: dict[str, Gain] = {}

    def measure(self, name: str, more: Sequence[tuple[Record, Record]]) -> Gain:
        """The gain of training with these (parent, added record) pairs; noted by name."""
        runs = self._trials.runs(name, more)
        self.gains[name] = gain(runs, name, self._trials.on_dev, self._settings.level)
        return self.gains[name]

    def share_of(self, method: str) -> float:
        """The largest share of the method's children that helps; where none does, the one with the highest mean."""
        shares = sorted(set(self._settings.shares), reverse=True)
        for part in shares:
            own = _part(self._accepted, method, part)
            if self.measure(_name(method, part), [(c.parent, c.child) for c in own]).helps(self._settings.tolerance):
                return part
        return max(shares, key=lambda part: self.gains[_name(method, part)].mean)


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
            told = f"only {share_kept:g} of the method's children help: {own.told()}"
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


def _weights(rng: np.random.Generator, size: int) -> Any:
    return np.bincount(rng.integers(0, size, size), minlength=size)
