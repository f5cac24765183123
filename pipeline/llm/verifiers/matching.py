"""Answers held against a known one: the same text, the same number, the same choice, or a pattern."""

from __future__ import annotations

import re
from decimal import Decimal

from pydantic import Field

from pipeline.core.errors import shorten
from pipeline.core.settings import NoSettings, RegularExpression, Settings
from pipeline.llm.verifiers.contract import Case
from pipeline.llm.verifiers.final_answer import final_answer
from pipeline.text.normalise import normalised
from pipeline.text.numerals import with_digits, without_dates

_NUMBER = re.compile(
    r"(?<![\d/])(?P<above>(?:(?<![0-9A-Za-z)])[-+])?\d+)/(?P<below>\d+)(?![\d/]|\.\d)"  # a fraction, and no date
    r"|(?P<digits>(?:(?<![0-9A-Za-z)])[-+])?(?:\d[\d,]*(?:\.\d+)?|\.\d+)(?:[eE][-+]?\d+)?)(?P<percent> ?%)?"
)
_CHOICE = re.compile(r"(?<![A-Za-z])\(?([A-Za-z])\)?(?![A-Za-z])")
_NO_REFERENCE = "there is no reference to compare with"


class Numeric(Settings):
    """How near a number must be."""

    tolerance: float = Field(default=1e-6, ge=0)  # of the reference's size, at least absolute; a guess: not measured


class Pattern(Settings):
    """A regular expression that must be found in the answer."""

    pattern: RegularExpression
    whole: bool = False  # the pattern must match the whole answer, white space around it aside


class Choice(Settings):
    """Multiple choice: which letters there are."""

    letters: str = "ABCD"


def same_text(case: Case, settings: NoSettings) -> str:
    """The final answer and the reference are equal but for case, width, white space and punctuation."""
    if case.reference is None:
        return _NO_REFERENCE
    found = final_answer(case.text)
    if normalised(found) == normalised(final_answer(case.reference)):
        return ""
    return f"'{shorten(found)}' is not '{shorten(case.reference)}'"


def same_number(case: Case, settings: Numeric) -> str:
    """The last number of the final answer equals that of the reference, whole dates aside (see `last_number`)."""
    if case.reference is None:
        return _NO_REFERENCE
    found, wanted = last_number(final_answer(case.text)), last_number(final_answer(case.reference))
    if wanted is None:
        return f"the reference holds no number: '{shorten(case.reference)}'"
    if found is None:
        return f"the answer holds no number: '{shorten(case.text)}'"
    try:
        if abs(found - wanted) <= Decimal(settings.tolerance) * max(abs(wanted), Decimal(1)):
            return ""
    except ArithmeticError:  # 1e999999999
        return f"{found} is too large to compare with {wanted}"
    return f"{found} is not {wanted}"


def same_choice(case: Case, settings: Choice) -> str:
    """The answer names the reference's letter and no other one."""
    if case.reference is None:
        return _NO_REFERENCE
    wanted = {letter.upper() for letter in _CHOICE.findall(final_answer(case.reference))} & set(settings.letters)
    found = _choices(final_answer(case.text), settings.letters)
    if len(wanted) != 1:
        return f"the reference names no single choice: '{shorten(case.reference)}'"
    return "" if found == wanted else f"the answer chooses {', '.join(sorted(found)) or 'nothing'}, not {wanted.pop()}"


def matches(case: Case, settings: Pattern) -> str:
    """The pattern is found."""
    found = (
        re.fullmatch(settings.pattern, case.text.strip()) if settings.whole else re.search(settings.pattern, case.text)
    )
    return "" if found else f"nothing matches {settings.pattern}"


def last_number(text: str) -> Decimal | None:
    r"""The last number in a text that stands in no whole date; None where there is none.

    50% (in LaTeX 50\%), 1/2 and 百分之五十 are 0.5, 1,024 and 一千零二十四 are 1024, digits may have full width.
    """
    plain = with_digits(without_dates(text)).replace("\\%", "%")
    found = list(_NUMBER.finditer(plain))
    if not found:
        return None
    last = found[-1]
    try:
        if last["below"]:
            return Decimal(last["above"]) / Decimal(last["below"])
        return Decimal(last["digits"].replace(",", "")) / (100 if last["percent"] else 1)
    except ArithmeticError:
        return None


def _choices(answer: str, letters: str) -> set[str]:
    """The letters that an answer names; one alone at its start ('B', '(B) because A ...') speaks for all of it."""
    start = re.match(r"\(?([A-Za-z])(?:\)|[.:、：。]|\s*$)", answer.strip())
    if start and start[1].upper() in letters:
        return {start[1].upper()}
    # 'a' and 'I' are words of English sentences: only capitals count inside one, and I only where it may be chosen.
    return {letter for letter in _CHOICE.findall(answer) if letter in letters}
