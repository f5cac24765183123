"""Parts of the test split on which the model does worse than on the whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.core.record import META, Record
from pipeline.core.settings import Task
from pipeline.evaluate.evaluation import Evaluation
from pipeline.evaluate.lengths import bucket
from pipeline.evaluate.params import Params
from pipeline.stats.bootstrap import Estimate, difference, estimate, masked
from pipeline.stats.intervals import holm
from pipeline.stats.numbers import Metric, rounded
from pipeline.stats.paired_gain import verdict
from pipeline.tasks import task_type

#: A `meta` of more values names records (a title, a page), it does not group them. A guess: not measured.
_MOST_VALUES = 20


def attributes(records: Sequence[Record], task: Task, params: Params) -> dict[str, list[str]]:
    """What the test split is cut by: one value a record for each attribute."""
    kind = task_type(task)
    of: dict[str, Callable[[Record], str]] = {
        "source": lambda record: record.source.name,
        "language": lambda record: record.lang,
        "length": lambda record: bucket(kind.main_text(record), params.length_edges),
        "label_by": lambda record: record.labels_by.who if record.labels_by else "(none)",
        "class": lambda record: kind.stratum(record) or "(none)",
    }
    cuts = {name: [value(record) for record in records] for name, value in of.items()} | _meta(records)
    return {name: values for name, values in cuts.items() if len(set(values)) > 1}


def _meta(records: Sequence[Record]) -> dict[str, list[str]]:
    """What is known of the records by name (tags, product, author), where it has few enough values to be slices."""
    names = sorted({name for record in records for name in record.meta})
    cuts = {META + name: [record.meta.get(name, "(none)") for record in records] for name in names}
    return {name: values for name, values in cuts.items() if len(set(values)) <= _MOST_VALUES}


def _masks(cuts: Mapping[str, Sequence[str]]) -> dict[tuple[str, str], NDArray[np.bool_]]:
    """(attribute, value) -> which rows have it."""
    return {
        (name, value): np.array([v == value for v in values])
        for name, values in cuts.items()
        for value in sorted(set(values))
    }


def slices(records: Sequence[Record], evaluation: Evaluation, task: Task, params: Params) -> list[dict[str, object]]:
    """One entry a slice: attribute, value, n, the headline metric with interval, and `worse`.

    `worse` says that the slice lies below the whole by more than chance: a paired bootstrap of the
    difference, Holm-corrected over all slices of at least `min_slice_rows` rows.
    """
    metric = evaluation.metrics[evaluation.headline]
    masks = _masks(attributes(records, task, params))
    figures = {f"{name}={value}": masked(metric, mask) for (name, value), mask in masks.items()}
    gaps: Mapping[str, Metric] = {f"gap {key}": difference(figure, metric) for key, figure in figures.items()}
    found = estimate({**figures, **gaps}, len(records), params.resamples, params.seed, params.confidence_level)
    large = [key for key, mask in masks.items() if mask.sum() >= params.min_slice_rows]
    adjusted = dict(zip(large, holm([found[f"gap {name}={value}"].p for name, value in large]), strict=True))
    lower = evaluation.headline in evaluation.lower_is_better
    return [_entry(key, int(mask.sum()), found, adjusted.get(key), lower, params.alpha) for key, mask in masks.items()]


def _entry(
    key: tuple[str, str], n: int, found: Mapping[str, Estimate], p: float | None, lower_is_better: bool, alpha: float
) -> dict[str, object]:
    name, value = key
    gap = found[f"gap {name}={value}"]
    return {
        "attribute": name,
        "slice": value,
        "n": n,
        **found[f"{name}={value}"].as_dict(),
        "difference": gap.as_dict(),
        "p": None if p is None else rounded(p),
        "worse": p is not None and verdict(gap, p, alpha, lower_is_better) == "hurt",
    }
