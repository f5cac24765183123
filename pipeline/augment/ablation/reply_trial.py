"""Paired training runs for tasks whose target is a free text: the top layer of `models.generator`, measured by loss.

A linear model has no use for replies. This is slow beside it (a row costs half a second once, and a fifth in each run,
on one core and for 135 million parameters), so it takes few rows and one layer, and shows large gains only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipeline.augment.ablation.trial import draw, score
from pipeline.augment.params import AblationSettings
from pipeline.augment.replies import as_messages
from pipeline.core.errors import PipelineError
from pipeline.core.record import Record, Reject, share
from pipeline.core.settings import Task
from pipeline.modeling.lm.top_layers import Lower, top_layers
from pipeline.modeling.models import Model
from pipeline.stats.bootstrap import ratio_of
from pipeline.stats.numbers import Metric
from pipeline.tasks.texts import target_text

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Times that a run sees as many rows as its draw has, with or without children. A guess: not measured.
PASSES = 1
#: Layers that learn, and tokens to which a conversation is cut. Guesses: not measured.
LAYERS, MAX_TOKENS = 1, 128


@dataclass(frozen=True)
class ReplyRun:
    """One seed: losses and reply tokens of the held-out items after each variant's training, each (items, 2)."""

    size: int
    losses: dict[str, NDArray[np.float64]]

    def metric(self, name: str) -> Metric:
        """Minus the mean loss per reply token, in nats."""
        nats, tokens = self.losses[name].T
        return ratio_of(-nats, tokens)


@dataclass(frozen=True)
class _Seed:
    """One draw: what is trained on, what is held out, and the losses so far."""

    number: int
    part: Sequence[Record]
    held_out: Sequence[Lower]
    run: ReplyRun


def _of_split(records: Sequence[Record], split: str) -> list[Record]:
    return [record for record in records if record.split == split]


class ReplyTrials:
    """`Trials` of the top layer of `model`. Every variant takes equally many steps: more rows alone are no gain."""

    measure = "minus held-out loss per reply token"

    def __init__(self, records: Sequence[Record], model: Model, settings: AblationSettings, task: Task) -> None:
        self._task = task
        self._seeds: list[_Seed] = []
        self.problem, self.paired = "", False
        try:
            self._top = top_layers(model, LAYERS, MAX_TOKENS)
        except PipelineError as error:
            self.problem = f"{error.message} {error.hint}"
            return
        train = _of_split(records, "train")
        dev = _some(_of_split(records, "dev"), settings.max_reply_rows)
        self.paired = len(dev) >= min(settings.min_held_out_rows, settings.max_reply_rows // 2)
        for number in range(settings.seeds):
            part, rest = draw(train, number, settings.max_reply_rows)
            held_out = self._lower(dev if self.paired else _some(rest, settings.max_reply_rows))
            if not held_out or not self._lower(part):
                self.problem = "too few replies to measure a gain; set augment.keep: always to keep the examples"
                return
            self._seeds.append(_Seed(number, part, held_out, ReplyRun(len(held_out), {})))
        self.runs("none", [])

    @property
    def notes(self) -> Mapping[str, object]:
        """Where and how well the model did without augmented examples, and before any training."""
        runs = [seed.run for seed in self._seeds]
        return {
            "evaluated_on": "dev split" if self.paired else "train groups left out by the seed",
            "train_rows": [len(seed.part) for seed in self._seeds],
            "held_out_rows": [run.size for run in runs],
            "seeds": len(runs),
            "loss_none": round(-float(np.mean([score(run, "none") for run in runs])), 4),
        }

    def runs(self, name: str, more: Sequence[tuple[Record, Record]]) -> list[ReplyRun]:
        """See `Trials`."""
        for seed in self._seeds:
            present = {record.id for record in seed.part}
            own = self._lower(seed.part)
            added = self._lower([record for parent, record in more if parent.id in present])
            self._top.train([*own, *added], seed.number, PASSES * len(own))
            seed.run.losses[name] = self._top.losses(seed.held_out)
        return [seed.run for seed in self._seeds]

    def _lower(self, records: Sequence[Record]) -> list[Lower]:
        """What the lower layers give, without records that the model's template refuses or that show no reply token."""
        found = []
        for record in records:
            messages = [*as_messages(record, self._task), {"role": "assistant", "content": target_text(record.target)}]
            with suppress(Reject):
                found.append(self._top.lower(messages))
        return [item for item in found if item.replies]


def _some(records: Sequence[Record], number: int) -> list[Record]:
    """At most so many, by a draw of their ids."""
    chosen = {r.id for r in sorted(records, key=lambda r: (share("reply trial", r.id), r.id))[:number]}
    return [record for record in records if record.id in chosen]
