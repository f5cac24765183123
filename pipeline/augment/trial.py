"""Paired training runs on train rows and what is added to them: here those of a linear model, judged by macro-F1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from pipeline.augment.params import WorthSettings
from pipeline.augment.text_features import TextFeatures
from pipeline.modeling import linear
from pipeline.record import Record, share
from pipeline.settings import Task
from pipeline.tasks import task_type

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Labels = NDArray[np.int64]

#: Folds of the train groups: every row is left out by one of so many seeds.
FOLDS = 5
#: Inverse regularisation tried for training without children (scikit-learn's C), the first where nothing is tried.
_STRENGTHS = (1.0, 10.0, 100.0)
#: Above so many rows the first does: what regularisation hides is then small, and fits with little of it are slow.
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
    on_dev: bool  # all runs judge the same items

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
class _Seed:
    """One draw: what is trained on, what is predicted, and the predictions so far."""

    part: Sequence[Record]
    names: list[str]
    inputs: Any
    run: LabelRun


class LabelTrials:
    """`Trials` of a linear model on one draw of the train rows a seed, for tasks with classes."""

    measure = "macro-F1"

    def __init__(self, records: Sequence[Record], features: TextFeatures, settings: WorthSettings, task: Task) -> None:
        self._features, self._kind = features, task_type(task)
        train = [record for record in records if record.split == "train"]
        dev = [record for record in records if record.split == "dev"]
        self.on_dev = len(dev) >= settings.min_held_out
        self.problem = ""
        self._strength = _STRENGTHS[0]
        self._seeds: list[_Seed] = []
        for seed in range(settings.seeds):
            part, rest = draw(train, seed, settings.max_rows)
            held_out = dev if self.on_dev else rest
            if not held_out or len({self._label(record) for record in part}) < 2:
                self.problem = "too few labelled records to measure a gain; set augment.keep: always to keep children"
                return
            self._seeds.append(self._start(part, held_out))
        if max(len(seed.part) for seed in self._seeds) <= _FEW_ROWS:
            self._tune()
        for one in self._seeds:
            one.run.predicted["none"] = self._predict(one, [])

    @property
    def notes(self) -> Mapping[str, Any]:
        """Where and how well the model without children was judged."""
        runs = [seed.run for seed in self._seeds]
        return {
            "judged_on": "dev split" if self.on_dev else "train groups left out by the seed",
            "held_out_rows": [len(run.truth) for run in runs],
            "seeds": len(runs),
            "strength": self._strength,
            "macro_f1_none": round(float(np.mean([run.score("none") for run in runs])), 4),
        }

    def runs(self, name: str, more: Sequence[tuple[Record, Record]]) -> list[LabelRun]:
        """See `Trials`."""
        for seed in self._seeds:
            present = {record.id for record in seed.part}
            added = [record for parent, record in more if parent.id in present]
            seed.run.predicted[name] = self._predict(seed, added)
        return [seed.run for seed in self._seeds]

    def _start(self, part: Sequence[Record], held_out: Sequence[Record]) -> _Seed:
        names = sorted({self._label(record) for record in [*part, *held_out]})
        inputs = self._features.rows([self._kind.main_text(record) for record in held_out])
        truth = np.searchsorted(names, [self._label(record) for record in held_out])
        return _Seed(part, names, inputs, LabelRun(truth, {}))

    def _tune(self) -> None:
        """Give training without children the regularisation that suits it best: more rows alone are then no gain."""
        found = {}
        for self._strength in _STRENGTHS:
            found[self._strength] = np.mean([macro_f1(s.run.truth, self._predict(s, [])) for s in self._seeds])
        self._strength = max(_STRENGTHS, key=lambda strength: found[strength])

    def _predict(self, seed: _Seed, more: Sequence[Record]) -> Labels:
        rows = [*seed.part, *more]
        matrix = self._features.rows([self._kind.main_text(record) for record in rows])
        head = linear.fit(matrix, [self._label(record) for record in rows], self._strength)
        return np.searchsorted(seed.names, head.labels)[head.logits(seed.inputs).argmax(axis=1)]

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
