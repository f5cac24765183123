"""Personal data by pattern and check digit: e-mail, phone, card, IBAN, IP address, identity numbers (Chinese, US).

`mask` puts a placeholder such as `[EMAIL_1]` for each entity, the same one wherever it
recurs in the record, and takes the entity out of the record's history too. Reasons:
personal_data. Names and addresses are not found; @handles and URLs are left as they are.
"""

from __future__ import annotations

import ipaddress
import re
from bisect import bisect
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Literal

import pyarrow as pa

from pipeline.clean.step import Context, Ledger
from pipeline.core.record import Change, Record, Reject, as_json
from pipeline.core.settings import Settings, Task
from pipeline.runtime.stage import Outcome, per_record
from pipeline.tasks import TaskType, task_type

Action = Literal["keep", "mask", "drop"]


class Pii(Settings):
    """Section `clean.pii`: what becomes of each kind of entity. `drop` drops the record."""

    email: Action = "mask"
    card: Action = "mask"  # payment cards: 13 to 19 digits of an issuer's range with a valid Luhn digit
    iban: Action = "mask"  # international bank account numbers with valid check digits
    cn_id: Action = "mask"  # 18-character Chinese identity numbers with a valid check character
    us_ssn: Action = "mask"  # US social security numbers, three groups with hyphens
    cn_mobile: Action = "mask"  # 11 digits that begin 13 to 19
    phone: Action = "mask"  # international (+), North American, British, Chinese (landline, 400); plain digits
    # where they begin with 0, or words such as "call" stand before
    ip: Action = "keep"  # versions 4 and 6; numbers that the text calls a version are none


def handle_pii(table: pa.Table, settings: Pii, context: Context) -> Outcome:
    """Keep, mask or drop per kind of entity. Notes: how many of each were found."""
    return context.by_part(table, partial(_handle, settings=settings, task=context.task))


def _handle(part: pa.Table, ledger: Ledger, settings: Pii, task: Task) -> Outcome:
    work = _worker(task_type(task), settings.model_dump(), ledger.counts["entities"])
    return per_record(part, "pii", work)


def find(text: str) -> list[tuple[int, int, str]]:
    """Entities as (start, end, kind), left to right, not overlapping; earlier kinds of `KINDS` win."""
    if not _HINT.search(text):
        return []
    spans: list[tuple[int, int, str]] = []
    for name, (pattern, valid) in KINDS.items():
        for match in pattern.finditer(text):
            start, end = match.span()
            place = bisect(spans, (start, end))
            before_ends = spans[place - 1][1] if place else 0
            after_starts = spans[place][0] if place < len(spans) else len(text)
            if before_ends <= start and end <= after_starts and valid(match):
                spans.insert(place, (start, end, name))
    return spans


def luhn(number: str) -> bool:
    """Whether the digits of a card number satisfy the Luhn check (ISO/IEC 7812-1)."""
    digits = [int(c) for c in number if c.isdigit()]
    doubled = [d if n % 2 == 0 else d * 2 - 9 * (d > 4) for n, d in enumerate(reversed(digits))]
    return 13 <= len(digits) <= 19 and len(set(digits)) > 1 and sum(doubled) % 10 == 0


def cn_identity(number: str) -> bool:
    """Whether an 18-character Chinese identity number has a possible date and its check character (GB 11643)."""
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    month, day = int(number[10:12]), int(number[12:14])
    total = sum(w * int(c) for w, c in zip(weights, number[:17], strict=True))
    return 1 <= month <= 12 and 1 <= day <= 31 and "10X98765432"[total % 11] == number[17].upper()


def iban(number: str) -> bool:
    """Whether the letters and digits satisfy the check of ISO 13616: as a number they are 1 modulo 97."""
    plain = "".join(number.split()).upper()
    return 15 <= len(plain) <= 34 and int("".join(str(int(c, 36)) for c in plain[4:] + plain[:4])) % 97 == 1


def _card(match: re.Match[str]) -> bool:
    digits = re.sub(r"\D", "", match[0])
    return _ISSUERS.fullmatch(digits) is not None and luhn(digits)


def _ip(match: re.Match[str]) -> bool:
    before = match.string[max(0, match.start() - 20) : match.start()]
    try:
        return not ipaddress.ip_address(match[0]).is_unspecified and not _VERSION.search(before)
    except ValueError:
        return False


def _phone(match: re.Match[str]) -> bool:
    plain = match[0].isdigit() and match[0][0] != "0"
    if plain and not _CALLED.search(match.string[max(0, match.start() - 30) : match.start()]):
        return False
    return 8 <= sum(map(str.isdigit, match[0])) <= 15


def _any(_: re.Match[str]) -> bool:
    return True


# Something that any entity has: an at sign after a word character, six digits near each other, dots or colons between
# digits, the beginning of an IBAN.
_HINT = re.compile(
    r"\w@\w|\d(?:[ ().-]{0,2}\d){5}|\d\.\d+\.\d|[0-9a-f]::?[0-9a-f]+:|[A-Z]{2}\d\d ?[0-9A-Z]{4}", re.IGNORECASE
)
#: Issuers of payment cards by first digits and length (ISO/IEC 7812): Visa, Mastercard, American Express, Discover,
#: UnionPay, JCB, Diners Club.
_ISSUERS = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})|(?:5[1-5]|2[2-7]|35)\d{14}|3[47]\d{13}|(?:6011|64[4-9]\d|65\d\d)\d{12}|62\d{14,17}|3[0689]\d{12}"
)
_VERSION = re.compile(
    r"(?:\bv|version|firmware|build|release|chrome|driver|版本|固件|内核|浏览器|升级到)\W{0,3}(?:号|is)?\W{0,3}$",
    re.IGNORECASE,
)

#: Words before ten plain digits that say they are a phone number.
_CALLED = re.compile(
    r"(?:\b(?:phone|call|tel|mobile|cell|contact|reach|ring|text)\b|电话|致电|手机|拨打|联系)"
    r"\W*(?:(?:me|us|him|her|is|at|on|no|number|num|号|号码|方式|请)\W*){0,3}$",
    re.IGNORECASE,
)
_ALONE = r"(?<!\d{4} )(?<![A-Z]{2}\d\d )"  # no group of a longer number in fours
_INTERNATIONAL = r"\+[1-9]\d{0,2}[ .-]?(?:\(\d{1,4}\)[ .-]?)?\d{2,4}(?:[ .-]?\d{2,4}){1,4}"
_AMERICAN = r"(?:1[ .-])?(?:\([2-9]\d\d\) ?|[2-9]\d\d[. -])[2-9]\d\d[ .-]\d{4}"
_BRITISH = r"\(?0(?:20|1\d{2,3}|7\d{3}|[38]\d{2})\)? \d{3,4} ?\d{3,4}"
_PLAIN = r"0[1-9]\d{9}|[2-9]\d\d[2-9]\d{6}"
_CHINESE = r"(?:\(0(?:10|2\d|[3-9]\d{2})\) ?|0(?:10|2\d|[3-9]\d{2})[ -])[2-9]\d{6,7}|[48]00[ -]\d{3}[ -]?\d{4}"

_PHONES = (_INTERNATIONAL, _AMERICAN, _BRITISH, _CHINESE, _PLAIN)

#: Kind -> (pattern, check). `(?<!\w)` on ASCII: digits may touch Chinese characters.
KINDS: dict[str, tuple[re.Pattern[str], Callable[[re.Match[str]], bool]]] = {
    "email": (re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)*\.[A-Za-z]{2,24}(?![\w@])", re.ASCII), _any),
    "iban": (
        re.compile(r"(?<![\w-])[A-Z]{2}\d\d(?: ?[0-9A-Z]{4}){2,7}(?: ?[0-9A-Z]{1,3})?(?![\w-])", re.ASCII),
        lambda match: iban(match[0]),
    ),
    "cn_id": (
        re.compile(r"(?<![\w-])[1-9]\d{5}(?:19|20)\d{9}[\dXx](?![\w-])", re.ASCII),
        lambda match: cn_identity(match[0]),
    ),
    "card": (re.compile(rf"(?<![\w./+-]){_ALONE}\d(?:[ -]?\d){{12,18}}(?![\w/-])", re.ASCII), _card),
    "us_ssn": (
        re.compile(r"(?<![\w./+-])(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\w/-])", re.ASCII),
        _any,
    ),
    "cn_mobile": (
        re.compile(r"(?<![\w./+-])(?:\+?86[ -]?)?1[3-9]\d(?:[ -]?\d{4}){2}(?![\w/-])", re.ASCII),
        _any,
    ),
    "phone": (
        re.compile(
            rf"(?<![\w./+-]){_ALONE}(?:{_INTERNATIONAL}|{_AMERICAN}|{_BRITISH}|{_CHINESE}|{_PLAIN})(?![\w/-])", re.ASCII
        ),
        _phone,
    ),
    "ip": (
        re.compile(
            r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.]*\d)|(?<![\w:.])(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{1,4}(?![\w:])",
            re.ASCII,
        ),
        _ip,
    ),
}


def _worker(kind: TaskType, actions: Mapping[str, Action], found: Counter[str]) -> Callable[[Record], Record]:
    def work(record: Record) -> Record:
        masked: dict[tuple[str, str], str] = {}
        seen: Counter[str] = Counter()

        def edit(text: str) -> str:
            pieces, end = [], 0
            for start, stop, name in find(text):
                seen[name] += 1
                if actions[name] == "mask":
                    pieces += [text[end:start], _placeholder(masked, name, text[start:stop])]
                    end = stop
            return "".join([*pieces, text[end:]]) if pieces else text

        fields, target = kind.edit_texts(record.fields, record.target, edit)
        found.update(seen)
        forbidden = sorted(name for name in seen if actions[name] == "drop")
        if forbidden:
            raise Reject("personal_data", ", ".join(forbidden))
        return _redacted(record, masked, fields=fields, target=target) if masked else record

    return work


def _placeholder(masked: dict[tuple[str, str], str], name: str, entity: str) -> str:
    number = 1 + sum(known == name for known, _ in masked)
    return masked.setdefault((name, entity), f"[{name.upper()}_{number}]")


def _redacted(record: Record, masked: Mapping[tuple[str, str], str], **changes: object) -> Record:
    """The masked record; no entity stays behind in its history.

    Earlier steps may have respelt an entity (full-width digits), so what they found in a masked field goes altogether.
    """
    after = record.derive("pii", **changes)
    current = {change.field: change.before for change in after.history[len(record.history) :]}
    known = sorted(masked.items(), key=lambda item: (-len(item[0][1]), item[0]))

    def clean(text: str) -> str:
        for (_, entity), placeholder in known:
            text = text.replace(as_json(entity)[1:-1], placeholder)
        return text

    def hide(change: Change, text: str) -> str:
        return clean(text) if current.get(change.field, text) == text else as_json("[masked]")

    earlier = [
        replace(c, before=as_json("[masked]") if c.field in current else clean(c.before), after=hide(c, c.after))
        for c in record.history
    ]
    masking = [replace(c, before=clean(c.before), after=clean(c.after)) for c in after.history[len(earlier) :]]
    return replace(after, history=(*earlier, *masking))
