"""Settings of tags: section `clean.tags`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from pipeline.core.record import Split
from pipeline.core.settings import Settings
from pipeline.llm.settings import Endpoint

#: Tag -> its values. They are what is asked for where params name no others; an empty list takes any short text.
USUAL: dict[str, tuple[str, ...]] = {
    "topic": (),
    "task": ("question", "writing", "rewriting", "summary", "translation", "classification", "extraction", "reasoning",
             "code", "advice", "conversation", "other"),
    "difficulty": ("easy", "medium", "hard"),
    "intent": ("inform", "solve", "create", "decide", "complain", "chat", "other"),
}  # fmt: skip


class Tags(Settings):
    """What records are about, as `meta`: `meta_topic`, `meta_task`, `meta_difficulty`, `meta_intent`."""

    by: Literal["clusters", "model"] = "clusters"  # clusters of the texts give `topic` alone, and ask nobody
    tags: dict[str, tuple[str, ...]] = Field(default=USUAL)  # model: tag -> its values; none: any short text
    endpoint: Endpoint | None = None  # model: the service that is asked; null: models.generator on this machine
    send: tuple[Split, ...] = ("train",)  # model: splits whose texts may go to `endpoint`; others get no tag
    dry_run: bool = False  # model: count what would be asked and what it would cost, and ask nothing
    # `clusters` is a guess: not measured.
    clusters: int = Field(default=12, ge=2, le=20)  # most topics; a cluster has 10 records or more on average
    seed: int = 0

    @field_validator("tags")
    @classmethod
    def _names_are_plain(cls, tags: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        bad = next((name for name in tags if not name.isidentifier() or not name.isascii()), None)
        if bad is not None or not tags:
            raise ValueError(f"'{bad or ''}' names no tag; use letters, digits and _")
        return tags
