"""Section `value` of params.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from pipeline.core.settings import Settings


class Params(Settings):
    """How the effect of each data step is measured: one cheap model per variant of the training data."""

    RENAMED: ClassVar[Mapping[str, str]] = {
        "strength": "C",
        "judge_by": "metric",
        "level": "confidence_level",
        "sources": "source_ablation",
        "curve": "learning_curve",
    }

    # `max_train_rows` is a guess: not measured.
    max_train_rows: Annotated[int, Field(ge=10)] = 4000  # source records sampled by id, the same ones in every variant
    seeds: Annotated[int, Field(ge=3)] = 5  # models per variant, each trained on another bootstrap of the records
    # `C` is a guess: not measured.
    C: Annotated[float, Field(gt=0)] = 10.0  # inverse regularisation strength of the linear head (scikit-learn's C)
    metric: Literal["macro_f1", "accuracy"] = "macro_f1"  # the metric that verdicts rest on
    # `resamples` is a guess: not measured.
    resamples: Annotated[int, Field(ge=100, le=100_000)] = 1000  # bootstrap resamples over seeds and test rows together
    # `confidence_level`: the usual level.
    confidence_level: Annotated[float, Field(gt=0.5, lt=1)] = 0.95  # what share of resamples an interval covers
    # `alpha`: the usual level.
    alpha: Annotated[float, Field(gt=0, lt=1)] = 0.05  # a step helped or hurt below this p (Holm-corrected over steps)
    source_ablation: bool = True  # effect of each source: `seeds` more models a source
    learning_curve: bool = True  # what more data would bring: models on an eighth, a quarter and half of the records
    # `max_reply_rows` is a guess: not measured.
    max_reply_rows: Annotated[int, Field(ge=20)] = 160  # replies: source records trained on, sampled by id
    # `max_held_out_replies` is a guess: not measured.
    max_held_out_replies: Annotated[int, Field(ge=5)] = 100  # replies: test rows that are scored, sampled by id
    reply_seeds: Annotated[int, Field(ge=2)] = 3  # replies: models per variant, each trained in another order
    # `reply_passes` is a guess: not measured.
    reply_passes: Annotated[int, Field(ge=1, le=20)] = 2  # replies: times that a training sees each conversation
    seed: Annotated[int, Field(ge=0)] = 0  # of the bootstrap
