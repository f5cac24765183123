"""The document as one HTML page: templates, style, script and both languages inlined; everything escaped."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections import Counter
from collections.abc import Mapping
from itertools import chain
from pathlib import Path
from typing import Any, TypedDict

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from pipeline.report import sentences
from pipeline.report.deciders import decider
from pipeline.report.document import Document
from pipeline.report.draw import columns, curve, growth, paths, plane, whiskers
from pipeline.report.flow_chart import sankey
from pipeline.report.record_history import RecordHistory

_HERE = Path(__file__).parent
LANGUAGES = ("en", "zh")
#: Kinds of names that stand for one another where one of them is not said apart.
KINDS = ("fact", "col", "code", "table")
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_SAID = re.compile(r"said\.\d+")

Strings = Mapping[str, str]


def load_strings(language: str) -> dict[str, str]:
    """The interface strings of a language: key -> text with {placeholders}."""
    return {
        **json.loads((_HERE / "strings" / f"{language}.json").read_text("utf-8")),
        **dict(sentences.strings(language)),
    }


def render(document: Document) -> str:
    """The page. Its only script is ours, named by hash in a policy that forbids every request."""
    strings = {language: load_strings(language) for language in LANGUAGES}
    script = (_HERE / "templates" / "page.js").read_text("utf-8")
    loader = FileSystemLoader(_HERE / "templates")
    pages = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    here = Words(strings[document["language"]], document["language"])
    histories = _json_in_html(shared_lines(document["record_histories"]))
    pages.globals.update(
        t=here.text,
        said=here.said,
        plain=here.plain,
        code=here.code,
        known=here.known,
        who=here.who,
        name=here.name,
        sankey=sankey,
        curve=curve,
        whiskers=whiskers,
    )
    pages.globals.update(growth=growth, plane=plane, paths=paths, columns=columns)
    pages.filters.update(num=number, pct=percent, dec=decimal, change=change, choices=choices, short=short)
    return pages.get_template("page.html").render(
        document=document,
        strings=lambda: _json_in_html(_said(strings, here.said_keys | set(_SAID.findall(histories)))),
        record_histories=histories,
        style=Markup((_HERE / "templates" / "style.css").read_text("utf-8")),
        script=Markup(script),
        script_hash="sha256-" + base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii"),
        glossary=[key.removeprefix("term.") for key in strings["en"] if key.startswith("term.")],
    )


def _said(strings: Mapping[str, Strings], keys: set[str]) -> dict[str, dict[str, str]]:
    """The strings of each language without the sentences of stages that the page does not say."""
    return {
        language: {key: text for key, text in found.items() if key in keys or not _SAID.fullmatch(key)}
        for language, found in strings.items()
    }


class SharedLines(TypedDict):
    """Record histories as the page holds them: a line that several have stands once, and they have its number."""

    lines: list[list[object]]
    records: dict[str, list[list[object] | int]]


def shared_lines(histories: Mapping[str, RecordHistory]) -> SharedLines:
    """The histories with the lines that repeat (source, licence, label, split) told once: 300 kB of 2 MB."""
    keys = {id: [json.dumps(line, sort_keys=True) for line in history] for id, history in histories.items()}
    counts = Counter(chain.from_iterable(keys.values()))
    numbers = {key: n for n, key in enumerate(key for key, count in counts.items() if count > 1)}
    records = {
        id: [numbers.get(key, line) for key, line in zip(keys[id], history, strict=True)]
        for id, history in histories.items()
    }
    return {"lines": [json.loads(key) for key in numbers], "records": records}


class Words:
    """Interface texts in the opening language, marked so that the page's script can switch them."""

    def __init__(self, strings: Strings, language: str) -> None:
        self.strings, self.is_chinese = strings, language == "zh"
        self.said_keys: set[str] = set()  # sentences of stages that the page says

    def text(self, key: str, **values: object) -> Markup:
        """A span with the text of `key`; values that are sentences of a stage are said in the page's language too."""
        told = {name: _told(value) for name, value in values.items()}
        self.said_keys.update(_SAID.findall(json.dumps([key, told])))
        data = Markup(' data-a="{}"').format(json.dumps(told, ensure_ascii=False, sort_keys=True)) if told else ""
        return Markup('<span data-t="{}"{}>{}</span>').format(key, data, self.plain(key, **told))

    def said(self, sentence: object) -> Markup:
        """A sentence that a stage wrote, in the page's language where it is known, else as it is."""
        found = sentences.told(str(sentence))
        return self.known(sentence) if found is None else self.text(found["k"], **found["a"])

    def who(self, name: object) -> Markup:
        """Who decided or answered, in plain words; a person's own name as it is."""
        found = decider(str(name))
        return escape(name) if found is None else self.text(found["k"], **found["a"])

    def plain(self, key: str, **values: object) -> str:
        """The text of `key`; a key without text reads as its own last part."""
        text = self._text(key) or humanise(key.partition(".")[2] or key)
        return re.sub(r"\{(\w+)\}", lambda found: self._value(values.get(found[1])), text)

    def code(self, name: object) -> Markup:
        """A step, reason or other name of ours, translated where a string `code.<name>` exists."""
        return self.text(f"code.{name}") if _NAME.fullmatch(str(name)) else escape(name)

    def known(self, name: object) -> Markup:
        """A name of ours where one has a text, else a name of the data as it is."""
        return self.text(f"code.{name}") if self._text(f"code.{name}") else escape(name)

    def name(self, path: str) -> Markup:
        """The name of a block, `part: part` where it lies inside another one: each part translated where known."""
        parts = [
            self.text(f"table.{part}") if self._text(f"table.{part}") else self.code(part) for part in path.split(": ")
        ]
        return Markup(" · ").join(parts)

    def _text(self, key: str) -> str | None:
        """The text of `key`; a name that its own kind does not have is that of another kind, as in page.js."""
        kind, _, name = key.partition(".")
        if key in self.strings or kind not in KINDS:
            return self.strings.get(key)
        if name.startswith("meta_"):  # a column of the data's own, by its own name
            return name.removeprefix("meta_")
        return next((self.strings[f"{one}.{name}"] for one in KINDS if f"{one}.{name}" in self.strings), None)

    def _value(self, value: object) -> str:
        if isinstance(value, int | float):
            return number(value)
        if isinstance(value, Mapping):
            return self._nested(value)
        return self.plain(f"code.{value}") if _NAME.fullmatch(str(value)) else str(value)

    def _nested(self, value: Mapping[str, Any]) -> str:
        """A word of the data, a sentence inside another one, or a list of names; page.js says them the same way."""
        if "w" in value:
            is_ours = self.is_chinese or "_" in value["w"]
            return self.strings.get(f"code.{value['w']}", value["w"]) if is_ours else str(value["w"])
        if "names" in value:
            names = ("、" if self.is_chinese else ", ").join(f"“{self._value(one)}”" for one in value["names"])
            return names + (f" +{value['more']}" if value["more"] else "")
        return self.plain(value["k"], **value["a"])


def _told(value: object) -> object:
    """A value of a text with the sentences in it told apart from what is data."""
    if isinstance(value, str):
        return (sentences.told(value) if " " in value else None) or value
    if isinstance(value, Mapping) and "names" in value:
        return {**value, "names": [sentences.told(one) or {"w": one} for one in value["names"]]}
    return value


def humanise(name: str) -> str:
    """`near_duplicate` -> `near duplicate`."""
    return name.replace("_", " ")


def number(value: float | None) -> str:
    """A count with thousands marked; a dash where there is none."""
    if value is None:
        return "–"
    return f"{value:,.0f}" if isinstance(value, int) or float(value).is_integer() else decimal(value)


def percent(value: float | None) -> str:
    """A share as per cent, with a decimal below ten."""
    if value is None:
        return "–"
    share = 100 * float(value)
    return f"{share:.0f} %" if share >= 10 or share == 0 else f"{share:.1f} %"


def decimal(value: object) -> str:
    """A measured figure with three significant decimals."""
    if not isinstance(value, int | float):
        return "–"
    return f"{value:,.1f}" if abs(value) >= 100 else f"{value:.3f}"


def short(value: float) -> str:
    """A bound as people write it: `0.3`, `20,000`."""
    return f"{value:,.0f}" if abs(value) >= 10 else f"{value:.4g}"


def change(value: object) -> str:
    """A signed difference: `+0.012`, `−0.003`, `0`."""
    if not isinstance(value, int | float):
        return "–"
    return "0" if abs(value) < 0.0005 else f"{value:+.3f}".replace("-", "−")


def choices(rows: list[list[object]], column: int) -> list[str]:
    """The values of a column where they are few enough to filter by, else none."""
    found = sorted({str(row[column]) for row in rows if row[column] is not None})
    return found if 2 <= len(found) <= 15 and len(rows) > 5 else []


def _json_in_html(value: object) -> Markup:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return Markup(text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e"))
