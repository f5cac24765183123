"""Optional normalisation: one form of Chinese characters; placeholders for URLs, handles and numbers.

Not among the default steps: what it takes away may be what a model is to learn. List it after `pii`, whose
placeholders it leaves alone. Every edit is in the record's history with before and after; annotations move with the
text. Emits no reasons of its own but those of `TaskType.edit_texts`. Normalising twice changes nothing more.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, partial
from typing import Literal

import pyarrow as pa

from pipeline.clean.step import Context, Ledger, edit_texts
from pipeline.core.settings import Settings, Task
from pipeline.runtime.stage import Outcome
from pipeline.text.scripts import UNSPACED, has_han


class NormaliseText(Settings):
    """Section `clean.normalise_text`."""

    chinese: Literal["keep", "simplified", "traditional"] = "keep"  # by phrases (OpenCC): 头发 is 頭髮, 发展 is 發展
    urls: bool = False  # http(s) and www addresses become [URL]
    handles: bool = False  # @name becomes [HANDLE]; e-mail addresses are not handles
    numbers: bool = False  # figures, with sign, separators and per cent, become [NUMBER]; digits inside words stay


def normalise_text(table: pa.Table, settings: NormaliseText, context: Context) -> Outcome:
    """Normalise every text. Notes: how many texts each kind of edit touched."""
    return context.by_part(table, partial(_normalise, settings=settings, task=context.task))


def _normalise(part: pa.Table, ledger: Ledger, settings: NormaliseText, task: Task) -> Outcome:
    edits = edits_of(settings)

    def edit(text: str) -> str:
        for name, change in edits.items():
            changed = change(text)
            if changed != text:
                ledger.counts["texts_by_edit"][name] += 1
                text = changed
        return text

    return edit_texts(part, "normalise_text", task, edit)


def edits_of(settings: NormaliseText) -> dict[str, Callable[[str], str]]:
    """The edits that are switched on, by name, in the order in which they are made."""
    edits: dict[str, Callable[[str], str]] = {}
    if settings.urls:
        edits["urls"] = lambda text: _URL.sub("[URL]", text)
    if settings.handles:
        edits["handles"] = lambda text: _HANDLE.sub("[HANDLE]", text)
    if settings.numbers:
        edits["numbers"] = lambda text: _NUMBER.sub("[NUMBER]", text)
    if settings.chinese != "keep":
        edits["chinese"] = partial(_in_one_form, way="t2s" if settings.chinese == "simplified" else "s2t")
    return edits


_BREAK = r"\s<>\"'`|，。！？；：、（）《》【】「」“”‘’…" + UNSPACED
# The last character is no punctuation of the sentence around the address.
_URL = re.compile(rf"(?:https?://|(?<![\w.])www\.)[^{_BREAK}]*[^{_BREAK}.,;:!?)\]}}]", re.IGNORECASE)
_HANDLE = re.compile(r"(?<![\w@./+-])@\w{1,50}")
_NUMBER = re.compile(r"(?<![\w.])(?:(?<!\S)[+-])?\d+(?:[.,:/]\d+)*%?(?![\w])", re.ASCII)

_ROUNDS = 4  # a converted phrase may make another one whole; a guess: not measured


def _in_one_form(text: str, way: str) -> str:
    for _ in range(_ROUNDS if has_han(text) else 0):
        before, text = text, _converter(way)(text)
        if text == before:
            break
    return text


@cache
def _converter(way: str) -> Callable[[str], str]:
    from opencc import OpenCC

    convert: Callable[[str], str] = OpenCC(way).convert
    return convert
