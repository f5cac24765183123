"""What a trained model answers, whatever its task type."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from pipeline.core.conversation import Message
from pipeline.core.record import Row, Target


@dataclass(frozen=True)
class WrittenReply:
    """A reply that a chat model wrote, taken apart, and its cost in tokens. `ended`: it stopped by itself."""

    message: Message
    prompt_tokens: int
    tokens: int
    ended: bool


@dataclass(frozen=True)
class Prediction:
    """One answer. `value` has the shape of the task's target.

    `confidence` is calibrated where the task allows it, else None. `scores` holds a probability
    per label for tasks with a label set. `log_likelihood` (sum over target tokens, nats) and
    `tokens` are set by language models where the row carries the true target; `part_losses` then holds the loss (nats)
    and the number of tokens of each part of a chat's true reply (content, reasoning, tool_calls). `parts` holds one
    confidence per span where the value is a list of spans. `reply` is a chat's reply, whole, where `value` is its text.
    `refused` says why the row could not be put to the model at all (a chat that its template has no form for); `value`
    is None then.
    """

    value: Target
    confidence: float | None = None
    scores: Mapping[str, float] = field(default_factory=dict)
    log_likelihood: float | None = None
    tokens: int = 0
    parts: tuple[float, ...] = ()
    refused: str = ""
    reply: WrittenReply | None = None
    part_losses: Mapping[str, tuple[float, int]] = field(default_factory=dict)


class Predictor(Protocol):
    """A loaded model. Rows carry the columns of the exported dataset (`TaskType.row`), target optional."""

    def predict(self, rows: Sequence[Row]) -> list[Prediction]:
        """One prediction per row, in order."""
