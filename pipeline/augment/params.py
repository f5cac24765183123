"""Settings of the augment stage."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from pipeline.augment.augmenters import METHODS
from pipeline.augment.augmenters.endpoint import Endpoint
from pipeline.augment.policy import MethodSettings
from pipeline.core.registry import pick
from pipeline.core.settings import Settings, parse


class GateSettings(Settings):
    """What a child must pass. Where the defaults come from: docs/augmentation.md."""

    # Cosine between child and parent, by the encoder; below: another meaning, above: nothing new.
    min_cosine: float = Field(default=0.75, ge=-1, le=1)
    max_cosine: float = Field(default=0.995, ge=-1, le=1)
    # The same where models.encoder is tfidf, which sees spelling, not meaning, and no word order: swapped words
    # give exactly 1, so its upper end is open by default.
    min_cosine_tfidf: float = Field(default=0.4, ge=0, le=1)
    max_cosine_tfidf: float = Field(default=1.0, ge=0, le=1)
    # Jaccard of character 5-grams (Chinese: 2-grams) with any other record of any split; from here on it is a copy.
    max_jaccard: float = Field(default=0.8, gt=0, le=1)
    # The label is kept where a model that never saw the parent predicts it, or gives it at least this probability.
    min_label_probability: float = Field(default=0.5, ge=0, le=1)
    # Where the model misjudges the parent as well: how far the label's probability may fall from parent to child.
    max_label_drop: float = Field(default=0.05, ge=0, le=1)
    # Where models.generator is set: how many times its parent's perplexity a child may have; null: not asked.
    max_perplexity_ratio: float | None = Field(default=3.0, gt=0)
    folds: int = Field(default=5, ge=2, le=20)  # of the train split, for models that never saw the parent
    # How far a class, with its children, may lie above what the plan makes of it, and below, as a part of that: what
    # others lost more of is taken from it too (see evenness.py). Per method. null: not asked.
    max_unevenness: float | None = Field(default=0.05, ge=0, lt=1)


class WorthSettings(Settings):
    """How "does it help?" is measured: paired runs of a linear model with and without a method's children."""

    seeds: int = Field(default=5, ge=3, le=50)  # paired runs, each on another draw of the train split
    # Macro-F1 (of replies: nats per token) that the interval's lower end may lie below none; or the mean lies a
    # standard error above none.
    tolerance: float = Field(default=0.005, ge=0, le=1)
    level: float = Field(default=0.95, ge=0.5, lt=1)  # of that interval
    # Parts of a method's children that are tried, each against none; more parts cost more model fits.
    shares: tuple[Annotated[float, Field(gt=0, le=1)], ...] = Field(default=(1.0, 0.5), min_length=1)
    max_rows: int = Field(default=8000, ge=100)  # train rows per run; children come along with their parents
    # Tasks whose target is a free text, judged by the loss of `models.generator`: train rows a run, and held-out ones.
    max_replies: int = Field(default=60, ge=20)
    # Rows the dev split needs to be judged on (of replies half of max_replies, where that is less). Else the train
    # split judges: all of it by cross-validation; of replies the fifth of its groups that each seed leaves out.
    min_held_out: int = Field(default=200, ge=10)


class SelectSettings(Settings):
    """Which part of the train records stays, for tasks whose target is a free text."""

    keep: float | None = Field(default=None, gt=0, le=1)  # share of the labelled train records; null: all
    # quality: the judge's rating, or a low loss. ifd: questions that help to predict the answer least (below 1).
    # complexity: long answers. mixed: the three ranks added. diversity: in random order; random: the baseline.
    by: Literal["mixed", "quality", "ifd", "complexity", "diversity", "random"] = "mixed"
    max_cosine: float = Field(default=0.9, ge=0, le=1)  # chosen records are less alike than this while others remain
    judge: Endpoint | None = None  # rates quality from 1 to 5; without it quality is the generator's own low loss
    seed: int = 0  # of the random draws


class Params(Settings):
    """Section `augment`."""

    max_children: int = Field(default=3000, ge=0)  # children made in all, accepted or not: bounds time
    # if_helps: a method's children stay only where the measurement does not speak against them. always: unmeasured.
    keep: Literal["always", "if_helps"] = "if_helps"
    require: bool = False  # true: a missing engine stops the run; false: its method is skipped and the report says so
    gate: GateSettings = GateSettings()
    worth: WorthSettings = WorthSettings()
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
