"""Section `evaluate` of params.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import Field, field_validator

from pipeline.core.settings import Settings
from pipeline.evaluate.win_rates import Judge


class Params(Settings):
    """How the trained model is evaluated."""

    RENAMED: ClassVar[Mapping[str, str]] = {
        "level": "confidence_level",
        "slice_rows": "min_slice_rows",
        "bins": "calibration_bins",
        "worst": "max_worst_errors",
        "label_doubt": "label_error_confidence",
        "base_rows": "base_model_rows",
        "reference_rows": "baseline_rows",
    }

    # `resamples`: the least for intervals by percentiles (Efron and Tibshirani 1993, An Introduction to the Bootstrap).
    resamples: Annotated[int, Field(ge=100, le=100_000)] = 1000  # bootstrap resamples behind each interval
    # `confidence_level`: the usual level.
    confidence_level: Annotated[float, Field(gt=0.5, lt=1)] = 0.95  # what share of resamples an interval covers
    seed: Annotated[int, Field(ge=0)] = 0  # of the bootstrap
    # `length_edges` is a guess: not measured.
    length_edges: tuple[int, ...] = (50, 100, 200)  # code points where one length bucket ends and the next begins
    # `min_slice_rows` is a guess: not measured.
    min_slice_rows: Annotated[int, Field(ge=2)] = 20  # smaller slices are shown but never flagged
    # `alpha`: the usual level.
    alpha: Annotated[float, Field(gt=0, lt=1)] = 0.05  # a slice is flagged below this p (Holm-corrected over slices)
    # `calibration_bins`: as in Naeini et al. 2015 (pipeline/stats/calibration.py).
    calibration_bins: Annotated[int, Field(ge=2, le=100)] = (
        10  # equal-width confidence bins of ECE and the reliability curve
    )
    max_worst_errors: Annotated[int, Field(ge=0)] = 50  # worst errors that are listed; a guess: not measured
    # Worst errors whose words are weighed by leaving each out (one label a text), up to 70 predictions each; 0: none
    attribution_rows: Annotated[int, Field(ge=0)] = 0
    # `label_error_confidence` is a guess: not measured.
    label_error_confidence: Annotated[float, Field(ge=0, le=1)] = (
        0.95  # a wrong prediction this confident suggests a label error
    )
    # `robustness_rows` is a guess: not measured.
    robustness_rows: Annotated[int, Field(ge=0)] = 300  # test rows that are edited and predicted again; 0 turns it off
    # attribute -> group -> terms whose mention puts a text in that group; the same place in two groups: counterparts
    fairness: dict[str, dict[str, tuple[str, ...]]] = Field({})
    # `base_model_rows` is a guess: not measured.
    base_model_rows: Annotated[int, Field(ge=0)] = (
        200  # test rows on which the model before fine-tuning is evaluated; 0: none
    )
    # `dev_rows` is a guess: not measured.
    dev_rows: Annotated[int, Field(ge=0)] = 1000  # dev rows on which the model is evaluated beside test; 0: none
    # `baseline_rows` is a guess: not measured.
    baseline_rows: Annotated[int, Field(ge=0)] = 10_000  # train rows the TF-IDF baseline learns from; 0: no baselines
    # ner: train rows that a BiLSTM with a CRF learns from, one more reference (1,500: a minute of a core); 0: none
    bilstm_rows: Annotated[int, Field(ge=0)] = 0

    judge: Judge | None = None  # judges that compare replies with the references (win_rates.py); null: none

    @field_validator("fairness")
    @classmethod
    def _groups_have_terms(cls, given: dict[str, dict[str, tuple[str, ...]]]) -> dict[str, dict[str, tuple[str, ...]]]:
        for attribute, groups in given.items():
            if len(groups) < 2:
                raise ValueError(f"{attribute} needs two groups to compare")
            for group, terms in groups.items():
                if not terms or not all(term.strip() for term in terms):
                    raise ValueError(f"{attribute}.{group} needs terms, none of them empty")
        return given
