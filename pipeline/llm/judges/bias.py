"""How a judge leans: to the reply that stands first, to the longer one, to its own; measured, and taken out again.

Position: a judge that is asked in both orders chooses the first place as often as the second, whatever the replies are,
unless it leans. Length: among pairs whose better reply is known, a judge that does not lean chooses the longer reply as
much more often where that is the better one, as it leaves it alone where it is not.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.llm.judges.judge import Choice, Comparison
from pipeline.stats.intervals import difference_of_shares
from pipeline.stats.numbers import rounded

#: Pairs of a kind (longer or shorter is better) without which a lean towards length is not stated.
#: A guess: not measured.
_FEWEST = 20


@dataclass(frozen=True, slots=True)
class Judged:
    """A compared pair: the judge's two choices, which reply is longer (None: equal), which is known to be better."""

    comparison: Comparison
    longer: Choice | None = None
    better: Choice | None = None


@dataclass(frozen=True, slots=True)
class Lean:
    """A share in [-1, 1] with its 95 % interval: how many answers a lean alone would explain. 0: none."""

    value: float
    low: float
    high: float


def position_bias(judged: Sequence[Judged]) -> Lean | None:
    """The share of answers that name the first place, less the share that name the second; None without answers."""
    places = [place for one in judged for place in _places(one.comparison) if place != "tie"]
    first = sum(place == "first" for place in places)
    return _difference((first, len(places)), (len(places) - first, len(places))) if places else None


def length_bias(judged: Sequence[Judged]) -> Lean | None:
    """How far the judge goes for the longer reply beyond what its being better explains.

    P(chooses the longer | it is better) - P(chooses the shorter | that is better): 0 for a judge that errs alike either
    way. None where fewer than `_FEWEST` pairs of either kind have a known better reply.
    """
    known = [one for one in judged if {one.longer, one.better} <= {"first", "second"}]
    parts: dict[bool, list[Judged]] = {True: [], False: []}
    for one in known:
        parts[one.longer == one.better].append(one)
    longer_is_better, shorter_is_better = parts[True], parts[False]
    if min(len(longer_is_better), len(shorter_is_better)) < _FEWEST:
        return None
    longer, shorter = _right_choices(longer_is_better), _right_choices(shorter_is_better)
    return _difference(longer, shorter) if longer[1] and shorter[1] else None


def _right_choices(judged: Sequence[Judged]) -> tuple[int, int]:
    """How often the better reply was chosen, of how many choices."""
    right = [choice == one.better for one in judged for choice in _choices(one.comparison)]
    return sum(right), len(right)


def self_preference(own: Sequence[float], foreign: Sequence[float]) -> Lean | None:
    """How far a judge favours replies of its own model, in grades: what it gives beyond what the other judges give.

    `own` and `foreign` are its grade less the other judges' mean, for each reply of its own model and of other models.
    None where either has fewer than `_FEWEST`. The interval is the normal one of a difference of two means.
    """
    if min(len(own), len(foreign)) < _FEWEST:
        return None
    means = [sum(values) / len(values) for values in (own, foreign)]
    variances = [
        sum((value - mean) ** 2 for value in values) / (len(values) - 1) / len(values)
        for values, mean in zip((own, foreign), means, strict=True)
    ]
    value, half = means[0] - means[1], 1.96 * math.sqrt(sum(variances))
    return Lean(rounded(value), rounded(value - half), rounded(value + half))


@dataclass(frozen=True)
class JudgeModel:
    """How often a judge names the right reply, by where it stands and whether it is the longer one.

    Learned from pairs with a known better reply (gold questions); every rate starts at one half with the weight of two
    answers. A choice then counts as much as it tells: one that a lean explains tells little. Replies of equal length
    have the rates of all answers together.
    """

    rates: dict[tuple[bool, bool | None], float]

    @classmethod
    def fit(cls, judged: Sequence[Judged]) -> JudgeModel:
        """Rates of the answers on pairs whose better reply is known; ties count half."""
        counts: dict[tuple[bool, bool | None], list[float]] = {}
        for one in judged:
            if one.better not in ("first", "second"):
                continue
            for (stood_first, is_longer), choice in _answers(one, one.better):
                for state in {(stood_first, is_longer), (stood_first, None)}:
                    right, count = counts.setdefault(state, [1.0, 2.0])
                    counts[state] = [right + (0.5 if choice == "tie" else float(choice == one.better)), count + 1]
        return cls({state: right / count for state, (right, count) in counts.items()})

    def log_odds(self, one: Judged) -> float:
        """Log odds that the first reply is the better one, given both answers."""
        total = 0.0
        for (first_state, choice), (second_state, _) in zip(
            _answers(one, "first"), _answers(one, "second"), strict=True
        ):
            if choice == "tie":
                continue
            if_first, if_second = self._rate(first_state), self._rate(second_state)
            said_first = choice == "first"
            total += math.log(if_first if said_first else 1 - if_first)
            total -= math.log(1 - if_second if said_first else if_second)
        return total

    def _rate(self, state: tuple[bool, bool | None]) -> float:
        return min(0.99, max(0.01, self.rates.get(state, self.rates.get((state[0], None), 0.5))))


def better_of(panel: Sequence[JudgeModel], answers: Sequence[Judged]) -> tuple[Choice, float]:
    """The better reply by several judges of one pair, each counted as it is known, and how probable that is.

    Judges that know each other's answers are not independent; their log odds add up as if they were (Dawid and Skene).
    """
    total = sum(model.log_odds(one) for model, one in zip(panel, answers, strict=True))
    probability = 1 / (1 + math.exp(-max(-500.0, min(500.0, total))))
    if total == 0:
        return "tie", 0.5
    return ("first", probability) if total > 0 else ("second", 1 - probability)


def _answers(one: Judged, better: Choice) -> list[tuple[tuple[bool, bool | None], Choice]]:
    """((the better reply stood first, the better reply is the longer), choice in the pair's terms) of each answer."""
    is_longer = None if one.longer is None else one.longer == better
    orders = ((one.comparison.as_given, better == "first"), (one.comparison.swapped, better == "second"))
    return [((stood_first, is_longer), choice) for choice, stood_first in orders if choice is not None]


def _places(comparison: Comparison) -> list[Choice]:
    """The places that the judge named, not the replies: turned back for the swapped order."""
    turned: dict[Choice, Choice] = {"first": "second", "second": "first", "tie": "tie"}
    given = [comparison.as_given] if comparison.as_given else []
    return [*given, *([turned[comparison.swapped]] if comparison.swapped else [])]


def _choices(comparison: Comparison) -> list[Choice]:
    return [choice for choice in (comparison.as_given, comparison.swapped) if choice is not None]


def _difference(first: tuple[int, int], second: tuple[int, int]) -> Lean:
    found = difference_of_shares(first, second)
    return Lean(found["value"], found["low"], found["high"])
