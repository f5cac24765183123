"""What a verifier is given and what it says. It is a rule, never a model: equal answers get equal verdicts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.core.conversation import ToolCall


@dataclass(frozen=True, slots=True)
class Case:
    """One answer and what it is held against; what a verifier does not need may be left out.

    `reference` is the known right answer, `passage` the text that the answer must rest on, `tools` the definitions of
    the tools that may be called (`{"type": "function", "function": {...}}`), `lang` the language asked for (ISO 639-1).
    """

    text: str
    reference: str | None = None
    passage: str = ""
    lang: str = ""
    calls: tuple[ToolCall, ...] = ()
    tools: tuple[Mapping[str, Any], ...] = field(default=())


#: (case, settings) -> what is wrong with the answer, in one sentence; "" where nothing is.
Verifier = Callable[[Case, Any], str]
