"""One fine-tuning run: transformers' Trainer with our loss, optimiser, sampler and dev judgement."""

from __future__ import annotations

import logging
import math
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.modeling.heads.contract import Collate, Example, Head, Judgement
from pipeline.modeling.heads.running import quiet
from pipeline.modeling.losses import loss_function
from pipeline.modeling.recipe import Recipe

log = logging.getLogger("pipeline")


@dataclass(frozen=True)
class Run:
    """What a finished run leaves: the best model's judgement, where it was, and the course of the losses."""

    best: Judgement
    best_step: int
    before: Judgement
    steps: int
    history: list[dict[str, float]] = field(default_factory=list)


@dataclass(frozen=True)
class Job:
    """The parts of a run. `checkpoints` is a folder of its own for equal data, settings and base model."""

    model: Any
    head: Head
    train: Sequence[Example]
    dev: Sequence[Example]
    collate: Collate
    recipe: Recipe
    checkpoints: Path
    class_weights: Any = None

    def loss(self) -> Callable[..., Any]:
        """The head's own loss, or cross-entropy."""
        own = getattr(self.head, "loss", None)
        if own is not None:
            return own(self.model, self.class_weights, self.recipe.label_smoothing)
        return loss_function(self.class_weights, self.recipe.label_smoothing)

    def judge(self) -> Judgement:
        """The model as it stands, on dev."""
        return self.head.judge(self.model, self.dev, self.collate, 2 * self.recipe.batch)


def seed_everything(seed: int) -> None:
    """Equal seeds give equal weights on one machine."""
    from transformers import set_seed

    quiet()
    set_seed(seed)


def fit(job: Job, stop_after: int | None = None) -> Run:
    """Train `job.model` in place to its best state on dev.

    Goes on from the newest checkpoint of an interrupted run and removes the checkpoints at the end.
    `stop_after` steps simulates the interruption, for tests.
    """
    from pipeline.modeling.trainer import make_trainer

    before = job.judge()
    steps = total_steps(len(job.train), job.recipe)
    if steps == 0:
        return Run(before, 0, before, 0, _history([], before))
    initial = {name: p.detach().clone() for name, p in job.model.named_parameters() if p.requires_grad}
    trainer = make_trainer(job, steps, stop_after)
    trainer.train(resume_from_checkpoint=_newest(job.checkpoints))
    if stop_after is not None:
        return Run(before, 0, before, steps)
    best_step = int(trainer.state.best_global_step or 0)
    if not _is_better(job.head, trainer.state.best_metric, before):
        _restore(job.model, initial)
        best_step = 0
    history = _history(trainer.state.log_history, before)
    shutil.rmtree(job.checkpoints, ignore_errors=True)
    return Run(job.judge(), best_step, before, int(trainer.state.global_step), history)


def total_steps(examples: int, recipe: Recipe) -> int:
    """Optimiser steps of a whole run."""
    batches = math.ceil(examples / recipe.batch)
    return math.ceil(recipe.epochs * math.ceil(batches / recipe.accumulate))


def length_grouped(lengths: Sequence[int], batch: int, rng: np.random.Generator) -> list[int]:
    """A random order in which neighbours, taken `batch` at a time, have like lengths.

    Random pools of 50 batches are sorted by length and cut; the batches are shuffled, a short one goes last.
    """
    order = rng.permutation(len(lengths))
    pools = [order[start : start + 50 * batch] for start in range(0, len(order), 50 * batch)]
    sorted_pools = [sorted(pool.tolist(), key=lambda n: (-lengths[n], n)) for pool in pools]
    batches = [pool[start : start + batch] for pool in sorted_pools for start in range(0, len(pool), batch)]
    whole = [part for part in batches if len(part) == batch]
    rest = [part for part in batches if len(part) < batch]
    shuffled = [whole[n] for n in rng.permutation(len(whole))]
    return [n for part in [*shuffled, *rest] for n in part]


class LengthGrouped:
    """A sampler whose order depends on the seed and the epoch alone, so that a resumed run repeats it."""

    def __init__(self, lengths: Sequence[int], batch: int, seed: int) -> None:
        self.lengths, self.batch, self.seed = lengths, batch, seed
        self.epoch = 0

    def __len__(self) -> int:
        return len(self.lengths)

    def __iter__(self) -> Any:
        return iter(length_grouped(self.lengths, self.batch, np.random.default_rng([self.seed, self.epoch])))


def _is_better(head: Head, best_metric: float | None, before: Judgement) -> bool:
    name, more_is_better = head.BEST
    if best_metric is None:
        return False
    return best_metric >= before.metrics[name] if more_is_better else best_metric <= before.metrics[name]


def _restore(model: Any, initial: dict[str, Any]) -> None:
    import torch

    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name in initial:
                parameter.copy_(initial[name])


def _newest(checkpoints: Path) -> str | None:
    """The newest complete checkpoint; half-written ones are removed (their state file is written last)."""
    complete = []
    for folder in checkpoints.glob("checkpoint-*"):
        if (folder / "trainer_state.json").is_file():
            complete.append(folder)
        else:
            shutil.rmtree(folder)
    if not complete:
        return None
    newest = max(complete, key=lambda folder: int(folder.name.rpartition("-")[2]))
    log.info("train     going on from %s of an interrupted run", newest.name)
    return str(newest)


def _history(entries: Sequence[dict[str, Any]], before: Judgement) -> list[dict[str, float]]:
    """One row per look at dev: step, train_loss since the last look, dev metrics. Step 0 is the starting model."""
    rows: dict[int, dict[str, float]] = {0: {"step": 0, **{f"dev_{k}": v for k, v in before.metrics.items()}}}
    for entry in entries:
        row = rows.setdefault(int(entry["step"]), {"step": int(entry["step"])})
        if "loss" in entry:
            row["train_loss"] = entry["loss"]
        row.update({f"dev_{k.removeprefix('eval_')}": v for k, v in entry.items() if k.startswith("eval_")})
    return [row for _, row in sorted(rows.items()) if "dev_loss" in row]
