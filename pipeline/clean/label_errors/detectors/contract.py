"""What a judge offers: everything about finding wrong targets that depends on the task type.

A judge says of each target what models that never saw the record's group think of it, and can plant the errors
that such targets have, so that the caller can measure how well that went.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np

from pipeline.core.record import Record, Target
from pipeline.core.settings import Task
from pipeline.modeling.models import Model

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Integers = NDArray[np.int64]


class Verdict(NamedTuple):
    """What is said of one target.

    `evidence`: log odds for it against `suggested`, the best other one; below 0 the other is likelier. `suggested` may
    be None where nothing better is known. `detail` says where the two differ.
    """

    evidence: float
    suggested: Target
    detail: str = ""

    @property
    def quality(self) -> float:
        """How likely the given target is if one of the two is right."""
        return float(1 / (1 + np.exp(-np.clip(self.evidence, -500, 500))))

    @property
    def confidence(self) -> float:
        """How likely `suggested` is if one of the two is right."""
        return float(1 / (1 + np.exp(np.clip(self.evidence, -500, 500))))


#: Recipe -> the verdict on each row. Which recipe ranks best differs from data to data, so the caller measures it.
Said = Mapping[str, list[Verdict]]


class Judge(Protocol):
    """One module per kind of target in this folder."""

    def usable(self, record: Record, task: Task) -> bool:
        """Whether the record's target can be judged at all."""

    def look(self, records: Sequence[Record], task: Task, encoder: Model, known: int) -> Any:
        """What does not depend on targets: features of each record. The first `known` alone may set weights."""

    def ask(self, seen: Any, rows: Integers, targets: Sequence[Target], folds: Integers, task: Task) -> Said:
        """Verdicts on `targets` of `rows` (numbers of the records looked at), by models of the other folds.

        Rows of fold -1 are judged by a model of all others and never fitted on.
        """

    def plant(self, records: Sequence[Record], task: Task, rate: float, seed: str) -> list[tuple[str, Target] | None]:
        """For a share `rate` of the records the kind of a planted error and the wrong target; None for the others."""

    def same(self, a: Target, b: Target, task: Task) -> bool:
        """Whether two targets count as equal."""


def rounds(folds: Integers) -> Iterator[tuple[Integers, Integers]]:
    """For each fold the rows to fit on and the rows to judge."""
    for fold in np.unique(folds):
        yield np.flatnonzero((folds >= 0) & (folds != fold)), np.flatnonzero(folds == fold)
