"""Paired training runs on train rows and what is added to them: here those of a linear model, judged by macro-F1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from pipeline.augment.params import WorthSettings
from pipeline.augment.text_features import TextFeatures
from pipeline.core.record import Record, share
from pipeline.core.settings import Task
from pipeline.modeling.features import linear
from pipeline.tasks import task_type

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Labels = NDArray[np.int64]

#: Folds of the train groups: every row is left out by one of so many seeds.
FOLDS = 5
#: Inverse regularisation tried for training without children (scikit-learn's C), the first where nothing is tried.
_STRENGTHS = (1.0, 10.0, 100.0)
#: Rows of the runs in which it is chosen: enough to tell them apart, and quick.
_FEW_ROWS = 2000


class Run(Protocol):
    """One seed: how well each variant does on the held-out items."""

    @property
    def size(self) -> int:
        """Number of held-out items."""

    def score(self, name: str, weights: Any = None) -> float:
        """Of the variant `name`, more is better; `weights` counts each item so many times."""


class Trials(Protocol):
    """All seeds' runs. `problem` says why nothing can be measured; `notes` is for report.json."""

    problem: str
    measure: str  # what `score` is, in words
    paired: bool  # all runs judge the same items

    @property
    def notes(self) -> Mapping[str, Any]:
        """Where and how well the model without children was judged."""

    def runs(self, name: str, more: Sequence[tuple[Record, Record]]) -> Sequence[Run]:
        """All seeds' runs, with a variant called `name` trained with what their rows bring along.

        `more` are pairs of a train record and the record that is added where it is drawn. The variant `none` is there
        from the start.
        """


@dataclass(frozen=True)
class LabelRun:
    """One seed: truth of the held-out items, and each variant's predictions for them."""

    truth: Labels
    predicted: dict[str, Labels]

    @property
    def size(self) -> int:
        """Number of held-out items."""
        return len(self.truth)

    def score(self, name: str, weights: Any = None) -> float:
        """Macro-F1."""
        return macro_f1(self.truth, self.predicted[name], weights)


@dataclass(frozen=True)
class _Fold:
    """What is trained on, and which of the judged items the model then predicts."""

    part: Sequence[Record]
    items: Labels


class LabelTrials:
    """`Trials` of a linear model, for tasks with classes.

    A seed judges all dev items after training on a draw of the train rows, or, where the dev split is small, all train
    rows by cross-validation: few rows tell little, so each must count in every run.
    """

    measure = "macro-F1"

    def __init__(self, records: Sequence[Record], features: TextFeatures, settings: WorthSettings, task: Task) -> None:
        self._features, self._kind = features, task_type(task)
        train = [record for record in records if record.split == "train"]
        dev = [record for record in records if record.split == "dev"]
        self._dev_judges = len(dev) >= settings.min_held_out
        self.paired = True
        self.problem = ""
        self._strength = _STRENGTHS[0]
        judged = dev if self._dev_judges else train
        self._names = sorted({self._label(record) for record in records})
        few = min(settings.max_rows, _FEW_ROWS)
        self._seeds = [self._folds(train, judged, seed, few) for seed in range(settings.seeds)]
        if not judged or any(len({self._label(r) for r in f.part}) < 2 for folds in self._seeds for f in folds):
            self.problem = "too few labelled records to measure a gain; set augment.keep: always to keep children"
            return
        self._inputs = features.rows([self._kind.main_text(record) for record in judged])
        truth = np.searchsorted(self._names, [self._label(record) for record in judged])
        self._runs = [LabelRun(truth, {}) for _ in self._seeds]
        self._tune()
        self._seeds = [self._folds(train, judged, seed, settings.max_rows) for seed in range(settings.seeds)]
        self.runs("none", [])

    @property
    def notes(self) -> Mapping[str, Any]:
        """Where and how well the model without children was judged."""
        return {
            "judged_on": "dev split" if self._dev_judges else "train split, by cross-validation",
            "held_out_rows": self._runs[0].size,
            "seeds": len(self._runs),
            "strength": self._strength,
            "macro_f1_none": round(float(np.mean([run.score("none") for run in self._runs])), 4),
        }

    def runs(self, name: str, more: Sequence[tuple[Record, Record]]) -> list[LabelRun]:
        """See `Trials`."""
        for folds, run in zip(self._seeds, self._runs, strict=True):
            predicted = np.zeros(run.size, np.int64)
            for fold in folds:
                present = {record.id for record in fold.part}
                added = [record for parent, record in more if parent.id in present]
                predicted[fold.items] = self._predict(fold, added)
            run.predicted[name] = predicted
        return self._runs

    def _folds(self, train: Sequence[Record], judged: Sequence[Record], seed: int, max_rows: int) -> list[_Fold]:
        if self._dev_judges:
            return [_Fold(draw(train, seed, max_rows)[0], np.arange(len(judged)))]
        place = {record.id: n for n, record in enumerate(judged)}
        draws = [draw(train, seed * FOLDS + fold, max_rows) for fold in range(FOLDS)]
        return [_Fold(part, np.array([place[record.id] for record in rest])) for part, rest in draws if rest]

    def _tune(self) -> None:
        """Give training without children the regularisation that suits it best: more rows alone are then no gain."""
        found = {}
        for self._strength in _STRENGTHS:
            found[self._strength] = np.mean([run.score("tuning") for run in self.runs("tuning", [])])
        self._strength = max(_STRENGTHS, key=lambda strength: found[strength])

    def _predict(self, fold: _Fold, more: Sequence[Record]) -> Labels:
        rows = [*fold.part, *more]
        matrix = self._features.rows([self._kind.main_text(record) for record in rows])
        # To the end: where a quick fit stops moves macro-F1 by more than children do (benchmarks/README.md).
        labels = [self._label(record) for record in rows]
        head = linear.fit(matrix, labels, self._strength, tolerance=linear.THOROUGH)
        logits = head.logits(self._inputs[fold.items])
        result: Labels = np.searchsorted(self._names, head.labels)[logits.argmax(axis=1)]
        return result

    def _label(self, record: Record) -> str:
        return str(self._kind.stratum(record))


def macro_f1(truth: Labels, predicted: Labels, weights: Any = None) -> float:
    """Mean F1 over the classes that occur in `truth`; `weights` counts each item so many times."""
    size = int(max(truth.max(), predicted.max())) + 1
    hits = np.bincount(truth[truth == predicted], None if weights is None else weights[truth == predicted], size)
    true, guessed = np.bincount(truth, weights, size), np.bincount(predicted, weights, size)
    present = true > 0
    return float((2 * hits[present] / (true[present] + guessed[present])).mean())


def draw(train: Sequence[Record], seed: int, max_rows: int) -> tuple[list[Record], list[Record]]:
    """Four fifths of the groups (about `max_rows` records at most) and the other fifth.

    Seeds 0 to 4 leave out the folds of one cross-validation, so that together they judge every row once; 5 to 9 those
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
