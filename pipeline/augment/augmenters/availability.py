"""Whether an engine that does not answer is missing, or has fallen silent: one that has answered before is not missing.

Else a second run would skip the method whose service broke down in the first, and succeed without its children.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from pipeline.augment.augmenters.request import EngineMissingError
from pipeline.core.cache import cached, holds
from pipeline.core.errors import PipelineError
from pipeline.modeling.models import ModelMissingError

_STEP = "engine"
Given = TypeVar("Given")
Made = TypeVar("Made")


def note_answer(engine: str) -> None:
    """Keep in mind, in the cache, that the engine has answered."""
    cached(_STEP, engine, [""], lambda _: [b"answered"])


def missing(engine: str, what: str, remedy: str) -> Exception:
    """What to raise for an engine that does not answer: its method is skipped only where it never did."""
    what, remedy = what.rstrip("."), remedy.rstrip(".")
    if holds(_STEP, engine, ""):
        return PipelineError(
            f"{what}. It has answered in an earlier run.",
            f"{remedy}, and run again: its answers so far are kept in the cache. Or set enabled: false.",
        )
    return EngineMissingError(what, remedy)


def guarded(engine: str, answer: Callable[[Given], Made]) -> Callable[[Given], Made]:
    """`answer` of a local model that is loaded on first use; see `missing` for one whose files are not here."""

    def ask(questions: Given) -> Made:
        try:
            results = answer(questions)
        except ModelMissingError as error:
            raise missing(engine, error.message, error.hint) from None
        if results:
            note_answer(engine)
        return results

    return ask
