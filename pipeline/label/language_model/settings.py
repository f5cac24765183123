"""Settings of pre-labels by a language model: `label.prelabel.llm`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pipeline.core.settings import Settings
from pipeline.llm.settings import Endpoint


class LlmPrelabel(Settings):
    """Which model is asked, what it is told, and how its confidence is measured."""

    endpoint: Endpoint | None = None  # null: models.generator, on this machine
    instructions: str = ""  # what annotators are told too; stands before the labels
    label_descriptions: dict[str, str] = Field(default_factory=dict)  # label -> what it means
    # `shots` is a guess: not measured.
    shots: int = Field(default=8, ge=0, le=64)  # labelled train records shown, the most similar ones
    # samples: share of sampled answers that agree (self-consistency, Wang et al. 2023). logprobs: of one greedy answer.
    confidence: Literal["samples", "logprobs"] = "samples"
    samples: int = Field(default=5, ge=2, le=32)  # answers sampled for each record; a guess: not measured
    # `temperature`: theirs for PaLM and GPT-3 (https://arxiv.org/abs/2203.11171).
    temperature: float = Field(default=0.7, gt=0, le=2)  # of the samples
    # `calibration_rows` is a guess: not measured.
    calibration_rows: int = Field(default=500, ge=50)  # labelled train records asked too, to measure what it is worth
    max_tokens: int = Field(default=512, ge=1)  # of one answer; a guess: not measured
    dry_run: bool = False  # count what would be asked and what it would cost, and ask nothing
