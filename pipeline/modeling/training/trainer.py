"""transformers' Trainer with our parts in it. Imported only when training starts: it takes seconds to load."""

from __future__ import annotations

import logging
import math
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, cast

from transformers import EarlyStoppingCallback, PrinterCallback, Trainer, TrainerCallback, TrainingArguments

from pipeline.core.errors import PipelineError
from pipeline.modeling.batches import Batch
from pipeline.modeling.device import placement, training_dtype
from pipeline.modeling.training import strategies
from pipeline.modeling.training.job import Job
from pipeline.modeling.training.recipe import Recipe
from pipeline.modeling.training.sampling import LengthGrouped, balanced_shares

if TYPE_CHECKING:
    from torch import Tensor, nn
    from torch.optim import Optimizer
    from torch.utils.data import Sampler
    from transformers import PreTrainedModel, TrainerControl, TrainerState

log = logging.getLogger("pipeline")

#: Gets the Trainer's log so far.
Look = Callable[[list[dict[str, float]]], None]


def make_trainer(job: Job, steps: int, look: Look = lambda _: None, stop_after: int | None = None) -> Trainer:
    """A Trainer for `job`, which ends after `stop_after` of its `steps` where that is given.

    `look` gets the log so far after each evaluation on dev.
    """
    recipe = job.recipe
    shares = balanced_shares(job.train) if recipe.sampling == "balanced" else None
    sampler = LengthGrouped(
        [len(example["input_ids"]) for example in job.train], recipe.batch_size, recipe.seed, shares
    )
    callbacks: list[TrainerCallback] = [_Course(sampler, steps, stop_after, recipe, look)]
    if recipe.gradual_unfreezing:
        callbacks.append(_Thaw(job.model, max(1, round(recipe.gradual_unfreezing * steps))))
    if recipe.early_stopping_patience:
        callbacks.append(EarlyStoppingCallback(recipe.early_stopping_patience))
    trainer = _Trainer(
        job,
        sampler,
        model=job.model,
        args=_arguments(job, steps),
        data_collator=job.collate,
        train_dataset=list(job.train),
        eval_dataset=list(job.dev),
        compute_loss_func=job.loss(),
        callbacks=callbacks,
    )
    trainer.remove_callback(PrinterCallback)  # our own progress line is enough
    return trainer


class _Trainer(Trainer):
    def __init__(self, job: Job, sampler: LengthGrouped, **settings: Any) -> None:
        super().__init__(**settings)
        self.job, self.sampler = job, sampler
        # Our batches hold shifted labels: the first of a row counts like any other.
        self._loss_shifts_labels = False

    def create_optimizer(self, model: nn.Module | None = None) -> Optimizer:
        """The recipe's: rates by layer, no decay of biases and norms (strategies.py)."""
        if self.optimizer is None:
            self.optimizer: Any = strategies.optimizer(self.job.model, self.job.recipe)
        return self.optimizer

    def _get_train_sampler(self, train_dataset: object = None) -> Sampler[list[int]]:
        return cast("Sampler[list[int]]", self.sampler)

    def evaluate(self, *args: object, **kwargs: object) -> dict[str, float]:
        """The head's metrics on dev, as `eval_<name>`; the Trainer's own loop is not run."""
        metrics = {f"eval_{name}": value for name, value in self.job.evaluate().metrics.items()}
        self.log(dict(metrics))
        self.control: Any = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        return metrics

    def training_step(self, model: nn.Module, inputs: Batch, num_items_in_batch: Tensor | int | None = None) -> Tensor:
        """One step; PipelineError where its loss is not a number."""
        loss = super().training_step(model, inputs, num_items_in_batch)
        if not bool(loss.isfinite()):
            raise _diverged(self.state.global_step, self.job.checkpoints)
        return loss


class _Course(TrainerCallback):
    """Tells the sampler its epoch, and people how far the run is."""

    def __init__(self, sampler: LengthGrouped, steps: int, stop_after: int | None, recipe: Recipe, look: Look) -> None:
        self.sampler, self.steps, self.stop_after, self.recipe, self.look = sampler, steps, stop_after, recipe, look
        self.started, self.first, self.told = time.monotonic(), 0, 0.0

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: object
    ) -> None:
        """Start the clock; a resumed run does not begin at step 0."""
        self.started, self.first = time.monotonic(), state.global_step

    def on_epoch_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: object
    ) -> None:
        """Each epoch has an order of its own."""
        self.sampler.epoch = int(state.epoch or 0)

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: object) -> None:
        """Stop where asked to, log the last step, and tell people every twentieth of the way."""
        step = state.global_step
        if self.stop_after is not None and step >= self.stop_after:
            control.should_training_stop = True
        control.should_log |= step == self.steps
        if step / self.steps >= self.told + 0.05:
            self.told = step / self.steps
            rate = (step - self.first) / max(time.monotonic() - self.started, 1e-9)
            left, examples = (
                int((self.steps - step) / rate),
                rate * self.recipe.batch_size * self.recipe.gradient_accumulation_steps,
            )
            text = "train     step %d of %d  %.0f examples/s  %d:%02d left"
            log.info(text, step, self.steps, examples, left // 60, left % 60)

    def on_evaluate(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: object) -> None:
        """Hand the log over."""
        self.look(state.log_history)


class _Thaw(TrainerCallback):
    """Gradual unfreezing: the first part trains from the start, the last one after `steps` steps."""

    def __init__(self, model: PreTrainedModel, steps: int) -> None:
        if int(os.environ.get("WORLD_SIZE", "1")) > 1:
            raise PipelineError("params.yaml: train.gradual_unfreezing: works on one device only.", "Set it to 0.")
        self.stages, self.steps = strategies.thawing_order(model), steps

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: object
    ) -> None:
        """Freeze all parts but the first."""
        self.on_step_begin(args, state, control)

    def on_step_begin(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: object) -> None:
        """Free the parts whose time has come, at equal distances."""
        for n, stage in enumerate(self.stages):
            is_free = n == 0 or state.global_step * (len(self.stages) - 1) >= n * self.steps
            for parameter in stage:
                parameter.requires_grad_(is_free)


def _arguments(job: Job, steps: int) -> TrainingArguments:
    recipe = job.recipe
    every = max(1, math.ceil(steps / recipe.evaluations))
    best, more_is_better = job.head.BEST
    return TrainingArguments(
        output_dir=str(job.checkpoints),
        num_train_epochs=recipe.epochs,
        per_device_train_batch_size=recipe.batch_size,
        gradient_accumulation_steps=recipe.gradient_accumulation_steps,
        max_grad_norm=recipe.max_grad_norm,
        lr_scheduler_type="constant_with_warmup"
        if recipe.lr_scheduler_type == "constant"
        else recipe.lr_scheduler_type,
        warmup_steps=math.ceil(recipe.warmup_ratio * steps),
        eval_strategy="steps",
        eval_steps=every,
        save_strategy="steps",
        save_steps=every,
        save_total_limit=1,  # and the best one
        logging_steps=every,
        logging_nan_inf_filter=False,
        load_best_model_at_end=True,
        metric_for_best_model=f"eval_{best}",
        greater_is_better=more_is_better,
        remove_unused_columns=False,
        dataloader_pin_memory=False,
        disable_tqdm=True,
        report_to="none",
        seed=recipe.seed,
        activation_checkpointing=recipe.gradient_checkpointing,
        activation_checkpointing_kwargs={"use_reentrant": False} if recipe.gradient_checkpointing else None,
        **_precision(recipe.precision),
    )


class _Precision(TypedDict):
    bf16: bool
    fp16: bool
    use_cpu: bool


def _precision(wanted: str) -> _Precision:
    """The Trainer's switches. Processors compute in float32: bfloat16 is many times slower on most of them."""
    wanted = training_dtype(wanted)
    # The Trainer wants to be told that a processor is meant, for half precision and for several processes alike.
    return {"bf16": wanted == "bfloat16", "fp16": wanted == "float16", "use_cpu": placement().is_processor}


def _diverged(step: int, checkpoints: Path) -> PipelineError:
    kept = sorted(checkpoints.glob("checkpoint-*"), key=lambda folder: int(folder.name.rpartition("-")[2]))
    where = f" The last good checkpoint is kept: {kept[-1]}." if kept else ""
    return PipelineError(
        f"train: the loss is not a number after {step} steps.{where}",
        "Lower train.learning_rate (ten times is a good try) and train.head_learning_rate, or raise "
        "train.warmup_ratio.",
    )
