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

from pipeline.augment.ablation.trial import Run, Trials
from pipeline.augment.candidates import Candidate
from pipeline.augment.params import AblationSettings
from pipeline.core.progress import Progress
from pipeline.core.record import Record, share
from pipeline.stats.bootstrap import Estimate
from pipeline.stats.paired_gain import Verdict, paired_gain, verdict

_RESAMPLES = 400  # a guess: not measured


@dataclass(frozen=True)
class Choice:
    """Child id -> why it does not stay; or why nothing could be measured. `notes` is for report.json."""

    unhelpful: Mapping[str, str]
    notes: Mapping[str, Any]
    not_measured: str = ""


def choose(accepted: Sequence[Candidate], trials: Trials, settings: AblationSettings) -> Choice:
    """Which children stay.

    A method is kept at the largest of `shares` at which it helped (`stats.paired_gain.verdict`), if it also helped
    against plain copies of the source examples: else what helps is seeing the rows more often. All kept ones must help
    together too; where they do not, only the method with the highest lower end stays.
    """
    if trials.problem:
        return Choice({}, {}, trials.problem)
    search = _Search(trials, accepted, settings)
    best = {method: search.share_of(method) for method in dict.fromkeys(c.method for c in accepted)}
    why = {method: search.reason_to_drop(method, part) for method, part in best.items()}
    helpful = [method for method in best if not why[method]]
    if len(helpful) > 1:
        more = _not_together(accepted, {method: best[method] for method in helpful}, search)
        why |= more
        helpful = [method for method in helpful if method not in more]
    notes = {
        **trials.notes,
        "gain": _as_dicts(search.gains),
        "gain_over_copies": _as_dicts(search.over_copies),
        "kept_methods": helpful,
        "kept_shares": {method: best[method] for method in helpful},
    }
    return Choice(_unhelpful(accepted, best, why, search), notes)


def _as_dicts(estimates: Mapping[str, Estimate]) -> dict[str, dict[str, float]]:
    return {name: value.as_dict() for name, value in estimates.items()}


def _not_together(accepted: Sequence[Candidate], shares: Mapping[str, float], search: _Search) -> dict[str, str]:
    """Of methods that help alone, those that go because all together do not, and why; the best one stays."""
    together = [c for method, part in shares.items() for c in _part(accepted, method, part)]
    found = search.measure("together", [(c.parent, c.child) for c in together])
    if search.verdict(found) == "helped":
        return {}
    first = max(shares, key=lambda method: search.gains[_name(method, shares[method])].low)
    why = f"together with {first} it fell short: {search.described(found)}"
    return {method: why for method in shares if method != first}


class _Search:
    def __init__(self, trials: Trials, accepted: Sequence[Candidate], settings: AblationSettings) -> None:
        self._trials, self._accepted, self._settings = trials, accepted, settings
        self.gains: dict[str, Estimate] = {}
        self.over_copies: dict[str, Estimate] = {}
        # At most: every share of every method, its copies, all together.
        methods = {candidate.method for candidate in accepted}
        self._progress = Progress("trainings", len(methods) * (len(set(settings.shares)) + 1) + 1)

    def measure(self, name: str, more: Sequence[tuple[Record, Record]]) -> Estimate:
        """The gain of training with these (parent, added record) pairs; noted by name."""
        runs = self._trials.runs(name, more)
        self._progress.add()
        self.gains[name] = gain(runs, name, self._trials.paired, self._settings.confidence_level)
        return self.gains[name]

    def share_of(self, method: str) -> float:
        """The largest share of the method's examples that helped; where none did, the one with the highest gain."""
        shares = sorted(set(self._settings.shares), reverse=True)
        for part in shares:
            own = _part(self._accepted, method, part)
            if self.verdict(self.measure(_name(method, part), [(c.parent, c.child) for c in own])) == "helped":
                return part
        return max(shares, key=lambda part: self.gains[_name(method, part)].value)

    def verdict(self, found: Estimate) -> Verdict:
        """The rule of every stage, at the level that params ask for."""
        return verdict(found, found.p, 1 - self._settings.confidence_level)

    def reason_to_drop(self, method: str, part: float) -> str:
        """Why the method goes; empty where it stays. Its copies are the control: as many more rows, nothing new."""
        name = _name(method, part)
        found, alpha = self.gains[name], 1 - self._settings.confidence_level
        if self.verdict(found) != "helped":
            return f"{self.described(found)}: p {found.p:.3f}, not a gain at {alpha:.2g}"
        copies = f"copies of {name}"
        runs = self._trials.runs(copies, [(c.parent, c.parent) for c in _part(self._accepted, method, part)])
        self._progress.add()
        self.gains[copies] = gain(runs, copies, self._trials.paired, self._settings.confidence_level)
        self.over_copies[name] = gain(runs, name, self._trials.paired, self._settings.confidence_level, copies)
        over = self.over_copies[name]
        if self.verdict(over) != "helped":
            against = self.described(over, "plain copies of the source examples")
            return f"{against}: p {over.p:.3f}, more passes over the rows do as well"
        return ""

    def described(self, found: Estimate, against: str = "none") -> str:
        """A gain in words."""
        return f"{self._trials.measure} {found.value:+.4f} [{found.low:+.4f}, {found.high:+.4f}] against {against}"


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


def gain(runs: Sequence[Run], name: str, same_items: bool, level: float = 0.95, against: str = "none") -> Estimate:
    """Score of a variant less that of another; `same_items`: all runs evaluate on the same items."""
    sizes = [run.size for run in runs]
    variant, other = [run.metric(name) for run in runs], [run.metric(against) for run in runs]
    return paired_gain(variant, other, sizes, same_items, _RESAMPLES, level=level)
