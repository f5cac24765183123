"""Mathematical equivalence of answers, by math-verify: fractions, percent, LaTeX, sets, intervals, equations."""

from __future__ import annotations

import logging

from pydantic import Field

from pipeline.core.errors import shorten
from pipeline.core.settings import Settings
from pipeline.llm.verifiers.contract import Case
from pipeline.llm.verifiers.final_answer import final_answer


class Mathematics(Settings):
    """How exactly numbers are compared."""

    # `digits` is a guess: not measured.
    digits: int = Field(default=6, ge=1, le=15)  # decimal places to which floating-point values must agree
    # `max_chars` is a guess: not measured.
    max_chars: int = Field(default=2000, ge=1)  # longer final answers are no formulas, and could take for ever


def equivalent(case: Case, settings: Mathematics) -> str:
    """The final answer and the reference are mathematically the same.

    Method: math-verify (SymPy). It guards itself against endless expressions by a timer where it runs in the main
    thread; elsewhere only the length is limited.
    """
    if case.reference is None:
        return "there is no reference to compare with"
    found, wanted = (final_answer(text).replace("\\%", "%") for text in (case.text, case.reference))
    if found == wanted:
        return ""
    if max(len(found), len(wanted)) > settings.max_chars:
        return f"the answer is longer than {settings.max_chars} characters"
    if _equal(wanted, found, settings.digits):
        return ""
    return f"'{shorten(found)}' does not equal '{shorten(wanted)}'"


def _equal(wanted: str, found: str, digits: int) -> bool:
    import threading

    from math_verify import parse, verify

    logging.getLogger("math_verify").setLevel(logging.ERROR)  # it tells of every answer that is no formula
    seconds = 5 if threading.current_thread() is threading.main_thread() else None
    pairs = [(wanted, found), (f"${wanted}$", f"${found}$")]
    for gold, answer in pairs:
        first = parse(gold, parsing_timeout=seconds, raise_on_error=False)
        second = parse(answer, parsing_timeout=seconds, raise_on_error=False)
        if (
            first
            and second
            and verify(first, second, float_rounding=digits, timeout_seconds=seconds, raise_on_error=False)
        ):
            return True
    return False
