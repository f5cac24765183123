"""How many targets are wrong, overall and by class, with 90 % intervals; or that this data cannot tell.

The estimate is the floor of contradictions (contradiction_floor.py): where records are clearest to models that never
saw them, the models hardly err, and what they contradict there is wrong. It holds where wrong targets are about as
frequent among clear records as among unclear ones. Models err a little even there, so the interval is widened by a part
of what they contradict beyond the floor, set on simulated records (benchmarks/noise_coverage.py). No figure is given
where the interval stays wide, where records are few, where models know too little, above all of uneven classes, or
where the estimate does not rise as it must when errors are planted (`rises_with`). Classes have figures where half of
them can: an interval that is narrow for one class alone is narrow by luck.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from pipeline.clean.label_errors.contradiction_floor import Floor, floor_of, places_by_class
from pipeline.clean.label_errors.detectors.contract import Floats, Integers, Scores
from pipeline.core.record import Target

# `_FEWEST` is a guess, checked by benchmarks/noise_coverage.py.
_FEWEST = 300  # records, and of those that models take for another class, a sixth: below, no floor shows
# `_SLIPS_LOW`, `_SLIPS_UNEVEN`, `_SLIPS_HIGH`: set with benchmarks/noise_coverage.py.
_SLIPS_LOW, _SLIPS_UNEVEN, _SLIPS_HIGH = 0.12, 0.4, 0.03  # parts of the contradictions beyond the floor
# `_ALWAYS`, `_RELATIVE`: set with benchmarks/noise_coverage.py.
_ALWAYS, _RELATIVE = 0.005, 0.02  # by which both ends are widened too, the second a part of the figure
#: An interval tells nothing where it is wider than both, the second a part of the figure, or than the third.
#: Set with benchmarks/noise_coverage.py, on draws of another seed than it reports.
_WIDEST, _WIDEST_PART, _WIDEST_EVER = 0.1, 0.5, 0.15
# `_UNEVEN` is a guess, checked by benchmarks/noise_coverage.py.
_UNEVEN = 0.7  # share of the largest class from which on models must know better than chance by half
# `_KNOWING` is a guess, checked by benchmarks/noise_coverage.py.
_KNOWING = 0.5  # contradictions, as part of those at random: below, models know what they speak of
# `_LOST`, `_TOLD_CLASSES`: set with benchmarks/noise_coverage.py, on draws of another seed than it reports.
_LOST = 0.76  # contradictions, as part of those at random: above, models know too little for any figure
_TOLD_CLASSES = 0.5  # share of the classes that must have a figure: fewer had theirs by luck, and too low


class Share(NamedTuple):
    """An estimated share of wrong targets, and the ends of its 90 % interval."""

    value: float
    low: float
    high: float

    def as_notes(self) -> dict[str, float]:
        """For report.json."""
        return {name: round(one, 4) for name, one in self._asdict().items()}


@dataclass(frozen=True)
class LabelNoise:
    """The estimate for all targets, and by class code; None, and `why`, where this data cannot tell."""

    share: Share | None
    by_class: Mapping[int, Share | None] = field(default_factory=dict)
    why: str = ""

    @property
    def wrong(self) -> float:
        """The estimated share; 0 where the data cannot tell."""
        return self.share.value if self.share else 0.0


def label_noise(scores: Scores, given: Sequence[Target], strata: Integers) -> LabelNoise:
    """The estimate from out-of-fold scores of the targets `given`, of classes `strata` (all 0: of none)."""
    if len(strata) < _FEWEST:
        return LabelNoise(None, why=f"{len(strata)} scored records, fewer than {_FEWEST}")
    classes = int(strata.max()) + 1
    predicted = _predicted(scores, given, strata)
    contradicted = float(scores.differs.mean())
    top, by_chance = _of_chance(strata) if classes > 1 else (0.0, 0.5)
    knows = contradicted < _KNOWING * by_chance
    if top > _UNEVEN and not knows:
        return LabelNoise(
            None, why=f"the largest class has {top:.0%} of the records, and models hardly tell the others"
        )
    places = places_by_class(scores.clarity, predicted)
    floor = floor_of(scores.differs, places, classes if classes > 1 else None, knows)
    share = _telling(_widened(floor, contradicted, top, len(strata)))
    if share is None or share.low > contradicted or (classes > 1 and contradicted > _LOST * by_chance):
        return LabelNoise(None, why="models that never saw a record contradict its target too often to tell who errs")
    return LabelNoise(share, _by_class(strata, predicted, places, knows, top) if classes > 1 else {})


def _of_chance(strata: Integers) -> tuple[float, float]:
    """The share of the largest class, and the share of targets that targets drawn at random would contradict."""
    shares = np.bincount(strata) / len(strata)
    return float(shares.max()), 1 - float((shares**2).sum())


def _by_class(
    strata: Integers, predicted: Integers, places: Floats, knows: bool, top: float
) -> dict[int, Share | None]:
    """The estimate of each class, where `_TOLD_CLASSES` of them have one; else None for all."""
    codes = range(int(strata.max()) + 1)
    shares = {code: _of_class(strata == code, predicted != code, places, knows, top) for code in codes}
    told = sum(found is not None for found in shares.values())
    return shares if told >= _TOLD_CLASSES * len(shares) else dict.fromkeys(shares)


def _predicted(scores: Scores, given: Sequence[Target], strata: Integers) -> Integers:
    """The code of the class that is likeliest for each record; all 0 where targets have no classes."""
    if not strata.any():
        return np.zeros(len(strata), np.int64)
    codes = {str(target): int(code) for target, code in zip(given, strata, strict=True)}
    return np.array([codes[str(target)] for target in scores.suggested], np.int64)


def _of_class(mine: Integers, others: Integers, places: Floats, knows: bool, top: float) -> Share | None:
    """Of the targets of one class those that belong elsewhere: their share among records of other classes, scaled."""
    if others.sum() < _FEWEST / 6 or not mine.any():
        return None
    event = mine[others].astype(bool)
    value, low, high = _widened(floor_of(event, places[others], None, knows), float(event.mean()), top, len(event))
    size, taken, left = float(mine.mean()), float(others.mean()), 1 - float(mine.mean())
    scaled = Share(value * taken, low * min(taken, left), high * max(taken, left))
    return _telling(Share(*(min(1.0, one / size) for one in scaled)))


def _widened(floor: Floor, contradicted: float, top: float, count: int) -> Share:
    slips = max(0.0, contradicted - floor.value)
    drawn = math.sqrt(floor.value * (1 - floor.value) / count)  # a draw's standard error
    always = _ALWAYS + _RELATIVE * floor.value + drawn
    low = floor.low - (_SLIPS_LOW + _SLIPS_UNEVEN * max(0.0, top - 0.5)) * slips - always
    return Share(floor.value, max(0.0, low), min(1.0, floor.high + _SLIPS_HIGH * slips + always))


def _telling(share: Share) -> Share | None:
    widest = min(_WIDEST_EVER, max(_WIDEST, _WIDEST_PART * share.value))
    return share if share.high - share.low <= widest else None


def rises_with(noise: LabelNoise, copies: Mapping[str, tuple[Share | None, float]]) -> LabelNoise:
    """The estimate, if that of each copy, with a share of planted errors, rose as it must; else that it cannot tell."""
    if noise.share is None:
        return noise
    for name, (found, planted) in sorted(copies.items()):
        low, high = (one + (1 - one) * planted for one in (noise.share.low, noise.share.high))
        if found is not None and (found.high < low or found.low > high):
            seen = f"{found.low:.1%} to {found.high:.1%} where {low:.1%} to {high:.1%} were due"
            return LabelNoise(None, why=f"with planted errors ({name}) the estimate came to {seen}")
    return noise


def noise_notes(
    noise: LabelNoise, scores: Scores, given: Sequence[Target], strata: Integers
) -> dict[str, dict[str, object]]:
    """For report.json: `label_noise`, the one estimate that report, verdict, quality scores and setting aside go by.

    `share` and each class's are None where the data cannot tell; `suspected` counts targets that another is likelier
    for, the models' own errors among them; `mostly` is what they are taken for most often.
    """
    classes = {}
    for code in noise.by_class or (np.unique(strata).tolist() if strata.any() else ()):
        mine = np.flatnonzero(strata == code)
        wrong = mine[scores.differs[mine]]
        others = Counter(str(scores.suggested[n]) for n in wrong.tolist())
        found = noise.by_class.get(code)
        classes[str(given[mine[0]])] = {
            "records": len(mine),
            "suspected": len(wrong),
            "share": found.as_notes() if found else None,
            "mostly": min(others, key=lambda name: (-others[name], name)) if others else None,
        }
    overall: dict[str, object] = {
        "records": len(strata),
        "suspected": int(scores.differs.sum()),
        "share": noise.share.as_notes() if noise.share else None,
        "cannot_tell": noise.why,
        "classes": classes,
    }
    return {"label_noise": overall}
