"""Answers in the language that was asked for."""

from __future__ import annotations

from pydantic import Field

from pipeline.core.settings import Settings
from pipeline.llm.verifiers.contract import Case
from pipeline.text.language import detect


class InLanguage(Settings):
    """When an answer counts as written in another language."""

    # `min_confidence`: as the step language: benchmarks/language.py.
    min_confidence: float = Field(default=0.99, ge=0.5, le=1)  # of the verdict
    # `min_letters`: as the step language, a guess: not measured.
    min_letters: int = Field(default=15, ge=1)  # shorter answers pass (Chinese characters count as three)


def in_language(case: Case, settings: InLanguage) -> str:
    """The answer is in `case.lang`, code and addresses aside; one too short to tell passes."""
    if not case.lang:
        return "there is no language to compare with"
    verdict = detect(case.text, [case.lang], settings.min_letters)
    if verdict is None or verdict[0] == case.lang or verdict[1] < settings.min_confidence:
        return ""
    return f"the answer is in '{verdict[0]}', not in '{case.lang}'"
