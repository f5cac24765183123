"""Formulas."""

from __future__ import annotations

from pipeline.llm.verifiers.contract import Case
from tests.llm.verifiers.asking import verdict


def test_a_formula_of_a_million_characters_is_refused_at_once() -> None:
    assert "longer than" in verdict("math", Case("9" * 1_000_000, "1"))
