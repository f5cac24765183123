"""Ablation of the methods: paired runs of a small model with and without accepted augmented examples.

Tried are each method with all of its examples and, where they do not help, with parts of them (`shares`). Each seed
draws its own part of the train split's groups. The same model is trained on it alone, with the examples made from its
records, and with plain copies of their parents (a control: more rows, nothing new). All are evaluated on the dev split,
or on train records that the seed left out where the dev split is small. The test split is never looked at.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline.augment.ablation.trial import Run, Trials
from pipeline.augment.candidates import Candidate
from pipeline.augment.params import AblationSettings
from pipeline.core.record import Record, share

_BOOTSTRAP = 400


@dataclass(frozen=True)
class Gain:
    """Score against another variant: mean over seeds, interval over seeds and items together."""

    mean: float
    low: float
    high: float
    error: float = 0.0  # standard error of the mean

    def helps(self, tolerance: float) -> bool:
        """Harmless for all that was measured, or likelier to help than not by five to one (one standard error)."""
        return self.low > -tolerance or self.mean > self.error > 0

    def described(self, against: str = "none") -> str:
        """In words."""
        return f"{self.mean:+.4f} [{self.low:+.4f}, {self.high:+.4f}] against {against}"

    def note(self) -> dict[str, float]:
        """For report.json."""
        return {"mean": round(self.mean, 4), "low": round(self.low, 4), "high": round(self.high, 4)}


@dataclass(frozen=True)
class Choice:
    """Child id -> why it does not stay; or why nothing could be measured. `notes` is for report.json."""

    unhelpful: Mapping[str, str]
    notes: Mapping[str, Any]
    not_measured: str = ""


def choose(accepted: Sequence[Candidate], trials: Trials, settings: AblationSettings) -> Choice:
    """Which children stay.

    A method is kept at the largest of `shares` at which its gain `helps`, unless plain copies of the parents are surely
    better than its children: then what helps is seeing the rows more often. All kept ones must pass together; where
    they do not, only the method with the highest lower end stays.
    """
    if trials.problem:
        return Choice({}, {}, trials.problem)
    search = _Search(trials, accepted, settings)
    best = {method: search.share_of(method) for method in dict.fromkeys(c.method for c in accepted)}
    why = {method: search.reason_to_drop(method, part) for method, part in best.items()}
    helpful = [method for method in best if not why[method]]
    if len(helpful) > 1:
        together = [c for method in helpful for c in _part(accepted, method, best[method])]
        found = search.measure("together", [(c.parent, c.child) for c in together])
        if not found.helps(settings.tolerance):
            first = max(helpful, key=lambda method: search.gains[_name(method, best[method])].low)
            why |= {m: f"together with {first} it fell short: {search.described(found)}" for m in helpful if m != first}
            helpful = [first]
    notes = {
        **trials.notes,
        "gain": {name: value.note() for name, value in search.gains.items()},
        "gain_over_copies": {name: value.note() for name, value in search.over_copies.items()},
        "kept_methods": helpful,
        "kept_shares": {method: best[method] for method in helpful},
        "no_better_than_copies": [m for m in helpful if search.over_copies[_name(m, best[m])].low <= 0],
    }
    return Choice(_unhelpful(accepted, best, why, search), notes)


class _Search:
    def __init__(self, trials: Trials, accepted: Sequence[Candidate], settings: AblationSettings) -> None:
        self._trials, self._accepted, self._settings = trials, accepted, settings
        self.gains: dict[str, Gain] = {}
        self.over_copies: dict[str, Gain] = {}

    def measure(self, name: str, more: Sequence[tuple[Record, Record]]) -> Gain:
        """The gain of training with these (parent, added record) pairs; noted by name."""
        runs = self._trials.runs(name, more)
        self.gains[name] = gain(runs, name, self._trials.paired, self._settings.confidence_level)
        return self.gains[name]

    def share_of(self, method: str) -> float:
        """The largest share of the method's children that helps; where none does, the one with the highest mean."""
        shares = sorted(set(self._settings.shares), reverse=True)
        for part in shares:
            own = _part(self._accepted, method, part)
            if self.measure(_name(method, part), [(c.parent, c.child) for c in own]).helps(self._settings.tolerance):
                return part
        return max(shares, key=lambda part: self.gains[_name(method, part)].mean)

    def reason_to_drop(self, method: str, part: float) -> str:
        """Why the method goes; empty where it stays. Its copies are the control: as many more rows, nothing new."""
        name = _name(method, part)
        found, tolerance = self.gains[name], self._settings.tolerance
        if not found.helps(tolerance):
            return (
                f"{self.described(found)}: low end not above -{tolerance}, mean not above its error {found.error:.4f}"
            )
        copies = f"copies of {name}"
        runs = self._trials.runs(copies, [(c.parent, c.parent) for c in _part(self._accepted, method, part)])
        self.gains[copies] = gain(runs, copies, self._trials.paired, self._settings.confidence_level)
        self.over_copies[name] = gain(runs, name, self._trials.paired, self._settings.confidence_level, copies)
        if self.over_copies[name].high < 0:
            better = self.described(self.over_copies[name], "plain copies of the source examples")
            return f"{better}: more passes do it better"
        return ""

    def described(self, found: Gain, against: str = "none") -> str:
        """A gain in words."""
        return f"{self._trials.measure} {found.described(against)}"


def _unhelpful(
    accepted: Sequence[Candidate], best: Mapping[str, float], why: Mapping[str, str], search: _Search
) -> dict[str, str]:
    """Child id -> why it goes: its method did not help, or only a part of it did."""
    found: dict[str, str] = {}
    for method, part in best.items():
        reason = why[method]
        kept = set() if reason else {c.child.id for c in _part(accepted, method, part)}
        reason = (
            reason
            or f"only {part:g} of the method's examples help: {search.described(search.gains[_name(method, part)])}"
        )
        found |= {c.child.id: reason for c in accepted if c.method == method and c.child.id not in kept}
    return found


def _name(method: str, part: float) -> str:
    return method if part == 1 else f"{part:g} of {method}"


def _part(accepted: Sequence[Candidate], method: str, part: float) -> list[Candidate]:
    """That share of a method's children, by a draw of each one's id: a smaller part lies within a larger one."""
    return [c for c in accepted if c.method == method and (part == 1 or share("worth part", c.child.id) < part)]


def gain(runs: Sequence[Run], name: str, paired_items: bool, level: float = 0.95, against: str = "none") -> Gain:
    """Score of a variant less that of another; seeds and items are resampled together, interval at `level`.

    `paired_items`: all runs evaluate on the same items, so one draw of items serves all seeds.
    """
    rng = np.random.default_rng(0)
    full = [run.score(name) - run.score(against) for run in runs]
    draws = []
    for _ in range(_BOOTSTRAP):
        common = _weights(rng, runs[0].size)
        values = []
        for n in rng.integers(0, len(runs), len(runs)):
            run = runs[n]
            weights = common if paired_items else _weights(rng, run.size)
            values.append(run.score(name, weights) - run.score(against, weights))
        draws.append(np.mean(values))
    low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])
    return Gain(float(np.mean(full)), float(low), float(high), float(np.std(draws)))


def _weights(rng: np.random.Generator, size: int) -> Any:
    return np.bincount(rng.integers(0, size, size), minlength=size)
