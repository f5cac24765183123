"""The Data Docs of the validate stage in Chinese, as a page beside the report: the same page, its texts said anew."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path

from pipeline.report.render import Words, load_strings
from pipeline.report.sections.expectations import CHINESE_DOCS
from pipeline.report.sentences import FIGURE
from pipeline.text.scripts import HAN

_STRINGS = Path(__file__).parent / "strings" / "data_docs.json"
#: A text between two tags; style sheets are none, since they come before the body.
_TEXT = re.compile(r">([^<>]*[A-Za-z][^<>]*)<")
_TAG = re.compile("<[^>]+>")
#: The name of an expectation as params.yaml has it, alone in its element.
_NAMED = re.compile(r"<(code|h5)([^<>]*)>\s*([a-z]+(?:_[a-z]+)*)\s*</\1>")
#: A space that stood between two English words, or beside a figure's slot, and has Chinese on both sides now.
_GAP = re.compile(rf"(?<=[{HAN}]) (?=[{HAN}])")
_EMPTY = """<!DOCTYPE html>
<html lang="zh"><meta charset="utf-8"><title>数据校验</title><p>尚无数据校验结果：dvc repro validate</p>
"""


def write_chinese(docs: Path, out: Path) -> None:
    """Write `out`/data_docs.zh.html from the page `docs`; a line that says so where there is none."""
    page = chinese(docs.read_text("utf-8")) if docs.is_file() else _EMPTY
    (out / CHINESE_DOCS).write_text(page, "utf-8")


def chinese(page: str) -> str:
    """The page with every text of ours in Chinese; texts of the data and ids stay.

    Names of expectations are Chinese too; the name that params.yaml has shows where one points at it.
    """
    words = Words(load_strings("zh"), "zh")
    fixed = [(_pattern(one), text) for one, text in json.loads(_STRINGS.read_text("utf-8")).items()]

    def said(found: re.Match[str]) -> str:
        text = " ".join(html.unescape(found[1]).split())
        before, after = (" " * one.isspace() for one in (found[1][0], found[1][-1]))
        return f">{before}{html.escape(_in_chinese(text, words, fixed), quote=False)}{after}<"

    def named(found: re.Match[str]) -> str:
        tag, more, name = found.groups()
        if words.known(name) == name:
            return found[0]
        return f'<{tag}{more} title="{name}">{words.plain(f"code.{name}")}</{tag}>'

    head, body, rest = page.partition("<body>")
    head = head.replace(": expectations</title>", "：数据校验</title>")
    return head.replace('<html lang="en">', '<html lang="zh">', 1) + body + _TEXT.sub(said, _NAMED.sub(named, rest))


def _pattern(text: str) -> re.Pattern[str]:
    """A text with slots: of a name or version any text fills them, of all others a figure."""
    pieces = re.split(r"\{(\w+)\}", text)
    slots = [f"(?P<{one}>{'.+?' if one in ('name', 'version') else FIGURE})" for one in pieces]
    return re.compile("".join(re.escape(one) if n % 2 == 0 else slots[n] for n, one in enumerate(pieces)))


def _in_chinese(text: str, words: Words, fixed: list[tuple[re.Pattern[str], str]]) -> str:
    for pattern, translated in fixed:
        if found := pattern.fullmatch(text):
            return translated.format(**found.groupdict())
    if " " not in text:
        return text
    told = html.unescape(_TAG.sub("", str(words.said(text))))
    return told if told == text else _GAP.sub("", told)
