"""Section `report` of params.yaml."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pipeline.core.settings import Settings


class Bounds(Settings):
    """Section `report.verdict`: from where on the verdict warns, or says that the dataset is not ready."""

    # `wrong_labels_warn` is a guess: not measured.
    wrong_labels_warn: float = Field(default=0.05, ge=0, le=1)  # share of wrong labels, estimated or audited
    # `wrong_labels_fail` is a guess: not measured.
    wrong_labels_fail: float = Field(default=0.10, gt=0, le=1)  # the same; the low end of the interval has to reach it
    # `contamination_recall` is a guess: not measured.
    contamination_recall: float = Field(default=0.95, ge=0, le=1)  # of the hardest kind of planted benchmark copies


class Params(Settings):
    """What the quality report shows, and in which language it opens."""

    title: str = "Data quality report"  # heading of the page, shown as it is in both languages
    language: Literal["en", "zh"] = "en"  # interface language on opening; a switch on the page changes it
    # `max_rows` is a guess: not measured.
    max_rows: int = Field(
        200, ge=1, le=2000
    )  # rows a table carries at most; full counts are always shown. Keeps the file small
    max_examples: int = Field(5, ge=0, le=50)  # example records per reason, step or method; a guess: not measured
    verdict: Bounds = Bounds()
    max_characters: int = Field(280, ge=20, le=2000)  # a text is cut after this many characters; a guess: not measured
