"""Phone numbers, whole or not at all.

A run of digits and separators is looked at as a whole; it is a phone number in four cases: it begins with + and a
country's code and has as many digits as numbers of that country have; it is written in a form that hardly anything
else has (North American, British and Chinese groups, a 0 and hyphens); words around call it one (number_context.py);
or it is a national number of one of `countries`. Dates, years, amounts, IP addresses and what the text calls an order
or the like are none. An extension belongs to its number. Works on folded text (personal_data.py).

Source of lengths and trunk prefixes: ITU-T E.164 and the national numbering plans that ITU publishes.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Sequence

from pipeline.text.number_context import called_otherwise, phone_cue

Place = tuple[int, int]

#: ISO 3166 code -> (calling code, trunk prefix, national numbers without it as a pattern).
PLANS: dict[str, tuple[str, str, str]] = {
    "US": ("1", "1?", r"[2-9]\d\d[2-9]\d{6}"),
    "CA": ("1", "1?", r"[2-9]\d\d[2-9]\d{6}"),
    "RU": ("7", "8?", r"[3-9]\d{9}"),
    "ZA": ("27", "0", r"[1-8]\d{8}"),
    "GR": ("30", "", r"[26]\d{9}"),
    "NL": ("31", "0", r"[1-9]\d{8}"),
    "BE": ("32", "0", r"[1-9]\d{7,8}"),
    "FR": ("33", "0", r"[1-9]\d{8}"),
    "ES": ("34", "", r"[5-9]\d{8}"),
    "HU": ("36", "(?:06)?", r"[1-9]\d{7,8}"),
    "IT": ("39", "", r"(?:0\d{5,10}|3\d{8,9}|8\d{7,8})"),
    "RO": ("40", "0", r"[237]\d{8}"),
    "CH": ("41", "0", r"[2-9]\d{8}"),
    "AT": ("43", "0", r"[1-9]\d{5,12}"),
    "GB": ("44", "0", r"[1-9]\d{8,9}"),
    "DK": ("45", "", r"[2-9]\d{7}"),
    "SE": ("46", "0", r"[1-9]\d{6,9}"),
    "NO": ("47", "", r"[2-9]\d{7}"),
    "PL": ("48", "", r"[1-9]\d{8}"),
    "DE": ("49", "0", r"[1-9]\d{5,11}"),
    "MX": ("52", "", r"[2-9]\d{9}"),
    "AR": ("54", "0?", r"9?[1-9]\d{9}"),
    "BR": ("55", "0?", r"[1-9]\d9?\d{8}"),
    "CL": ("56", "", r"[2-9]\d{8}"),
    "CO": ("57", "", r"[36]\d{9}"),
    "MY": ("60", "0", r"[1-9]\d{7,9}"),
    "AU": ("61", "0", r"[2-578]\d{8}"),
    "ID": ("62", "0", r"[2-9]\d{7,11}"),
    "PH": ("63", "0", r"[2-9]\d{7,9}"),
    "NZ": ("64", "0", r"[2-9]\d{7,9}"),
    "SG": ("65", "", r"[3689]\d{7}"),
    "TH": ("66", "0", r"[2-9]\d{7,8}"),
    "JP": ("81", "0?", r"[1-9]\d{8,9}"),
    "KR": ("82", "0", r"[1-9]\d{7,9}"),
    "VN": ("84", "0", r"[2-9]\d{8,9}"),
    "CN": ("86", "0?", r"(?:1[3-9]\d{9}|(?:10|2\d|[3-9]\d\d)[2-9]\d{6,7})"),
    "TR": ("90", "0?", r"[2-5]\d{9}"),
    "IN": ("91", "0?", r"(?:[2-9]\d{9}|(?<=0)1\d{9})"),
    "PK": ("92", "0", r"[1-9]\d{8,9}"),
    "PT": ("351", "", r"[2-9]\d{8}"),
    "IE": ("353", "0", r"[1-9]\d{6,9}"),
    "FI": ("358", "0", r"[1-9]\d{4,10}"),
    "UA": ("380", "0", r"[3-9]\d{8}"),
    "CZ": ("420", "", r"[2-9]\d{8}"),
    "SK": ("421", "0", r"[2-9]\d{8}"),
    "HK": ("852", "", r"[2-9]\d{7}"),
    "TW": ("886", "0", r"[2-9]\d{7,8}"),
    "AE": ("971", "0", r"[2-9]\d{7,8}"),
    "IL": ("972", "0", r"[2-9]\d{7,8}"),
}


def phones(text: str, countries: Sequence[str] = ()) -> Iterator[Place]:
    """Phone numbers with their extensions, in order. `countries`: ISO codes whose national forms need no cue."""
    cued_from = -1
    for match in _RUN.finditer(text):
        start, end = match.span()
        while 0 <= start < end:
            chained = cued_from >= 0 and _CHAIN.fullmatch(text, cued_from, start) is not None
            stop = _longest(text, start, end, countries, chained)
            if stop is None:
                start = _next(_LATER_START, text, start + 1, end)
                continue
            extension = _EXTENSION.match(text, stop)
            cued_from = extension.end() if extension else stop
            yield start, cued_from
            start = _next(_ANY_START, text, cued_from, end)


def cn_mobiles(text: str) -> Iterator[Place]:
    """Chinese mobile numbers: 11 digits that begin 13 to 19, in groups or not, with or without 86."""
    for match in _CN_MOBILE.finditer(text):
        if not called_otherwise(text, match.start()):
            yield match.span()


# Digits with at most three separators between two of them; not inside a word, a longer figure or an address.
_RUN = re.compile(
    r"(?<![\w#$£€¥])(?<!\d )(?<!\d[.,:/-])(?<![A-Za-z_][-./])(?<![A-Z]{2}\d\d )(?<![A-Z]{2}\d\d [A-Z]{4} )"
    r"(?:\+ ?)?(?:\( ?\+?\d|\d)(?:(?:[ .)(/-]{0,2}|\) [-(]"
    r"| [-/] )\d)+(?!(?!x\d)[\w%°€$£¥])(?!,\d|\.\d|:\d|[-/][A-Za-z\d])",
    re.ASCII,
)
_EXTENSION = re.compile(
    r"[ ,]*\(?(?:ext(?:ension)?\.?|x|#|Durchwahl|poste|转|轉|分机号?|内線) ?:?(\d{1,6})\b\)?", re.IGNORECASE | re.ASCII
)
_CHAIN = re.compile(r"\s*(?:,|/|;|&|、|，|；|or|and|oder|und|ou|et|o|e|y|en|of|i|lub|或者?|和|及)\s*", re.IGNORECASE)

_CN_MOBILE = re.compile(
    r"(?<![\w./+(-])(?<!\d{3} )(?:\(?\+?86\)?[ -]?|\+86)?(?:1[3-9]\d(?P<s>[ .-]?)\d{4}(?P=s)\d{4})(?![\w/-])(?! \d{3}"
    r"|\.\d)",
    re.ASCII,
)

# Forms that hardly anything but a phone number has.
_AMERICAN = r"(?:\+?1[ .-]?)?(?:\([2-9]\d\d\) ?|[2-9]\d\d[. -])[2-9]\d\d[ .-]\d{4}"
_BRITISH = r"\(?0(?:20|1\d{2,3}|7\d{3}|[38]\d{2})\)? \d{3,4} ?\d{3,4}"
_CHINESE = r"\(?0(?:10|2\d|[3-9]\d{2})\)?[ -]?(?<=\D)[2-9]\d{6,7}|[48]00-\d{3}-?\d{4}|[48]00 \d{3} \d{4}"
_HYPHENS = r"0\d{1,4}-\d{2,4}-\d{3,4}|\(0\d{1,4}\) ?\d{2,4}-\d{3,4}"
_FORMS = re.compile(f"{_AMERICAN}|{_BRITISH}|{_CHINESE}|{_HYPHENS}")

_INTERNATIONAL = re.compile(r"(?:\+|00(?=[1-9])(?=\d{1,3}[ .(-]))")


_LONGEST = 34  # characters of a phone number with its separators; a guess: not measured
_ANY_START = re.compile(r"[\d+(]")
_LATER_START = re.compile(r"(?<= )(?:\+|(?<!\d{4} )[(0])")
_GAP = re.compile(r" [/-]? ?(?=[\d(+])")


def _longest(text: str, start: int, end: int, countries: Sequence[str], chained: bool) -> int | None:
    """Where the longest phone number that begins at `start` ends; between whole groups only."""
    ends = [match.start() for match in _GAP.finditer(text, start, min(end, start + _LONGEST))]
    if end - start <= _LONGEST:
        ends.append(end)
    for strict in (True, False):
        for stop in reversed(ends):
            if _is_phone(text, start, stop, countries, chained, strict):
                return stop
    return None


def _next(pattern: re.Pattern[str], text: str, place: int, end: int) -> int:
    match = pattern.search(text, place, end)
    return match.start() if match else -1


def _is_phone(text: str, start: int, end: int, countries: Sequence[str], chained: bool, strict: bool) -> bool:
    number = text[start:end]
    digits = re.sub(r"\D", "", number)
    if not 7 <= len(digits) <= 16 or number.count("(") != number.count(")"):
        return False
    if _begins_international(number.lstrip("( "), strict):
        return "+" in number or not called_otherwise(text, start)
    if "+" in number or not strict:
        return False
    return not _is_other_figure(number) and _is_local(text, start, end, digits, countries, chained)


def _is_local(text: str, start: int, end: int, digits: str, countries: Sequence[str], chained: bool) -> bool:
    """Whether a number without a country code is one: by the words around it, or by a country's form."""
    number = text[start:end]
    cue = "strong" if chained else phone_cue(text, start, end)
    if cue and not (_AMOUNT.fullmatch(number) and len(digits) < 9):
        return _fits_cue(number, digits, cue)
    if called_otherwise(text, start):
        return False
    return _FORMS.fullmatch(number) is not None or any(_is_national(number, digits, c) for c in countries)


def _begins_international(number: str, strict: bool) -> bool:
    prefix = _INTERNATIONAL.match(number)
    return prefix is not None and _is_international(number[prefix.end() :], strict)


def _is_international(number: str, strict: bool) -> bool:
    """Whether what follows the + is a calling code and as many digits as its country has; (0) is a trunk prefix.

    Not `strict`: in groups, any length that E.164 allows will do; plans change, and invented numbers keep to none.
    """
    plain = re.sub(r"\D", "", re.sub(r"\(0\)", "", number))
    known = [(code, national) for code, _, national in PLANS.values() if plain.startswith(code)]
    if not known or not strict:
        return _has_length_of_e164(plain, grouped=plain != number)
    return any(re.fullmatch(f"0?{national}", plain[len(code) :]) for code, national in known)


def _has_length_of_e164(digits: str, grouped: bool) -> bool:
    if digits[0] == "1":
        return len(digits) == 11
    return (9 if grouped else 10) <= len(digits) <= 15 and digits[0] != "0"


def _is_national(number: str, digits: str, country: str) -> bool:
    """Whether the digits are a national number.

    In one piece, without a trunk prefix: only 9 digits and more, and where people write their numbers so.
    """
    if _COORDINATE.fullmatch(number):
        return False
    _, trunk, national = PLANS[country]
    is_written_so = digits[0] == "0" or digits != number or (len(digits) >= 9 and ("0" not in trunk or country == "IN"))
    return is_written_so and re.fullmatch(f"{trunk}{national}", digits) is not None


def _fits_cue(number: str, digits: str, cue: str) -> bool:
    if len(digits) > 15:
        return False
    if len(digits) >= 9 or number[0] in "(0":
        return True
    return cue == "strong" and re.fullmatch(r"\d{3,4}[ .-]?\d{3,4}|\d{2,3}(?:[ .-]\d{2,3}){2,3}", number) is not None


_DATE = re.compile(
    r"(?:(?:18|19|20)\d\d[-./ ](?:0?[1-9]|1[0-2])[-./ ](?:0?[1-9]|[12]\d|3[01])|(?:0?[1-9]|[12]\d"
    r"|3[01])[-./ ](?:0?[1-9]|[12]\d|3[01])[-./ ](?:18|19|20)\d\d)\b"
)
_YEARS = re.compile(r"(?:18|19|20)\d\d(?:[ /.-]+(?:18|19|20)\d\d)+")
_AMOUNT = re.compile(r"[1-9]\d{0,2}([. ])\d{3}(?:\1\d{3})?")
_DECIMAL = re.compile(r"\d+\.\d{1,2}|\d+\.\d{1,3}(?: ?/ ?\d+\.\d{1,3})+")
_COORDINATE = re.compile(r"(?:0|[1-9]\d{0,3})\.\d{5,}")  # of a place, of a paper of arXiv
_ISBN = re.compile(r"(?:97[89][ -])?\d{1,5}([ -])\d{1,7}\1\d{1,7}\1\d")


def _is_other_figure(number: str) -> bool:
    if _DATE.match(number) or _YEARS.fullmatch(number) or _DECIMAL.fullmatch(number) or _ISBN.fullmatch(number):
        return True
    try:
        return bool(ipaddress.ip_address(number))
    except ValueError:
        return False
