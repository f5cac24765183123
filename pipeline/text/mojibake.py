"""Encoding repair: texts whose bytes were decoded by the wrong table (mojibake).

ftfy undoes UTF-8 that was read as latin-1, cp1252 and their kin. Two confusions of Chinese data are beyond it and are
undone here, only where a round trip proves it: decoding the repaired text wrongly again must give the text as it
came.

- UTF-8 read as GBK: 浣犲ソ was 你好, `don鈥檛` was `don’t`. Bytes that the wrong reading lost stand as U+FFFD or `?`; a
  lost byte is put back where one common character alone fits, else U+FFFD marks the character.
- GBK read as latin-1 or cp1252: `ÄãºÃ` was 你好. ftfy would take parts of it for other damage, so this is looked for
  first.

GBK read as UTF-8 is lost for good: every byte has become U+FFFD.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable

import ftfy
from ftfy import bad_codecs

bad_codecs.ok()  # registers sloppy-windows-1252, which maps all 256 bytes

# The encoding alone: what else ftfy does are repairs of their own (repair.py), and are told by their own names.
_FTFY = ftfy.TextFixerConfig(
    unescape_html=False,
    uncurl_quotes=False,
    fix_latin_ligatures=False,
    fix_character_width=False,
    fix_line_breaks=False,
    remove_control_chars=False,
    normalization=None,
    explain=False,
)


def repair_encoding(text: str) -> str:
    """`text` with mojibake undone; curly quotes, ligatures and full-width forms stay as they are."""
    return ftfy.fix_text(repair_chinese(text), _FTFY)


def repair_chinese(text: str) -> str:
    """`text` with GBK confusions undone, line by line, and run by run where a line is damaged in part."""
    if text.isascii():
        return text
    if _LATIN.search(text):
        text = _by_line(text, _gbk_read_as_latin, _LATIN_RUN)
    if _HAN.search(text):
        text = _by_line(text, _utf8_read_as_gbk, _RUN)
    return text


#: The five hundred commonest characters, by any count of modern Chinese. They tell prose from byte salad: of prose of
#: any kind they are about three quarters, of GBK's 21,000 characters one in forty.
_COMMONEST = frozenset(
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种事成方"
    "多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实日军者意无力它与长把机十民第公此已工使情"
    "明性知全三又关点正业外将两高间由问很最重并物手应战向头文体政美相见被利什二等产或新己制身果加西斯月话合回特代内信表化老给"
    "世位次度门任常先海通教儿原东声提立及比员解水名真论处走义各入几口认条平系气题活尔更别打女变四神总何电数安少报才结反受目太"
    "量再感建务做接必场件计管期市直德资命山金指克许统区保至队形社便空决治展马科司五基眼书非则听白却界达光放强即像难且权思王象"
    "完设式色路记南品住告类求据程北边死张该交规万取拉格望觉术领共确传师观清今切院让识候带导争运点吃吗吧呢啊送饭店菜味钱买卖号"
    "六七八九百千早晚饿久错快慢差请谢您客服订单退换货款价"
)
_HAN = re.compile("[\u3400-\u9fff\ue000-\uf8ff]")  # GB18030 maps unassigned pairs to the private use area
_HAN_TRUE = re.compile("[\u3400-\u9fff]")
_LATIN = re.compile("[\xa1-\xff\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192]{2}")
_LATIN_RUN = re.compile("[^\x00-\x7f\u3400-\u9fff]+")
_RUN = re.compile("[^\x00-\x7f\u3000-\u3002\uff00-\uffef]+")

Repair = Callable[[str], str | None]


def _by_line(text: str, repair: Repair, run: re.Pattern[str]) -> str:
    lines = text.split("\n")
    for n, line in enumerate(lines):
        if line.isascii():
            continue
        whole = repair(line)
        lines[n] = run.sub(lambda m: repair(m[0]) or m[0], line) if whole is None else whole
    return "\n".join(lines)


def _gbk_read_as_latin(line: str) -> str | None:
    """The text whose GBK bytes read as latin-1 or cp1252 are `line`; None where that is not certain."""
    for codec in ("latin-1", "sloppy-windows-1252"):
        try:
            data = line.encode(codec)
        except UnicodeError:
            continue
        inner = _decoded(data, "utf-8")  # then the wrong reading was written as UTF-8 and misread once more, or ftfy's
        repaired = _decoded(data, "gbk") if inner is None else inner
        if repaired and inner is not None:
            repaired = _gbk_read_as_latin(inner) if _LATIN.search(inner) else None
        elif repaired and not _is_certain(_HAN_TRUE.findall(repaired)):
            repaired = None
        if repaired:
            return repaired
    return None


def _decoded(data: bytes, codec: str) -> str | None:
    try:
        return data.decode(codec)
    except UnicodeError:
        return None


def _is_certain(han: list[str]) -> bool:
    """Whether Chinese characters are those of a text; Latin letters read as GBK, even in a list, are not."""
    if len(set(han)) < (2 if len(han) < 6 else 3):  # ×÷×÷ draws a line
        return False
    usual = sum(letter in _COMMONEST for letter in han) / len(han)
    common = _level_one(han)
    if len(han) < 4:
        return common == 1 and usual >= 0.6
    codes = [int.from_bytes(letter.encode("gbk"), "big") for letter in han]
    listed = sum(b - a == 0x202 for a, b in itertools.pairwise(codes))  # ÀÁÂÃ: each pair begins two letters on
    return usual >= 0.3 if common < 0.9 else listed < len(han) / 3


def _utf8_read_as_gbk(line: str) -> str | None:
    """The text whose UTF-8 bytes read as GBK are `line`; None where that is not certain."""
    data = _gbk_bytes(line)
    if data is None or not _WHOLE.fullmatch(data):
        return None
    repaired = _TORN.sub(_put_back, data).decode("utf-8", "replace")
    before, after = _HAN.findall(line), _HAN_TRUE.findall(repaired)
    if not after:
        return repaired if _is_western(line, repaired) else None
    if len(after) > 1 and _level_one(after) >= 0.8 and _level_one(before) < 0.6:
        return repaired
    return _utf8_read_as_gbk(repaired)  # it may have been misread twice


def _gbk_bytes(line: str) -> bytes | None:
    try:
        return _LOST.join(piece.encode("gb18030") for piece in line.split("\ufffd"))
    except UnicodeError:
        return None


#: Stands for a byte that the wrong reading lost; no byte of UTF-8 or GB18030 text has this value.
_LOST = b"\xff"
#: UTF-8 where a lost byte, or a `?` that stands for one, may be part of any sequence.
_TORN = re.compile(
    rb"[\xc2-\xdf](?:\xff|\?)|[\xe0-\xef](?:[\x80-\xbf](?:\xff|\?)|\xff[\x80-\xbf]|\xff\xff)|\xff[\x80-\xbf]{1,2}|\xff"
)
_WHOLE = re.compile(
    rb"(?:[\x00-\x7f]|[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}|"
    + _TORN.pattern
    + rb")+"
)


def _put_back(match: re.Match[bytes]) -> bytes:
    """A torn sequence with its lost byte put back where one common character alone fits, else U+FFFD."""
    torn = match[0]
    if torn.count(_LOST) != 1:
        return _MARK
    place = match.start() + torn.index(_LOST) + 1
    following = match.string[place : place + 1]
    fitting = []
    for byte in range(0x80, 0xC0):
        letter = torn.replace(_LOST, bytes([byte])).decode("utf-8", "replace")
        if _is_lost(byte, following) and (letter in _FREQUENT_SIGNS or _level_one([letter]) == 1):
            fitting.append(letter)
    return fitting[0].encode() if len(fitting) == 1 else _MARK


def _is_lost(byte: int, following: bytes) -> bool:
    """Whether a reader of GBK loses `byte` before `following`: no pair begins so, or this pair is unassigned."""
    try:
        (bytes([byte]) + following).decode("gbk")
    except UnicodeError:
        return True
    return False


_MARK = "\ufffd".encode()
_FREQUENT_SIGNS = frozenset("。、，！？：；（）《》“”‘’…—")


def _level_one(letters: list[str]) -> float:
    """The share of `letters` among the 3,755 common characters: level one of GB 2312, rows 16 to 55."""
    common = 0
    for letter in letters:
        try:
            data = letter.encode("gb2312")
        except UnicodeError:
            continue
        common += len(data) == 2 and 0xB0 <= data[0] <= 0xD7
    return common / len(letters) if letters else 0.0


def _is_western(line: str, repaired: str) -> bool:
    """Whether the few characters of a western text that were not ASCII were read as GBK.

    Proof is 鈥 (the first bytes of curly quotes and dashes), which no Chinese text has, or a character amid a Latin
    word.
    """
    foreign = [letter for letter in repaired if not letter.isascii() and letter != "\ufffd"]
    if not foreign or any(_WESTERN.fullmatch(letter) is None for letter in foreign):
        return False
    return "鈥" in line or re.search("[A-Za-z][\u3400-\u9fff][a-z]", line) is not None


_WESTERN = re.compile("[\xa0-\xff\u0100-\u017f\u2010-\u2044\u20ac\u2122]")
