"""Verifiers: rules that say whether an answer is right or well formed. A new one: its function, its line here."""

from __future__ import annotations

from pipeline.core.registry import Entry
from pipeline.core.settings import NoSettings, Settings
from pipeline.llm.verifiers.contract import Verifier
from pipeline.llm.verifiers.language import InLanguage, in_language
from pipeline.llm.verifiers.matching import Choice, Numeric, Pattern, matches, same_choice, same_number, same_text
from pipeline.llm.verifiers.mathematics import Mathematics, equivalent
from pipeline.llm.verifiers.python_check import PythonCheck, passes_check
from pipeline.llm.verifiers.shape import Length, Quote, Schema, follows_schema, has_length, quotes_passage, valid_calls

VERIFIERS: dict[str, Entry[Settings, Verifier]] = {
    "exact": Entry(NoSettings, same_text),
    "number": Entry(Numeric, same_number),
    "choice": Entry(Choice, same_choice),
    "math": Entry(Mathematics, equivalent),
    "regex": Entry(Pattern, matches),
    "json_schema": Entry(Schema, follows_schema),
    "tool_calls": Entry(NoSettings, valid_calls),
    "length": Entry(Length, has_length),
    "language": Entry(InLanguage, in_language),
    "must_quote": Entry(Quote, quotes_passage),
    "python": Entry(PythonCheck, passes_check),
}
