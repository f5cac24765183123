"""What the metrics make of a set of predictions, whatever the task type."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.core.record import Record
from pipeline.modeling.prediction import Prediction
from pipeline.stats.numbers import Metric


@dataclass(frozen=True)
class Evaluation:
    """Metrics as functions of row weights, and what is shown row by row.

    `headline` names the metric that slices, baselines and robustness rest on.
    `wrongness` ranks errors: larger is worse, None is not an error.
    `confusion` and `reliability` are the rows of the two plot files.
    """

    metrics: Mapping[str, Metric]
    headline: str
    correct: list[bool | None]
    wrongness: list[float | None]
    confusion: list[tuple[str, str]]
    reliability: list[dict[str, Any]]
    lower_is_better: frozenset[str] = frozenset()
    details: dict[str, Any] = field(default_factory=dict)

    def sign(self) -> int:
        """Times this, the headline metric is the better the higher it is."""
        return -1 if self.headline in self.lower_is_better else 1


#: Records and their predictions -> their evaluation by the task's metrics.
ComputeMetrics = Callable[[Sequence[Record], Sequence[Prediction]], Evaluation]
