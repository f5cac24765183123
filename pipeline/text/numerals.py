"""Chinese numerals as digits (三百二十五, 两千, 3万5千, 百分之五, 负二十), and texts without their dates.

Read is what names one number for certain. Left as it stands: 一 inside words (一定, 一起), any single numeral in a
sentence (三个, 十分), what is about (十几, 三百多, 七八), 半, 成, 折 and 倍, hundreds without a number before
(百分之百, 千万), times of day (三点十分), and chains that follow no rule of counting (九九八十一).
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

_DIGITS = {
    sign: str(n)
    for n, signs in enumerate(["零〇", "一壹", "二贰两", "三叁", "四肆", "五伍", "六陆", "七柒", "八捌", "九玖"])
    for sign in signs
}
#: Unit -> its size, and below what the number before it must be; larger ones first.
_UNITS = {"亿": (10**8, 10**8), "万": (10**4, 10**4), "千": (1000, 10), "百": (100, 10), "十": (10, 10)}
_SAME = str.maketrans("拾佰仟萬億兩負貳參陸點", "十百千万亿两负二三六点")
_ONE = "[零〇一二三四五六七八九两壹贰叁肆伍陆柒捌玖]"
_NUMERAL = f"(?:{_ONE}|[十百千万亿]|点(?={_ONE}))"
_LITERAL = r"(?<!\d)\d++(?:,\d{3})*+(?:\.\d++)?+"
#: Never given back, so that 二十几 is not read as 二十; what is longer is no number.
_ANY = rf"(?:{_LITERAL}|{_NUMERAL}){{1,40}}+(?!\d|{_NUMERAL})"
_FRACTION = re.compile(f"(?P<below>{_ANY})分之(?P<above>{_ANY})")
#: A chain, not about a number (十几, 几百, 三百多) and no time of day (三点十分).
_CHAIN = re.compile(
    f"(?<![几数点零〇一二三四五六七八九十百千万亿])(?P<minus>负?)(?P<number>{_ANY})(?![几多余来]|个半)(?P<time>[分刻钟]?)"
)
_MEASURES = "个只条张本元块角分名位次倍人件岁米克斤年月日天页题"
#: A text that is one numeral and perhaps what it counts: 五, 共五元, 第三名, 五个苹果.
_ALONE = re.compile(
    f"(?:一共|总共|大约|等于|[约共第是为=])?({_ONE}|十)(?:[{_MEASURES}][^\\W\\d也都没不无半多几之]{{0,4}})?[。.!]?"
)
_PARTS = {"百": 100, "千": 1000, "万": 10**4}  # before 分之 a unit needs no number

_MONTHS = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.?"
_YEAR = r"[\d零〇一二三四五六七八九]{4}年"
_DATES = re.compile(
    r"(?<!\d)\d{4}([-/.])\d{1,2}\1\d{1,2}(?!\d)"
    r"|(?<!\d)\d{1,2}([-/.])\d{1,2}\2\d{4}(?!\d)"
    rf"|(?:{_YEAR})?(?:\d{{1,2}}|[一二三四五六七八九十]{{1,2}})月(?:\d{{1,2}}|[一二三四五六七八九十]{{1,3}})[日号]"
    rf"|{_YEAR}(?:\d{{1,2}}|[一二三四五六七八九十]{{1,2}})月"
    rf"|\b\d{{1,2}}(?:[a-z]{{2}})? {_MONTHS},? \d{{4}}\b|\b{_MONTHS} \d{{1,2}}(?:[a-z]{{2}})?,? \d{{4}}\b"
)


def without_dates(text: str) -> str:
    """`text` with a space in place of each whole date (2024-05-17, 2024年5月, 五月十七日, May 17, 2024); years stay."""
    return _DATES.sub(" ", text)


def with_digits(text: str) -> str:
    """`text` in half width, its Chinese numerals in digits: 百分之五 as 5%, 四分之一 as 0.25, 3万 as 30000.

    A comma of full width parts two numbers, unless three digits follow it as in １，０２４.
    """
    plain = re.sub(r"，(?!(?<=\d，)\d{3}(?!\d))", " ", text)
    plain = unicodedata.normalize("NFKC", plain).replace("\u2044", "/").replace("\u2212", "-").translate(_SAME)
    if alone := _ALONE.fullmatch(plain.strip()):
        return str(_value(alone[1]))
    return _CHAIN.sub(_chain, _FRACTION.sub(_fraction, plain))


def value_of(numerals: str) -> Decimal | None:
    """The number that Chinese numerals alone name, whatever stands around them; None where they follow no rule."""
    return _value(numerals, is_whole=True)


def _fraction(found: re.Match[str]) -> str:
    below, above = _PARTS.get(found["below"]) or _value(found["below"]), _value(found["above"])
    if above is None or not below:
        return found[0]
    return f"{above:f}%" if below == 100 else f"{above / below:f}"


def _chain(found: re.Match[str]) -> str:
    number = found["number"]
    is_plain = len(number) == 1 or re.fullmatch(_LITERAL, number)
    if (is_plain and not found["minus"]) or ("点" in number and found["time"]):
        return found[0]
    value = _value(number, is_whole=True)
    return found[0] if value is None else f"{'-' * bool(found['minus'])}{value:f}{found['time']}"


def _value(chain: str, is_whole: bool = False) -> Decimal | None:
    """The number that a chain of numerals, units and digits names; None where it follows no rule.

    `is_whole`: three numerals and more in a row are digits of a number (二〇二四).
    """
    for unit, (size, most) in _UNITS.items():
        before, found, after = chain.partition(unit)
        if found:
            head = Decimal(1) if unit == "十" and not before else _value(before)
            rest = _rest(after, size)
            if head is None or rest is None or head >= most or ("点" in before and size < 10**4):
                return None
            return head * size + rest
    return _plain(chain, is_whole)


def _rest(after: str, size: int) -> Decimal | None:
    """What follows a unit: nothing, a numeral that means the next unit (三百二 is 320), or a smaller number."""
    if not after:
        return Decimal(0)
    if after in _DIGITS:
        return Decimal(_DIGITS[after]) * size / 10 if _DIGITS[after] != "0" else None
    value = _value(after.lstrip("零〇"))
    return value if value is not None and value < size else None


def _plain(chain: str, is_whole: bool) -> Decimal | None:
    """A chain without units: digits, one numeral, a decimal (三点一四), or numerals read one by one."""
    if re.fullmatch(_LITERAL, chain):
        return Decimal(chain.replace(",", ""))
    before, point, after = chain.partition("点")
    if point:
        head, decimals = _value(before), _signs(after)
        return None if head is None or not decimals else head + Decimal(f"0.{decimals}")
    return Decimal(_signs(chain)) if _signs(chain) and (len(chain) == 1 or (is_whole and len(chain) > 2)) else None


def _signs(chain: str) -> str:
    """Numerals one by one as digits; "" where one of them is none."""
    return "".join(map(_DIGITS.__getitem__, chain)) if all(sign in _DIGITS for sign in chain) else ""
