"""One fine-tuning run: transformers' Trainer with our loss, optimiser, sampler and evaluation on dev."""

from __future__ import annotations

import math
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pipeline.core.errors import PipelineError
from pipeline.modeling.device import is_out_of_memory, placement
from pipeline.modeling.heads.contract import Evaluation, Head
from pipeline.modeling.loading import quiet
from pipeline.modeling.training.checkpoints import newest
from pipeline.modeling.training.job import Job, Run
from pipeline.modeling.training.recipe import Recipe

if TYPE_CHECKING:
    import torch
    from torch import Tensor
    from transformers import PreTrainedModel


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
    from pipeline.modeling.training.trainer import make_trainer

    processes = int(os.environ.get("WORLD_SIZE", "1"))
    if processes == 1:  # the Trainer would do it only after this first look
        job.model.to(placement().device)
    before = job.evaluate()
    steps = total_steps(len(job.train), job.recipe, processes)
    if steps == 0:
        return Run(before, 0, before, 0, _history([], before))
    initial = _trained(job.model)
    trainer = make_trainer(job, steps, lambda entries: _tell(job, entries, before), stop_after)
    with clear_memory_errors(job.recipe):
        with trainer.args.main_process_first(local=False):
            last = newest(job.checkpoints)
        trainer.train(resume_from_checkpoint=last)
    if stop_after is not None:
        return Run(before, 0, before, steps)
    best_step = int(trainer.state.best_global_step or 0)
    if not _is_better(job.head, trainer.state.best_metric, before):
        _restore(job.model, initial)
        best_step = 0
    history = _history(trainer.state.log_history, before)
    trainer.accelerator.wait_for_everyone()  # every process has read the best checkpoint
    if trainer.is_world_process_zero():
        shutil.rmtree(job.checkpoints, ignore_errors=True)
    return Run(job.evaluate(), best_step, before, int(trainer.state.global_step), history)


def _trained(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    """Copies of the weights that training changes."""
    return {name: p.detach().clone() for name, p in model.named_parameters() if p.requires_grad}


def _tell(job: Job, entries: Sequence[Mapping[str, float]], before: Evaluation) -> None:
    if job.live is not None:
        job.live(_history(entries, before))


@contextmanager
def clear_memory_errors(recipe: Recipe) -> Iterator[None]:
    """Turn running out of memory into advice."""
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        smaller = "half of it" if recipe.packing else str(max(1, recipe.batch_size // 2))  # packed: batch_size is rows
        raise PipelineError(
            f"train: out of memory with batches of {recipe.batch_size} x {recipe.max_length} tokens.",
            f"Set train.batch_size to {smaller} and train.gradient_accumulation_steps to "
            f"{recipe.gradient_accumulation_steps * 2} (the same steps in half the memory), lower "
            "train.max_length, or set train.gradient_checkpointing to true.",
        ) from None


def total_steps(examples: int, recipe: Recipe, processes: int = 1) -> int:
    """Optimiser steps of a whole run, in which each process takes batches of its own."""
    batches = math.ceil(math.ceil(examples / recipe.batch_size) / processes)
    return math.ceil(recipe.epochs * math.ceil(batches / recipe.gradient_accumulation_steps))


def _is_better(head: Head, best_metric: float | None, before: Evaluation) -> bool:
    name, more_is_better = head.BEST
    if best_metric is None:
        return False
    return best_metric >= before.metrics[name] if more_is_better else best_metric <= before.metrics[name]


def _restore(model: PreTrainedModel, initial: Mapping[str, Tensor]) -> None:
    import torch

    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name in initial:
                parameter.copy_(initial[name])


def _history(entries: Sequence[Mapping[str, float]], before: Evaluation) -> list[dict[str, float]]:
    """One row per look at dev: step, train_loss since the last look, dev metrics. Step 0 is the starting model."""
    rows: dict[int, dict[str, float]] = {0: {"step": 0, **{f"dev_{k}": v for k, v in before.metrics.items()}}}
    for entry in entries:
        row = rows.setdefault(int(entry["step"]), {"step": int(entry["step"])})
        if "loss" in entry:
            row["train_loss"] = entry["loss"]
        row.update({f"dev_{k.removeprefix('eval_')}": v for k, v in entry.items() if k.startswith("eval_")})
    return [row for _, row in sorted(rows.items()) if "dev_loss" in row]
