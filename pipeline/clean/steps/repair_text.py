"""Repairs text: encoding, HTML entities and tags, control and zero-width characters, Unicode, white space.

Edits every text of a record through the task type, so annotations stay true. Emits no
reasons of its own but those of `TaskType.edit_texts`. Repairing twice changes nothing more.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Literal

import ftfy
import pyarrow as pa
from pydantic import field_validator

from pipeline.clean.step import Context, Ledger, edit_texts
from pipeline.core.settings import Settings, Task
from pipeline.runtime.stage import Outcome


class Replace(Settings):
    """A damage that only this data has: a regular expression and what it becomes."""

    pattern: str
    by: str = ""

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, value: str) -> str:
        try:
            re.compile(value)
        except re.error as error:
            raise ValueError(f"not a regular expression: {error}") from None
        return value


class RepairText(Settings):
    """Section `clean.repair_text`."""

    encoding: bool = True  # undo mojibake (ftfy); full-width punctuation and curly quotes stay
    entities: bool = True  # &amp; &#39; and damaged ones such as ` #39;` or `&amp;#39;`
    tags: bool = True  # drop HTML tags by name; switch off where texts are about code
    full_width: Literal["keep", "letters"] = "letters"  # letters: full-width letters and digits become ASCII
    whitespace: Literal["collapse", "trim"] = "collapse"  # trim keeps indentation and inner runs, for code
    replace: tuple[Replace, ...] = ()  # applied first, in order


def repair_text(table: pa.Table, settings: RepairText, context: Context) -> Outcome:
    """Repair every text. Notes: how many texts each kind of repair touched, texts left empty."""
    return context.by_part(table, partial(_repair, settings=settings, task=context.task))


def _repair(part: pa.Table, ledger: Ledger, settings: RepairText, task: Task) -> Outcome:
    repair = repairer(settings, ledger.counts["texts_by_repair"])
    return edit_texts(part, "repair_text", task, repair)


def repairer(settings: RepairText, kinds: Counter[str] | None = None) -> Callable[[str], str]:
    """A function that repairs one text, and counts in `kinds` which repairs changed something."""
    repairs = _repairs(settings)
    suspicious = [re.compile(item.pattern) for item in settings.replace] + [_DAMAGED] * settings.entities
    seen = Counter[str]() if kinds is None else kinds
    clean = _CLEAN if settings.whitespace == "collapse" else _CLEAN_LINES

    def repair(text: str) -> str:
        if clean.fullmatch(text) and not any(pattern.search(text) for pattern in suspicious):
            return text
        before, used = text, set()
        for _ in range(_ROUNDS):
            start = text
            for name, step in repairs.items():
                changed = step(text)
                if changed != text:
                    used.add(name)
                    text = changed
            if text == start:
                break
        seen.update(used)
        if before.strip() and not text:
            seen["left_empty"] += 1
        return text

    return repair


#: One repair may uncover work for another (`&amp;lt;br&amp;gt;`); real texts need two rounds.
_ROUNDS = 10

# Texts of these characters alone, in this order, need no repair: printable ASCII without & and <, Chinese
# characters and punctuation, single spaces between words. Most texts are, and one regular expression says so.
_SAFE = r"!-%'-;=-~一-鿿、。《》！，？：；（）“”‘’…—"
_CLEAN = re.compile(rf"(?:[{_SAFE}]+(?: [{_SAFE}]+)*)?")
_CLEAN_LINES = re.compile(rf"(?:[{_SAFE}]+(?:[ \n][{_SAFE}]+)*)?")

_FTFY = ftfy.TextFixerConfig(
    unescape_html=False, uncurl_quotes=False, fix_latin_ligatures=False, fix_character_width=False, explain=False
)

_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_CUT_ENTITY = re.compile(r"&(amp|lt|gt|quot)(?![\w=;])")
# ` #39;` and `&amp;#39;` where the ampersand was lost: only codes that web pages really escape.
_DAMAGED = re.compile(
    r"(?:(?<=\w)( )|(?<!\S)|&|(?<=[\s\W]))#(34|36|38|39|60|62|160|821[12]|821[6-9]|822[01]|8230);(?=(\w?))"
)

_TAG = re.compile(
    r"<!--.*?-->|</?(?P<name>a|abbr|b|big|blockquote|body|br|center|code|dd|div|dl|dt|em|font|form|h[1-6]|head|hr|html|i"
    r"|img|input|label|li|link|meta|ol|option|p|pre|s|script|section|select|small|span|strike|strong|style|sub|sup"
    r"|table|tbody|td|tfoot|th|thead|title|tr|tt|u|ul|wbr)(?:\s[^<>]{0,500})?/?>",
    re.IGNORECASE | re.DOTALL,
)
_INLINE = {"a", "abbr", "b", "big", "em", "font", "i", "s", "small", "span", "strong", "sub", "sup", "tt", "u", "wbr"}

_CONTROL = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]"
)
_SURROGATE = re.compile("[\ud800-\udfff]")
# A joiner joins emoji, and letters of Indic and Arabic scripts; elsewhere it is dirt.
_JOINER = re.compile("(?<![\u0590-\u1fff\u2190-\u2bff\ufe0f\U0001f000-\U0001faff])[\u200c\u200d]|[\u200c\u200d]$")
_FULL_WIDTH = {code: code - 0xFEE0 for code in [*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B)]}

_SPACES = re.compile("[\t\xa0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_LINE_ENDS = re.compile("\r\n?|[\u2028\u2029]")
_RUNS = re.compile("  +")
_AROUND_LINES = re.compile(" *\n *")
_LINE_TAILS = re.compile("[ \t]+\n")
_EMPTY_LINES = re.compile("\n{3,}")


def _repairs(settings: RepairText) -> dict[str, Callable[[str], str]]:
    repairs: dict[str, Callable[[str], str]] = {}
    for n, item in enumerate(settings.replace, 1):
        repairs[f"replace_{n}"] = _replacer(item)
    repairs["control_characters"] = _without_control
    if settings.entities:
        repairs["entities"] = _without_entities
    if settings.encoding:
        repairs["encoding"] = lambda text: ftfy.fix_text(text, _FTFY)
    if settings.tags:
        repairs["tags"] = lambda text: _TAG.sub(_tag_space, text)
    if settings.full_width == "letters":
        repairs["full_width"] = lambda text: text.translate(_FULL_WIDTH)
    repairs["unicode"] = lambda text: unicodedata.normalize("NFC", text)
    repairs["whitespace"] = _collapsed if settings.whitespace == "collapse" else _trimmed
    return repairs


def _replacer(item: Replace) -> Callable[[str], str]:
    pattern = re.compile(item.pattern)
    return lambda text: pattern.sub(item.by, text)


def _without_control(text: str) -> str:
    text = _SURROGATE.sub("�", text)
    return _JOINER.sub("", _CONTROL.sub("", text))


def _without_entities(text: str) -> str:
    before = ""
    while before != text:
        before = text
        text = _ENTITY.sub(lambda m: html.unescape(m[0]), text)
    text = _CUT_ENTITY.sub(lambda m: html.unescape(f"{m[0]};"), text)
    return _DAMAGED.sub(_from_damaged, text)


def _from_damaged(match: re.Match[str]) -> str:
    # `don #39;t` lost its ampersand to the space; in `the #39;90s #39;` the space stays a space.
    inside_word = match[1] and match[2] in ("39", "8217") and match[3].isalpha()
    return ("" if inside_word else match[1] or "") + chr(int(match[2]))


def _tag_space(match: re.Match[str]) -> str:
    return "" if (match["name"] or "").lower() in _INLINE else " "


def _collapsed(text: str) -> str:
    text = _SPACES.sub(" ", _LINE_ENDS.sub("\n", text))
    return _EMPTY_LINES.sub("\n\n", _AROUND_LINES.sub("\n", _RUNS.sub(" ", text))).strip()


def _trimmed(text: str) -> str:
    return _EMPTY_LINES.sub("\n\n", _LINE_TAILS.sub("\n", _LINE_ENDS.sub("\n", text).replace("\xa0", " "))).strip()
