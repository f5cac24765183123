"""Is the test split as hard as the data? The model's score on dev beside its score on test.

A test split of labels that sources vouch for is easier than the data: those are the clear ones. Dev is drawn from all
labelled records, so the score there is what to expect of the data; labels that are wrong there count against the
model, and choosing the model by dev counts for it, mostly by less than the interval.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from pipeline.core.record import Record, share
from pipeline.core.settings import Task
from pipeline.evaluate.dataset import to_row
from pipeline.evaluate.evaluation import ComputeMetrics, Evaluation
from pipeline.evaluate.params import Params
from pipeline.modeling.prediction import Predictor
from pipeline.stats.bootstrap import estimate
from pipeline.stats.numbers import rounded

#: Dev records below which the two scores are not held against each other. A guess: not measured.
_FEWEST = 10


def representativeness(
    dev: Sequence[Record],
    test: tuple[Evaluation, int],
    predictor: Predictor,
    compute_metrics: ComputeMetrics,
    task: Task,
    params: Params,
) -> dict[str, object]:
    """The headline metric on test and on at most `dev_rows` dev records, and test minus dev; empty with too few.

    `test` is the evaluation of the test split and the number of its rows. The interval of the difference of two
    independent samples is made from theirs (MOVER: Zou and Donner 2008, https://doi.org/10.1002/sim.3095).
    """
    drawn = sorted(dev, key=lambda record: share("representativeness", record.id))[: params.dev_rows]
    if len(drawn) < _FEWEST:
        return {}
    predictions = predictor.predict([to_row(record, task) for record in drawn])
    pairs = [(record, p) for record, p in zip(drawn, predictions, strict=True) if not p.refused]
    if len(pairs) < _FEWEST:
        return {}
    evaluation, rows = test
    name = evaluation.headline
    beside = compute_metrics([record for record, _ in pairs], [p for _, p in pairs])
    if name not in beside.metrics:
        return {}
    ours, theirs = _headline(evaluation, name, rows, params), _headline(beside, name, len(pairs), params)
    return {
        "metric": name,
        "lower_is_better": name in evaluation.lower_is_better,
        "test": ours,
        "dev": theirs,
        "dev_rows": len(pairs),
        "test_minus_dev": independent_difference(ours, theirs),
    }


def _headline(evaluation: Evaluation, name: str, rows: int, params: Params) -> dict[str, float]:
    metrics = {name: evaluation.metrics[name]}
    return estimate(metrics, rows, params.resamples, params.seed, params.confidence_level)[name].as_dict()


def independent_difference(one: Mapping[str, float], other: Mapping[str, float]) -> dict[str, float]:
    """`one` minus `other` with an interval, from the intervals of two independent figures.

    >>> independent_difference({"value": 0.8, "low": 0.76, "high": 0.84}, {"value": 0.7, "low": 0.67, "high": 0.73})
    {'value': 0.1, 'low': 0.05, 'high': 0.15}
    """
    gap = one["value"] - other["value"]
    below = math.hypot(one["value"] - one["low"], other["high"] - other["value"])
    above = math.hypot(one["high"] - one["value"], other["value"] - other["low"])
    return {"value": rounded(gap), "low": rounded(gap - below), "high": rounded(gap + above)}
