"""Paired training runs of a linear model on train rows and what is added to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

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

#: Inverse regularisation tried for training without children (scikit-learn's C), the first where nothing is tried.
_STRENGTHS = (1.0, 10.0, 100.0)
#: Above so many rows the first does: what regularisation hides is then small, and fits with little of it are slow.
_FEW_ROWS = 2000


@dataclass(frozen=True)
class Run:
    """One seed: truth of the held-out items, and each variant's predictions for them."""

    truth: Labels
    predicted: dict[str, Labels]


@dataclass(frozen=True)
class _Seed:
    """One draw: what is trained on, what is predicted, and the predictions so far."""

    part: Sequence[Record]
    names: list[str]
    inputs: Any
    run: Run


class Trials:
    """One draw of the train rows a seed. `problem` says why nothing can be measured; `notes` is for report.json."""

    def __init__(self, records: Sequence[Record], features: TextFeatures, settings: WorthSettings, task: Task) -> None:
        self._features, self._kind = features, task_type(task)
        train = [record for record in records if record.split == "train"]
        dev = [record for record in records if record.split == "dev"]
        self.on_dev = len(dev) >= settings.min_held_out
        self.problem = ""
        self._strength = _STRENGTHS[0]
        self._seeds: list[_Seed] = []
        for seed in range(settings.seeds):
            part, rest = _draw(train, seed, settings.max_rows)
            held_out = dev if self.on_dev else rest
            if not held_out or len({self._label(record) for record in part}) < 2:
                self.problem = "too few labelled records to measure a gain; set augment.keep: always to keep children"
                return
            self._seeds.append(self._start(part, held_out))

    @property
    def notes(self) -> Mapping[str, Any]:
        """Where and how well the model without children was judged."""
        runs = [seed.run for seed in self._seeds]
        return {
            "judged_on": "dev split" if self.on_dev else "train groups left out by the seed",
            "held_out_rows": [len(run.truth) for run in runs],
            "seeds": len(runs),
            "strength": self._strength,
            "macro_f1_none": round(float(np.mean([macro_f1(run.truth, run.predicted["none"]) for run in runs])), 4),
        }

    def runs(self, name: str, more: Sequence[tuple[Record, Record]]) -> list[Run]:
        """All seeds' runs, with predictions called `name` after training with what their rows bring along.

        `more` are pairs of a train record and the record that is added where it is drawn.
        """
        for seed in self._seeds:
            present = {record.id for record in seed.part}
            added = [record for parent, record in more if parent.id in present]
            seed.run.predicted[name] = self._predict(seed, added)
        return [seed.run for seed in self._seeds]

    def _start(self, part: Sequence[Record], held_out: Sequence[Record]) -> _Seed:
        names = sorted({self._label(record) for record in [*part, *held_out]})
        inputs = self._features.rows([self._kind.main_text(record) for record in held_out])
        truth = np.searchsorted(names, [self._label(record) for record in held_out])
        seed = _Seed(part, names, inputs, Run(truth, {}))
        if not self._seeds and len(part) <= _FEW_ROWS:
            self._tune(seed)
        seed.run.predicted["none"] = self._predict(seed, [])
        return seed

    def _tune(self, seed: _Seed) -> None:
        """Give training without children its best regularisation, so that more rows alone are no gain."""
        found = {}
        for self._strength in _STRENGTHS:
            found[self._strength] = macro_f1(seed.run.truth, self._predict(seed, []))
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


def _draw(train: Sequence[Record], seed: int, max_rows: int) -> tuple[list[Record], list[Record]]:
    """Four fifths of the groups (at most `max_rows` records) and the other fifth."""
    place = [share("augment worth", str(seed), record.group or record.id) for record in train]
    limit = min(0.8, max_rows / max(len(train), 1))
    part = [record for record, value in zip(train, place, strict=True) if value < limit]
    rest = [record for record, value in zip(train, place, strict=True) if value >= 0.8]
    return part, rest
