"""Section `train.chat`: which parts of a conversation are learned, and how they are put to the model."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from pydantic import Field, field_validator

from pipeline.core.settings import Settings

#: What a reply is made of.
Part = Literal["content", "reasoning", "tool_calls"]
PARTS: tuple[Part, ...] = ("content", "reasoning", "tool_calls")


class ChatSettings(Settings):
    """How conversations are learned and asked; prediction uses what training used."""

    turns: Literal["all", "last"] = "all"  # assistant turns whose `learn` is unset: all are learned, or the last alone
    loss_on: tuple[Part, ...] = PARTS  # the parts of a reply that carry loss; tool results and prompts never do
    reasoning: Literal["template", "text"] = "template"  # text: as <think> text where the template has no place for it
    template_arguments: dict[str, Any] = Field(
        default={}
    )  # further arguments of the chat template; a record's own come first
    date: str = "2024-07-26"  # what templates that write today's date write, so that runs can be repeated

    @field_validator("loss_on")
    @classmethod
    def _something_is_learned(cls, given: tuple[Part, ...]) -> tuple[Part, ...]:
        if not given:
            raise ValueError(f"name at least one of {', '.join(PARTS)}")
        return given

    @field_validator("date")
    @classmethod
    def _is_a_date(cls, given: str) -> str:
        date.fromisoformat(given)
        return given
