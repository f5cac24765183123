"""Paired training runs on train rows and what is added to them: here those of a linear model, measured by macro-F1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Protocol

import numpy as np

from pipeline.augment.params import AblationSettings
from pipeline.augment.text_features import TextFeatures
from pipeline.core.record import Record, share
from pipeline.core.settings import Task
from pipeline.modeling.features import linear
from pipeline.runtime.threads import side_by_side
from pipeline.stats.numbers import Metric
from pipeline.stats.scores import macro_f1, plain
from pipeline.tasks import task_type

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Labels = NDArray[np.int64]

#: Folds of the train groups: every row is left out by one of so many seeds. A guess: not measured.
FOLDS = 5
#: Inverse regularisation tried for training without children (scikit-learn's C), the first where nothing is tried.
#: The grid is a guess: not measured.
_C_VALUES = (1.0, 10.0, 100.0)
#: Rows of the runs in which it is chosen: enough to tell them apart, and quick. A guess: not measured.
_FEW_ROWS = 2000


class Run(Protocol):
    """One seed: how well each variant does on the held-out items."""

    @property
    def size(self) -> int:
        """Number of held-out items."""

    def metric(self, name: str) -> Metric:
        """Score of the variant `name` as a function of item weights; more is better."""


class Trials(Protocol):
    """All seeds' runs. `problem` says why nothing can be measured; `notes` is for report.json."""

    problem: str
    measure: str  # what `Run.metric` is, in words
    paired: bool  # all runs evaluate on the same items

    @property
    def notes(self) -> Mapping[str, object]:
        """Where and how well the model without augmented examples was evaluated."""

    def runs(self, name: str, more: Sequence[tuple[Record, Record]]) -> Sequence[Run]:
        """All seeds' runs, with a variant called `name` trained with what their rows bring along.

        `more` are pairs of a train record and the record that is added where it is drawn. The variant `none` is there
        from the start.
        """


def score(run: Run, name: str) -> float:
    """Of the variant `name`, every item counted once."""
    return plain(run.metric(name), run.size)


@dataclass(frozen=True)
class LabelRun:
    """One seed: truth of the held-out items, and each variant's predictions for them."""

    truth: Labels
    predicted: dict[str, Labels]

    @property
    def size(self) -> int:
        """Number of held-out items."""
        return len(self.truth)

    def metric(self, name: str) -> Metric:
        """Macro F1."""
        return macro_f1(self.truth, self.predicted[name])


@dataclass(frozen=True)
class _Fold:
    """What is trained on, and which of the held-out items the model then predicts."""

    part: Sequence[Record]
    items: Labels


class LabelTrials:
    """`Trials` of a linear model, for tasks with classes.

    A seed evaluates on all dev items after training on a draw of the train rows, or, where the dev split is small, all
    train rows by cross-validation: few rows tell little, so each must count in every run.
    """

    measure = "macro-F1"

    def __init__(
        self, records: Sequence[Record], features: TextFeatures, settings: AblationSettings, task: Task
    ) -> None:
        self._features, self._kind = features, task_type(task)
        train, dev = of_split(records, "train"), of_split(records, "dev")
        self._evaluates_on_dev = len(dev) >= settings.min_held_out_rows
        self.paired = True
        self.problem = ""
        self._c = _C_VALUES[0]
        held_out = dev if self._evaluates_on_dev else train
        self._names = sorted(set(map(self._label, records)))
        few = min(settings.max_train_rows, _FEW_ROWS)
        self._seeds = [self._folds(train, held_out, seed, few) for seed in range(settings.seeds)]
        if not held_out or any(map(self._is_of_one_class, chain.from_iterable(self._seeds))):
            self.problem = "too few labelled records to measure a gain; set augment.keep: always to keep the examples"
            return
        self._inputs = features.rows(list(map(self._kind.main_text, held_out)))
        truth = np.searchsorted(self._names, list(map(self._label, held_out)))
        self._runs = [LabelRun(truth, {}) for _ in self._seeds]
        self._tune()
        self._seeds = [self._folds(train, held_out, seed, settings.max_train_rows) for seed in range(settings.seeds)]
        self.runs("none", [])

    @property
    def notes(self) -> Mapping[str, object]:
        """Where and how well the model without augmented examples was evaluated."""
        return {
            "evaluated_on": "dev split" if self._evaluates_on_dev else "train split, by cross-validation",
            "held_out_rows": self._runs[0].size,
            "seeds": len(self._runs),
            "C": self._c,
            "macro_f1_none": round(float(np.mean([score(run, "none") for run in self._runs])), 4),
        }

    def runs(self, name: str, more: Sequence[tuple[Record, Record]]) -> list[LabelRun]:
        """See `Trials`."""

        def predicted(fold: _Fold) -> Labels:
            present = {record.id for record in fold.part}
            return self._predict(fold, [record for parent, record in more if parent.id in present])

        found = side_by_side(predicted, [fold for folds in self._seeds for fold in folds])
        for folds, run in zip(self._seeds, self._runs, strict=True):
            run.predicted[name] = np.zeros(run.size, np.int64)
            for fold in folds:
                run.predicted[name][fold.items] = next(found)
        return self._runs

    def _folds(self, train: Sequence[Record], held_out: Sequence[Record], seed: int, max_rows: int) -> list[_Fold]:
        if self._evaluates_on_dev:
            return [_Fold(draw(train, seed, max_rows)[0], np.arange(len(held_out)))]
        place = {record.id: n for n, record in enumerate(held_out)}
        draws = [draw(train, seed * FOLDS + fold, max_rows) for fold in range(FOLDS)]
        return [_Fold(part, np.array([place[record.id] for record in rest])) for part, rest in draws if rest]

    def _tune(self) -> None:
        """Give training without children the regularisation that suits it best: more rows alone are then no gain."""
        found = {}
        for self._c in _C_VALUES:
            found[self._c] = np.mean([score(run, "tuning") for run in self.runs("tuning", [])])
        self._c = max(_C_VALUES, key=lambda c: found[c])

    def _predict(self, fold: _Fold, more: Sequence[Record]) -> Labels:
        rows = [*fold.part, *more]
        matrix = self._features.rows([self._kind.main_text(record) for record in rows])
        # To the end: where a quick fit stops moves macro-F1 by more than children do (benchmarks/README.md).
        labels = [self._label(record) for record in rows]
        head = linear.fit(matrix, labels, self._c, tolerance=linear.THOROUGH)
        logits = head.logits(self._inputs[fold.items])
        result: Labels = np.searchsorted(self._names, head.labels)[logits.argmax(axis=1)]
        return result

    def _is_of_one_class(self, fold: _Fold) -> bool:
        return len(set(map(self._label, fold.part))) < 2

    def _label(self, record: Record) -> str:
        return str(self._kind.stratum(record))


def of_split(records: Sequence[Record], split: str) -> list[Record]:
    """The records of a split."""
    return [record for record in records if record.split == split]


def draw(train: Sequence[Record], seed: int, max_rows: int) -> tuple[list[Record], list[Record]]:
    """Four fifths of the groups (about `max_rows` records at most) and the other fifth.

    Seeds 0 to 4 leave out the folds of one cross-validation, so that together they cover every row once; 5 to 9 those
    of another, and so on.
    """
    repeat, fold = divmod(seed, FOLDS)
    limit = max_rows / max(len(train) * (FOLDS - 1) / FOLDS, 1)
    part, rest = [], []
    for record in train:
        group = record.group or record.id
        if int(share("augment worth", str(repeat), group) * FOLDS) == fold:
            rest.append(record)
        elif limit >= 1 or share("augment worth part", str(seed), group) < limit:
            part.append(record)
    return part, rest
