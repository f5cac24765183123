"""Section `clean.label_errors` of params.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from pipeline.core.settings import Settings


class LabelErrors(Settings):
    """Section `clean.label_errors`."""

    RENAMED: ClassVar[Mapping[str, str]] = {"strength": "C"}

    # `folds`: ten, as recommended to estimate accuracy (Kohavi 1995, A Study of Cross-Validation and Bootstrap).
    folds: int = Field(default=10, ge=2, le=20)  # a record is scored by models fitted on the other folds
    # Inverse regularisation strength of the logistic regression (single labels); 0: 0.3, 1, 3 or 10, as measured
    C: float = Field(default=0.0, ge=0)
    # Of the scored records, at most so many go to review; more where more are estimated to be wrong (upper end)
    review_share: float = Field(default=0.02, ge=0, le=1)  # a guess: not measured
    # `autofix_precision`: the bar is a choice, not measured.
    autofix_precision: float = Field(default=0.95, gt=0, le=1)  # that relabelling must reach, as measured or estimated
    # Excluded from training until reviewed: so much of the estimated number of wrong labels in train. 0: none
    set_aside: float = Field(default=0.75, ge=0, le=1)  # a guess, its effect: benchmarks/value.py
    # `planted` is a guess: not measured.
    planted: float = Field(default=0.1, gt=0, lt=0.5)  # share of labels made wrong in the copies that measure
    # `calibration_rows`: at `planted: 0.1` 1,000 wrong labels, so that a share of .9 of them is known to +- .02 (95 %).
    calibration_rows: int = Field(default=10_000, ge=100)  # size of each such copy
    seed: int = Field(default=0, ge=0)  # folds and planted noise
