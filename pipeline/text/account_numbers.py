"""Numbers with check digits: payment cards, IBANs, Chinese identity numbers; US social security numbers by form.

All work on folded text (personal_data.py): ASCII digits and signs, plain spaces.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.text.number_context import called_a_card, called_otherwise, is_sum

Place = tuple[int, int]


def cards(text: str) -> Iterator[Place]:
    """Payment card numbers: an issuer's prefix and length, a card's grouping, a Luhn digit; none that is summed."""
    for match in _CARD.finditer(text):
        digits = re.sub(r"\D", "", match[0])
        if not luhn(digits):
            continue
        if not (_ISSUERS.fullmatch(digits) or (_MAESTRO.fullmatch(digits) and called_a_card(text, match.start()))):
            continue
        if not called_otherwise(text, match.start()) and not is_sum(text, *match.span()):
            yield match.span()


def ibans(text: str) -> Iterator[Place]:
    """International bank account numbers: a country's code and length, valid check digits; lower case too."""
    for match in _IBAN.finditer(text):
        size = _IBAN_LENGTHS.get(match[0][:2].upper(), 0)
        end = _end_of(text, match.start(), size)
        if size and end and iban(text[match.start() : end]):
            yield match.start(), end


def cn_identities(text: str) -> Iterator[Place]:
    """18-character Chinese identity numbers with a possible date and a valid check character."""
    for match in _CN_ID.finditer(text):
        if cn_identity(match[0].replace(" ", "")):
            yield match.span()


def us_social_security(text: str) -> Iterator[Place]:
    """US social security numbers: three groups with hyphens, none of them a number that was never given out."""
    for match in _US_SSN.finditer(text):
        if not called_otherwise(text, match.start()):
            yield match.span()


def luhn(number: str) -> bool:
    """Whether the digits of a card number satisfy the Luhn check (ISO/IEC 7812-1)."""
    digits = [int(c) for c in number if c.isdigit()]
    doubled = [d if n % 2 == 0 else d * 2 - 9 * (d > 4) for n, d in enumerate(reversed(digits))]
    return 12 <= len(digits) <= 19 and len(set(digits)) > 1 and sum(doubled) % 10 == 0


def cn_identity(number: str) -> bool:
    """Whether an 18-character Chinese identity number has a possible date and its check character (GB 11643)."""
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    month, day = int(number[10:12]), int(number[12:14])
    total = sum(w * int(c) for w, c in zip(weights, number[:17], strict=True))
    return 1 <= month <= 12 and 1 <= day <= 31 and "10X98765432"[total % 11] == number[17].upper()


def iban(number: str) -> bool:
    """Whether the letters and digits satisfy the check of ISO 13616: as a number they are 1 modulo 97."""
    plain = re.sub(r"[ -]", "", number).upper()
    return 15 <= len(plain) <= 34 and int("".join(str(int(c, 36)) for c in plain[4:] + plain[:4])) % 97 == 1


# Plain digits, or the groups that cards are printed in, with one separator throughout.
_CARD = re.compile(
    r"(?<![\w./+-])(?<!\d )(?:\d{12,19}|\d{4}(?P<a>[ -])\d{4}(?P=a)\d{4}(?:(?P=a)\d{1,4})?(?:(?P=a)\d{1,3})?"
    r"|\d{4}(?P<b>[ -])\d{6}(?P=b)\d{4,5}|\d{6}(?P<c>[ -])\d{10,13}|\d{8}(?P<d>[ -])\d{8})(?![\w/-])(?! \d{4}(?!\d))",
    re.ASCII,
)
#: Issuers by first digits and length (ISO/IEC 7812): Visa, Mastercard, American Express, Discover, UnionPay, JCB,
#: Diners Club, Maestro, Mir, RuPay.
_ISSUERS = re.compile(
    r"4(?:\d{15}|\d{18})|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}"
    r"|(?:6011|64[4-9]\d|65\d\d)\d{12}(?:\d{3})?|62\d{14,17}|35\d{14}(?:\d{3})?|(?:2131|1800)\d{11}|3(?:0[0-59]"
    r"|[689]\d)\d{11}"
    r"|(?:5018|5020|5038|5893|6304|6390|6759|676[1-3])\d{8,15}|220[0-4]\d{12}|(?:508[5-9]|60(?:69|7\d|8\d))\d{12}"
)

#: Maestro's wider ranges and the old Visa length, which order numbers have too: where the text calls it a card.
_MAESTRO = re.compile(r"(?:5[06-8]|6|0604)\d{10,17}|4\d{12}")

_IBAN = re.compile(r"(?<![\w-])[A-Za-z]{2}\d\d(?=[ -]?[0-9A-Za-z]{4})", re.ASCII)
#: Letters and digits of an IBAN by country (ISO 13616 registry).
_IBAN_LENGTHS = {
    country: int(size)
    for size, countries in {
        "15": "NO",
        "16": "BE",
        "18": "DK FI FO GL NL",
        "19": "MK SI",
        "20": "AT BA EE KZ LT LU MN XK",
        "21": "CH HR LI LV",
        "22": "BG BH CR DE GB GE IE ME RS VA",
        "23": "AE GI IL IQ OM SO TL",
        "24": "AD CZ ES MD PK RO SA SE SK TN VG",
        "25": "LY PT ST",
        "26": "IS TR",
        "27": "BI DJ FR GR IT MC MR SM",
        "28": "AL AZ BY CY DO GT HU LB NI PL SV",
        "29": "BR EG PS QA UA",
        "30": "JO KW MU YE",
        "31": "MT SC",
        "32": "LC",
        "33": "RU",
    }.items()
    for country in countries.split()
}


def _end_of(text: str, start: int, size: int) -> int | None:
    """Where `size` letters and digits from `start` end, single spaces or hyphens between; None where they do not."""
    place = start
    while size:
        letter = text[place : place + 1]
        if letter in (" ", "-") and text[place - 1].isalnum():
            place += 1
            continue
        if not (letter.isascii() and letter.isalnum()):
            return None
        place, size = place + 1, size - 1
    following = text[place : place + 1]
    return None if following.isascii() and following.isalnum() else place


_CN_ID = re.compile(r"(?<![\w-])[1-9]\d{5} ?(?:18|19|20)\d\d ?\d{4} ?\d{3}[\dXx](?![\w-])", re.ASCII)
_US_SSN = re.compile(r"(?<![\w./+-])(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\w/-])", re.ASCII)
