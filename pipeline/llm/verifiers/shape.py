"""The shape of an answer: JSON of a schema, calls that the tools allow, a length, a language, a quotation."""

from __future__ import annotations

import json
import re
from typing import Any

from pydantic import Field, model_validator

from pipeline.core.errors import shorten
from pipeline.core.settings import NoSettings, Settings
from pipeline.llm.structured import parse
from pipeline.llm.verifiers.contract import Case
from pipeline.text.normalise import normalised

#: What a reply quotes, in any of the usual marks.
_QUOTED = re.compile(r'"([^"\n]+)"|“([^”\n]+)”|「([^」\n]+)」|『([^』\n]+)』|«([^»\n]+)»')


class Schema(Settings):
    """The JSON schema that an answer must follow."""

    json_schema: dict[str, Any]


class Length(Settings):
    """How long an answer may be, in Unicode code points without white space around it."""

    min_chars: int = Field(default=1, ge=0)  # a guess: not measured
    max_chars: int = Field(default=20_000, ge=1)  # a guess: not measured

    @model_validator(mode="after")
    def _in_order(self) -> Length:
        if self.min_chars > self.max_chars:
            raise ValueError(f"min_chars {self.min_chars} is more than max_chars {self.max_chars}")
        return self


class Quote(Settings):
    """What counts as a quotation."""

    min_chars: int = Field(default=8, ge=1)  # shorter quotations prove nothing; a guess: not measured


def follows_schema(case: Case, settings: Schema) -> str:
    """The answer is JSON that follows the schema."""
    return parse(case.text, json.dumps(settings.json_schema))[1]


def valid_calls(case: Case, settings: NoSettings) -> str:
    """Every call names a tool of the case, with arguments that its JSON schema allows."""
    known = {str(tool.get("function", tool).get("name")): tool.get("function", tool) for tool in case.tools}
    for call in case.calls:
        if call.name not in known:
            return f"unknown tool '{call.name}'"
        schema = known[call.name].get("parameters") or {"type": "object"}
        try:
            json.loads(call.arguments)
        except ValueError:
            return f"{call.name}: arguments are no JSON: {shorten(call.arguments)}"
        problem = parse(call.arguments, json.dumps(schema))[1]
        if problem:
            return f"{call.name}: {problem}"
    return "" if case.calls else "no tool is called"


def has_length(case: Case, settings: Length) -> str:
    """The answer is neither too short nor too long."""
    size = len(case.text.strip())
    if size < settings.min_chars:
        return f"{size} characters, fewer than {settings.min_chars}"
    return f"{size} characters, more than {settings.max_chars}" if size > settings.max_chars else ""


def quotes_passage(case: Case, settings: Quote) -> str:
    """The answer quotes the passage: at least one quotation, and every one stands in the passage word for word.

    White space, case, width and punctuation do not count. The whole text is the quotation where it has no marks.
    """
    spoken = list(map("".join, _QUOTED.findall(case.text))) or [case.text]
    quotations = [text for text in spoken if len(text.strip()) >= settings.min_chars]
    if not quotations:
        return f"nothing of at least {settings.min_chars} characters is quoted"
    passage = f" {normalised(case.passage)} "
    absent = next((text for text in quotations if normalised(text) not in passage), None)
    return "" if absent is None else f"not in the passage: '{shorten(absent)}'"
