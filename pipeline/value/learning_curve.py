"""What more data would bring: models trained on growing shares of the final training data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from pipeline.core.record import share
from pipeline.stats.bootstrap import summarise
from pipeline.stats.numbers import Floats
from pipeline.stats.paired_gain import Draws, draw
from pipeline.value.linear_probe import Trial
from pipeline.value.params import Params
from pipeline.value.variants import Example
from pipeline.value.verdict import over_seeds

#: Shares of the source records that the learning curve is drawn from; the whole is already known.
#: A guess: not measured.
SHARES = (0.125, 0.25, 0.5)


def learning_curve(
    examples: Sequence[Example], whole: Draws, trial: Trial, rows: int, params: Params
) -> dict[str, object]:
    """The score at growing shares of the source records, and what twice as many would bring.

    `doubled` is the gain, whose interval is narrow since the test rows are the same; `forecast` is the score, with the
    uncertainty that the measured ones have too.

    The error is taken to fall as a power of the number of records (Hestness et al. 2017,
    https://arxiv.org/abs/1712.00409): a line through the logarithms, fitted to each bootstrap draw.
    """
    roots = sorted({example.root for example in examples}, key=lambda root: share("curve", root))
    points: list[tuple[int, Draws]] = []
    for part in SHARES:
        chosen = set(roots[: round(part * len(roots))])
        subset = [example for example in examples if example.root in chosen]
        if len({example.label for example in subset}) >= 2:
            points.append((len(chosen), draw(trial(subset), rows, params.resamples, params.seed)[params.metric]))
    points.append((len(roots), whole))
    curve = [{"records": count, **over_seeds(drawn, params).as_dict()} for count, drawn in points]
    if len(points) < 3:
        return {"points": curve}
    sizes = np.log([count for count, _ in points])
    scores = np.stack([drawn.draws.mean(axis=1) for _, drawn in points])
    gains = _gain_of_doubling(sizes, scores)
    value = _gain_of_doubling(sizes, np.array([[drawn.value] for _, drawn in points]))[0]
    doubled = summarise(float(value), gains, params.confidence_level)
    return {
        "points": curve,
        "doubled": doubled.as_dict(),
        "forecast": summarise(whole.value + float(value), scores[-1] + gains, params.confidence_level).as_dict(),
        "sentence": _about_doubling(len(roots), doubled.as_dict(), params),
    }


def _gain_of_doubling(sizes: Floats, scores: Floats) -> Floats:
    """What the fitted line says twice the largest size would add, per column of `scores` (points, draws)."""
    errors = np.log(np.maximum(1 - scores, 1e-6))
    middle = sizes - sizes.mean()
    slope = middle @ (errors - errors.mean(axis=0)) / (middle @ middle)
    last = errors.mean(axis=0) + slope * middle[-1]
    return np.asarray(np.exp(last) - np.exp(last + slope * np.log(2)), np.float64)


def _about_doubling(records: int, gain: Mapping[str, float], params: Params) -> str:
    return (
        f"Twice the {records:,} records of the same kind would bring about {gain['value']:+.3f} "
        f"{params.metric.replace('_', ' ')} (interval {gain['low']:+.3f} to {gain['high']:+.3f}), "
        "if the curve goes on as it began."
    )
