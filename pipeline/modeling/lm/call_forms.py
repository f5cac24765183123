"""Calls in the form in which a chat template writes them: JSON arguments, or each key and value in tags.

The form is found by having calls written whose parts (`NAMES`, `KEYS`, `VALUES`, `ID`) are known: what stands around
the parts is the form. White space counts for nothing, since models write more or less of it than templates do.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from itertools import takewhile
from typing import Final

from pipeline.core.conversation import ToolCall, canonical
from pipeline.modeling.lm.call_styles import Taken, Tools, typed, types_of

#: Parts of calls that a template is asked to write.
NAMES: Final = ("wlkq7tool", "wlkq7other")
KEYS: Final = ("wlkq7key", "wlkq7more")
VALUES: Final = ("wlkq7value", "wlkq7worth")
ID: Final = "call0000"

_OBJECT = re.compile(r"\{[^{}]*\}")
_HALF_TAG = re.compile(r"<[^<>]*\Z")
_HALF_TAG_AHEAD = re.compile(r"\A[^<>]*>")
_WORD = re.compile(r"\w")
_DECODER = json.JSONDecoder()


@dataclass(frozen=True)
class CallForm:
    """How a call begins (its name is group 1), what may stand before the first, how it ends, and its parameters.

    `around` matches what a template writes before, between and behind calls. `parameter` matches one key and its
    value, where arguments are not written as JSON.
    """

    opening: re.Pattern[str]
    head: str
    close: re.Pattern[str]
    around: re.Pattern[str]
    parameter: re.Pattern[str] | None = None


def read_calls(text: str, form: CallForm, tools: Tools) -> Taken:
    """The calls of a text, and what stands before, between and behind them without what belongs to the form."""
    found = form.opening.search(text)
    if found is None:
        return Taken((), text)
    head = text[: found.start()].rstrip().removesuffix(form.head)
    calls: list[ToolCall] = []
    rest: list[str] = []
    while found:
        call, place = _call(text, found, form, tools)
        calls.append(call)
        found = form.opening.search(text, place)
        rest.append(form.around.sub("", text[place : found.start() if found else len(text)]).strip())
    return Taken(tuple(calls), head, "\n".join(part for part in rest if _WORD.search(part)))


def _call(text: str, found: re.Match[str], form: CallForm, tools: Tools) -> tuple[ToolCall, int]:
    """The call that opens at `found`, and where it ends."""
    following = form.opening.search(text, found.end())
    limit = following.start() if following else len(text)
    closes = form.close.search(text, found.end(), limit) if form.close.pattern else None
    end, behind = closes.span() if closes else (limit, limit)
    if form.parameter is not None:
        types = types_of(found[1], tools)
        pairs = form.parameter.findall(text, found.end(), end)
        return ToolCall(found[1], canonical({key: typed(value, types.get(key)) for key, value in pairs})), behind
    try:
        value, place = _DECODER.raw_decode(text, found.end())
    except (ValueError, RecursionError):
        return ToolCall(found[1], text[found.end() : end].strip()), behind
    arguments = value if isinstance(value, str) else canonical(value)
    return ToolCall(found[1], arguments), _end_of(text, place, form)


def _end_of(text: str, place: int, form: CallForm) -> int:
    """Where a call ends whose arguments end at `place`: behind what closes it, were there more keys before that."""
    closes = re.compile(rf"\s*{form.close.pattern}").match(text, place)
    if closes is None and _WORD.search(form.close.pattern.replace(r"\s", "")):
        following = form.opening.search(text, place)
        closes = form.close.search(text, place, following.start() if following else len(text))
    return closes.end() if closes else place


def _arguments(one: str, start: int) -> re.Match[str] | None:
    """The first object from `start` on that holds the sample's arguments and not its name."""
    return next((m for m in _OBJECT.finditer(one, start) if VALUES[0] in m[0] and NAMES[0] not in m[0]), None)


def json_form(one: str, two: str) -> CallForm | None:
    """Arguments are written as a JSON object, or as JSON text within JSON."""
    name = one.find(NAMES[0])
    found = _arguments(one, max(name, 0))
    if name < 0 or found is None:
        return None
    start, end = found.span()
    if '\\"' in found[0] and one[start - 1] == '"':
        start, end = start - 1, end + 1
    elif not _is_json(found[0]):
        return None
    middle = one[name + len(NAMES[0]) : start]
    return _form(one[:name], middle, one[end:], _between(two, found[0]))


def parameter_form(one: str, two: str) -> CallForm | None:
    """Each key and value of the arguments is written by itself, in tags of some kind."""
    parts = re.split("|".join((NAMES[0], *KEYS, *VALUES)), one)
    if len(parts) != 6:
        return None
    before, middle, to_value, to_key, tail = parts[0], *parts[1:3], parts[3], parts[5]
    close = _whole_tags(_shared(to_key, tail))
    key_opens = to_key[len(close) :]
    if not close.strip() or not key_opens.strip() or not middle.endswith(key_opens.strip()):
        return None
    parameter = rf"{_loose(key_opens)}\s*([^\s<>]+?)\s*{_loose(to_value)}\s*(.*?)\s*{_loose(close)}"
    between = _between(two, VALUES[1]).removeprefix(close)
    opened = middle.rstrip().removesuffix(key_opens.strip())
    return _form(before, opened, tail[len(close) :], between, re.compile(parameter, re.DOTALL))


def _form(
    before: str, middle: str, tail: str, between: str, parameter: re.Pattern[str] | None = None
) -> CallForm | None:
    shared = _shared(before[::-1], between[::-1])[::-1] if between else before
    opens = _HALF_TAG_AHEAD.sub("", shared)
    if not opens.strip():
        return None
    head = before[: len(before) - len(opens)].strip() if between else ""
    close = _whole_tags(_shared(tail, between)) if between else tail
    opening = re.compile(rf"{_loose(opens)}\s*([^\s\"'<>{{}}()\[\]]+)\s*{_loose(middle)}\s*")
    parts = (head, between[len(close) : len(between) - len(opens)], tail[len(close) :])
    around = re.compile(
        "|".join(sorted((_loose(part) for part in parts if part.strip()), key=len, reverse=True)) or "\0"
    )
    return CallForm(opening, head, re.compile(_loose(close)), around, parameter)


def _between(two: str, first_ends: str) -> str:
    """What stands between the arguments of the first call and the name of the second."""
    _, found, rest = two.partition(first_ends)
    between, other, _ = rest.partition(NAMES[1])
    return between if found and other else ""


def _shared(a: str, b: str) -> str:
    return "".join(x for x, _ in takewhile(lambda pair: pair[0] == pair[1], zip(a, b, strict=False)))


def _whole_tags(text: str) -> str:
    """The text without the beginning of a tag at its end."""
    return _HALF_TAG.sub("", text)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _loose(text: str) -> str:
    """A pattern for `text` with any white space, and any id in the place of the probe's."""
    words = re.sub(rf"{ID}\d", "\0", text).split()
    return r"\s*".join(re.escape(word).replace("\0", r"[\w-]+") for word in words)
