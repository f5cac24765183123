"""Personal data by pattern and check digit: e-mail, phone, card, IP address, Chinese mobile and identity numbers.

`mask` puts a placeholder such as `[EMAIL_1]` for each entity, the same one wherever it
recurs in the record, and takes the entity out of the record's history too. Reasons:
personal_data. Names and addresses are not found; @handles and URLs are left as they are.
"""

from __future__ import annotations

import ipaddress
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Literal

import pyarrow as pa

from pipeline.clean.step import Context, Ledger
from pipeline.record import Change, Record, Reject, as_json
from pipeline.settings import Settings, Task
from pipeline.stage import Outcome, per_record
from pipeline.tasks import TaskType, task_type

Action = Literal["keep", "mask", "drop"]


class Pii(Settings):
    """Section `clean.pii`: what becomes of each kind of entity. `drop` drops the record."""

    email: Action = "mask"
    card: Action = "mask"  # payment cards: 13 to 19 digits with a valid Luhn digit
    cn_id: Action = "mask"  # 18-character Chinese identity numbers with a valid check character
    cn_mobile: Action = "mask"  # 11 digits that begin 13 to 19
    phone: Action = "mask"  # international (+) or North American with separators
    ip: Action = "keep"


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
            if valid(match[0]) and not any(start < e and s < end for s, e, _ in spans):
                spans.append((start, end, name))
    return sorted(spans)


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


def _ip(text: str) -> bool:
    try:
        return not ipaddress.ip_address(text).is_unspecified
    except ValueError:
        return False


def _any(_: str) -> bool:
    return True


# Something that any entity has: an at sign after a word character, six digits near each other, dots between digits.
_HINT = re.compile(r"\w@\w|\d(?:[ ().-]{0,2}\d){5}|\d\.\d+\.\d")

#: Kind -> (pattern, check). `(?<!\w)` on ASCII: digits may touch Chinese characters.
KINDS: dict[str, tuple[re.Pattern[str], Callable[[str], bool]]] = {
    "email": (re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)*\.[A-Za-z]{2,24}(?![\w@])", re.ASCII), _any),
    "cn_id": (re.compile(r"(?<![\w-])[1-9]\d{5}(?:19|20)\d{9}[\dXx](?![\w-])", re.ASCII), cn_identity),
    "card": (re.compile(r"(?<![\w./+-])\d(?:[ -]?\d){12,18}(?![\w/-])", re.ASCII), luhn),
    "cn_mobile": (
        re.compile(r"(?<![\w./-])(?:\+?86[ -]?)?1[3-9]\d(?:[ -]?\d{4}){2}(?![\w/-])", re.ASCII),
        _any,
    ),
    "phone": (
        re.compile(
            r"(?<![\w./+-])(?:\+[1-9]\d{0,2}[ .-]?(?:\(\d{1,4}\)[ .-]?)?\d{2,4}(?:[ .-]?\d{2,4}){1,4}"
            r"|(?:1[ .-])?(?:\([2-9]\d\d\) ?|[2-9]\d\d[.-])[2-9]\d\d[ .-]\d{4})(?![\w/-])",
            re.ASCII,
        ),
        lambda text: 8 <= sum(map(str.isdigit, text)) <= 15,
    ),
    "ip": (re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.]*\d)", re.ASCII), _ip),
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
