"""Settings of the augment stage."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator

from pipeline.augment.augmenters import METHODS
from pipeline.augment.policy import MethodSettings
from pipeline.core.errors import PipelineError
from pipeline.core.registry import pick
from pipeline.core.settings import Settings, Task, parse
from pipeline.llm.judges.panel import Judging
from pipeline.modeling.models import Model, Models
from pipeline.tasks import has_free_answers


class GateSettings(Settings):
    """What an augmented example must pass. Where the defaults come from: docs/augmentation.md."""

    RENAMED: ClassVar[Mapping[str, str]] = {
        "max_label_drop": "max_label_probability_drop",
        "max_unevenness": "class_balance_tolerance",
    }

    # Cosine similarity of the augmented example and its source example, by the encoder; below: another meaning, above:
    # nothing new. null: what was measured for the encoder (modeling/features/cosine_thresholds.py): .75 and .995 for
    # MiniLM, .93 and .9985 for e5.
    min_cosine: float | None = Field(default=None, ge=-1, le=1)
    max_cosine: float | None = Field(default=None, ge=-1, le=1)
    # The same where models.encoder is tfidf, which sees spelling, not meaning, and no word order: swapped words
    # give exactly 1, so its upper end is open by default.
    min_cosine_tfidf: float = Field(default=0.4, ge=0, le=1)  # a guess: not tuned
    max_cosine_tfidf: float = Field(default=1.0, ge=0, le=1)  # the end of the scale
    # Jaccard of character 5-grams (Chinese: 2-grams) with any other record of any split; from here on it is a copy.
    # .8 is where Lee et al. 2022 (https://arxiv.org/abs/2107.06499) call texts near duplicates; here not measured.
    max_jaccard: float = Field(default=0.8, gt=0, le=1)
    # The label is kept where a model that never saw the source example predicts it, or gives it at least this
    # probability.
    min_label_probability: float = Field(default=0.5, ge=0, le=1)  # a guess: not measured
    # Where the model gets the source example wrong as well: how far the label's probability may fall from it.
    max_label_probability_drop: float = Field(default=0.05, ge=0, le=1)  # a guess: not measured
    # Where models.generator is set: largest perplexity, as a multiple of the source example's; null: not checked.
    max_perplexity_ratio: float | None = Field(default=3.0, gt=0)  # a guess: not measured
    # `folds` is a guess: not measured.
    folds: int = Field(default=5, ge=2, le=20)  # of the train split, for models that never saw the source example
    # How far the class balance may move from the planned one: a class may lie this share above or below what the plan
    # makes of it, and the surplus is dropped (gate/class_balance.py). Per method. null: not checked.
    class_balance_tolerance: float | None = Field(default=0.05, ge=0, lt=1)  # chosen with benchmarks/augmentation.py


class AblationSettings(Settings):
    """The ablation: paired runs of a linear model with and without a method's examples."""

    RENAMED: ClassVar[Mapping[str, str]] = {
        "level": "confidence_level",
        "max_rows": "max_train_rows",
        "max_replies": "max_reply_rows",
        "min_held_out": "min_held_out_rows",
    }

    # `seeds` is a guess: not measured.
    seeds: int = Field(default=5, ge=3, le=50)  # paired runs, each on another draw of the train split
    # `confidence_level`: the usual level.
    confidence_level: float = Field(default=0.95, ge=0.5, lt=1)  # at which a gain counts, and of its interval
    # Parts of a method's examples that are tried, each against none; more parts cost more model fits.
    # `shares` is a guess: not measured.
    shares: tuple[Annotated[float, Field(gt=0, le=1)], ...] = Field(default=(1.0, 0.5), min_length=1)
    # `max_train_rows` is a guess: not measured.
    max_train_rows: int = Field(default=8000, ge=100)  # per run; augmented examples come along with their sources
    # Tasks whose target is a free text, measured by the loss of `models.generator`: train rows a run, and held-out
    # ones.
    max_reply_rows: int = Field(default=60, ge=20)  # a guess: not measured
    # Rows the dev split needs to be evaluated on (of replies half of max_reply_rows, where that is less). Else the
    # train split serves: all of it by cross-validation; of replies the fifth of its groups that each seed leaves out.
    min_held_out_rows: int = Field(default=200, ge=10)  # a guess: not measured


class SelectSettings(Settings):
    """Which part of the train records stays, for tasks whose target is a free text."""

    RENAMED: ClassVar[Mapping[str, str]] = {
        "judge": "quality.judges",
    }

    keep: float | None = Field(default=None, gt=0, le=1)  # share of the labelled train records; null: all
    # quality: the judges' grade, or a low loss. ifd: questions that help to predict the answer least (below 1).
    # complexity: long answers. difficulty: answers that the generator finds least likely. mixed: the ranks of the first
    # three added. diversity: in random order; random: the baseline.
    by: Literal["mixed", "quality", "ifd", "complexity", "difficulty", "diversity", "random"] = "mixed"
    # Chosen records are less alike than this while others remain; null: the encoder's own (.9 for MiniLM, .97 for e5).
    max_cosine: float | None = Field(default=None, ge=0, le=1)
    quality: Judging | None = None  # judges and their rubric; without them quality is the generator's own low loss
    # What is kept is divided over these groups (of a tag: meta_topic), evenly or by quotas. null: the best of all.
    spread_over: str | None = Field(default=None, pattern=r"^(source|lang|meta_\w+)$")
    # Group -> its share of what is kept; the rest goes to the others by their size. Empty: all groups alike.
    quotas: dict[str, Annotated[float, Field(ge=0, le=1)]] = Field(default={})
    seed: int = 0  # of the random draws

    @model_validator(mode="after")
    def _quotas_fit(self) -> SelectSettings:
        if self.quotas and self.spread_over is None:
            raise ValueError("quotas are of the groups of spread_over, which is not set")
        if sum(self.quotas.values()) > 1 + 1e-9:
            raise ValueError(f"quotas add up to {sum(self.quotas.values()):g}, more than all that is kept")
        return self


class Params(Settings):
    """Section `augment`."""

    RENAMED: ClassVar[Mapping[str, str]] = {
        "max_children": "max_examples",
        "require": "require_engines",
        "worth": "ablation",
    }

    max_examples: int = Field(default=3000, ge=0)  # made in all, accepted or not: bounds time; a guess: not measured
    # if_helps: a method's examples stay only where the ablation shows that they help. always: no ablation.
    keep: Literal["always", "if_helps"] = "if_helps"
    require_engines: bool = (
        False  # true: a missing engine stops the run; false: its method is skipped and the report says so
    )
    gate: GateSettings = GateSettings()
    ablation: AblationSettings = AblationSettings()
    select: SelectSettings = SelectSettings()
    # Name in augmenters.METHODS -> its settings; run in this order.
    methods: dict[str, dict[str, Any]] = Field(default_factory=dict)


def enabled_methods(params: Params) -> dict[str, MethodSettings]:
    """Each enabled method's own settings, in the order of params.yaml. All are checked, enabled or not."""
    found = {}
    for name, values in params.methods.items():
        method = pick(METHODS, name, "params.yaml: augment.methods")
        where = f"params.yaml: augment.methods.{name}"
        found[name] = parse(values, method.settings, where)
        found[name].check(where)
    return {name: settings for name, settings in found.items() if settings.enabled}


def check_fits(params: Params, task: Task, models: Models) -> None:
    """Raises PipelineError for a selection that the task or the models make impossible; needs no data."""
    if params.select.keep is not None:
        check_selection(task, models)


def check_selection(task: Task, models: Models) -> Model:
    """The model that scores records for `augment.select`. Raises PipelineError where task or models do not allow it."""
    if not has_free_answers(task):
        raise PipelineError(
            f"params.yaml: augment.select.keep: the targets of task '{task.type}' are no free texts.",
            "Selection is for chat and for tasks from a text to a text; set it to null.",
        )
    if models.generator is None:
        raise PipelineError(
            "params.yaml: augment.select.keep needs models.generator, which scores the records.", "Name a model there."
        )
    return models.generator
