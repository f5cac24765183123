"""What a predictor is asked and what it answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.core.record import Record, Target


@dataclass(frozen=True, slots=True)
class Example:
    """A record as a predictor sees it. `stratum` is its class, None where it is not labelled or has none."""

    id: str
    text: str
    group: str
    stratum: str | None = None
    target: Target = None
    record: Record | None = None  # for predictors that read more than the text

    def as_record(self) -> Record:
        """The record itself. Raises ValueError where the example has none."""
        if self.record is None:
            raise ValueError(f"{self.id}: an example without its record")
        return self.record


def langs_of(examples: Sequence[Example]) -> list[str]:
    """The languages of the examples' records, "" where one has none."""
    return [example.record.lang if example.record else "" for example in examples]


@dataclass(frozen=True)
class Answer:
    """A model's answer and its calibrated probability."""

    value: Target
    confidence: float


@dataclass(frozen=True)
class Prelabels:
    """Answers by record id; `confidence_threshold` None: none of them may become a label without a person."""

    answers: dict[str, Answer] = field(default_factory=dict)
    confidence_threshold: float | None = None
    report: dict[str, Any] = field(default_factory=dict)
    by: str = ""  # which model, where the method alone does not say it
    writers: dict[str, dict[str, str]] = field(default_factory=dict)  # name -> model and licence of a language model

    def confidence(self, record_id: str) -> float:
        """Of the answer to a record; 0 where there is none."""
        answer = self.answers.get(record_id)
        return 0.0 if answer is None else answer.confidence


def none(why: str, rare: Sequence[str] = ()) -> Prelabels:
    """No answers, and why."""
    return Prelabels(report={"applies": False, "why": why, "classes_too_rare": list(rare)})
