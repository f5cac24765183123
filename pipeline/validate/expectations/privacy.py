"""A last look for personal data that cleaning was to remove. The values themselves are never shown."""

from __future__ import annotations

import re
from collections.abc import Callable

from pipeline.validate.expectations.base import Check, ShareRule, mostly, verdicts
from pipeline.validate.view import View


def no_pii_left(rule: ShareRule, view: View) -> Check:
    """No e-mail address, phone number, payment card or Chinese identity number in any text."""

    def verdict(texts: list[str]) -> str | None:
        likely = [text for text in texts if _HINT.search(text)]
        found = [what for what, (pattern, holds) in _KINDS.items() if _occurs(pattern, holds, likely)]
        return f"holds {', '.join(found)}" if found else None

    reasons = [verdict(view.texts(record)) for record in view.records]
    return verdicts(f"no personal data is left{mostly(rule.share)}", reasons, rule.share)


def _occurs(pattern: re.Pattern[str], holds: Callable[[str], bool], texts: list[str]) -> bool:
    return any(holds(re.sub(r"[ -]", "", match.group())) for text in texts for match in pattern.finditer(text))


def _always(value: str) -> bool:
    return True


def _luhn(number: str) -> bool:
    """The check digit of payment cards (ISO/IEC 7812-1)."""
    digits = [int(d) for d in reversed(number)]
    return sum(sum(divmod(2 * d, 10)) if n % 2 else d for n, d in enumerate(digits)) % 10 == 0


def _identity_check(number: str) -> bool:
    """The check digit of Chinese identity numbers (GB 11643-1999)."""
    total = sum(int(d) * 2 ** (17 - n) for n, d in enumerate(number[:17]))
    return "10X98765432"[total % 11] == number[17].upper()


#: What every kind needs: an at sign, or seven digits with no more than signs of phone numbers between them.
_HINT = re.compile(r"@|\d(?:[ ()+.-]*\d){6}")

_KINDS: dict[str, tuple[re.Pattern[str], Callable[[str], bool]]] = {
    "an e-mail address": (re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{2,63})+"), _always),
    "a phone number": (
        re.compile(
            r"(?<![A-Za-z0-9.])(?:\+\d{1,3}[ -]?(?:\(\d{1,4}\)|\d{1,4})(?:[ -]?\d{2,4}){2,4}"
            r"|(?:\(\d{3}\) ?|\d{3}[-. ])\d{3}[-. ]\d{4}|1[3-9]\d{9})(?!\d)"
        ),
        _always,
    ),
    "a payment card number": (re.compile(r"(?<!\d)\d(?:[ -]?\d){12,18}(?!\d)"), _luhn),
    "a Chinese identity number": (re.compile(r"(?<!\d)\d{17}[\dXx](?!\d)"), _identity_check),
}
