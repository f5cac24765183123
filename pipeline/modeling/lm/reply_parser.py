"""What a model wrote as a message: reasoning, text and calls, taken apart the way its chat template writes them.

Nothing is known of single models: the template writes replies whose parts are known, and what stands around these parts
is the form. White space counts for nothing, since models write more or less of it than templates do. Calls are read
where their arguments are written as JSON, or each key and value in tags, or in one of `call_styles.STYLES`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile

from pipeline.core.conversation import Conversation, Message, ToolCall, canonical
from pipeline.core.record import Reject
from pipeline.modeling.lm.call_styles import STYLES, CallStyle, Taken, Tools, taken, typed, types_of
from pipeline.modeling.lm.chat_template import ChatTemplate
from pipeline.modeling.lm.replies import reply

_ASK, _TEXT, _REASON = "wlkq7probe", "wlkq7answer", "wlkq7reason"
_NAMES, _KEYS, _VALUES, _ID = (
    ("wlkq7tool", "wlkq7other"),
    ("wlkq7key", "wlkq7more"),
    ("wlkq7value", "wlkq7worth"),
    "call0000",
)
_TOOLS = tuple(
    {
        "type": "function",
        "function": {
            "name": name,
            "description": "A tool.",
            "parameters": {"type": "object", "properties": {key: {"type": "string"} for key in _KEYS}},
        },
    }
    for name in _NAMES
)
_OBJECT = re.compile(r"\{[^{}]*\}")
_HALF_TAG = re.compile(r"<[^<>]*\Z")
_HALF_TAG_AHEAD = re.compile(r"\A[^<>]*>")
_DECODER = json.JSONDecoder()


@dataclass(frozen=True)
class _Around:
    """What stands before and behind a reply's reasoning."""

    before: str
    behind: str


@dataclass(frozen=True)
class _CallForm:
    """How a call begins (its name is group 1), what may stand before the first, how it ends, and its parameters.

    `parameter` matches one key and its value, where arguments are not written as JSON.
    """

    opening: re.Pattern[str]
    head: str
    close: str
    parameter: re.Pattern[str] | None = None


class ReplyParser:
    """Takes apart what the model of this template writes behind a prompt."""

    def __init__(self, template: ChatTemplate) -> None:
        self.template = template

    def message(self, written: str, tools: Tools = ()) -> Message:
        """The reply, whole. `written` still has its control tokens; what cannot be read stays in the text.

        Arguments that are no JSON stay as they were written. `tools` tell texts from numbers where the template does
        not write arguments as JSON.
        """
        reasoning, text = self._without_reasoning(written)
        found = self._taken(text, tools)
        head = found.head
        if found.calls and not reasoning:
            reasoning, head = self._reasoning_ahead(head)
        text = f"{head}{found.tail}".lstrip().removeprefix(self._lead)
        return Message("assistant", self._plain(text), self._plain(reasoning), found.calls)

    def _taken(self, text: str, tools: Tools) -> Taken:
        """The calls of a text, and the text without them."""
        if self._style:
            return taken(text, self._style, tools)
        first = self._calls.opening.search(text) if self._calls else None
        if first is None or self._calls is None:
            return Taken((), text)
        head = text[: first.start()].rstrip().removesuffix(self._calls.head)
        return Taken(tuple(_read(text, self._calls, tools)), head)

    def _reasoning_ahead(self, head: str) -> tuple[str, str]:
        """Reasoning that ends where the calls begin, as Harmony has it; and the rest."""
        form = self._reasoning_before_calls
        if form is None or form.before not in head or not head.rstrip().endswith(form.behind):
            return "", head
        said = head.rstrip().removesuffix(form.behind)
        rest, _, reasoning = said.partition(form.before)
        return reasoning, rest

    def _without_reasoning(self, text: str) -> tuple[str, str]:
        """Reasoning and the rest; reasoning that is not closed stays in the text."""
        form = self._reasoning
        if form is None or form.behind not in text:
            return "", text
        said, _, rest = text.partition(form.behind)
        return (said.replace(form.before, "", 1), rest) if form.before in said else ("", text)

    def _plain(self, text: str) -> str:
        return self.template.special.sub("", text).strip()

    # ------------------------------------------------------------------ the forms, found by having them written

    @cached_property
    def _lead(self) -> str:
        """What the template writes before a plain text."""
        return self._written(Message("assistant", _TEXT)).partition(_TEXT)[0].strip()

    @cached_property
    def _reasoning(self) -> _Around | None:
        text = self._written(Message("assistant", _TEXT, _REASON))
        before, reason, rest = text.partition(_REASON)
        between, answer, _ = rest.partition(_TEXT)
        return _Around(before.strip(), between.strip()) if reason and answer and between.strip() else None

    @cached_property
    def _calls(self) -> _CallForm | None:
        one, two = self._called(1, 1), self._called(2, 1)
        found = _json_form(one, two)
        return found or _parameter_form(self._called(1, 2), self._called(2, 2))

    @cached_property
    def _style(self) -> CallStyle | None:
        """The style of `STYLES` in which the template writes calls, if any."""
        probes = _probes(1, 2, "functions.{}:{}")
        text = self._written(Message("assistant", tool_calls=probes))
        return next(
            (style for style in STYLES.values() if _told(taken(text, style, _TOOLS).calls) == _told(probes)), None
        )

    @cached_property
    def _reasoning_before_calls(self) -> _Around | None:
        found = self._taken(self._written(Message("assistant", "", _REASON, _probes(1, 1))), ())
        before, reason, behind = found.head.partition(_REASON)
        return _Around(before.strip(), behind.strip()) if reason and before.strip() else None

    def _called(self, calls: int, keys: int) -> str:
        return self._written(Message("assistant", tool_calls=_probes(calls, keys)))

    def _written(self, message: Message) -> str:
        """The reply as the template writes it, without its end; "" where it cannot."""
        for tools in (_TOOLS, ()) if message.tool_calls else ((),):  # some write calls, and no definitions
            talk = Conversation((Message("user", _ASK), message), tools)
            try:
                found = reply(self.template.turns(talk), 1, self.template)
            except Reject:
                continue
            return found.text.removesuffix(found.end)
        return ""


def _probes(calls: int, keys: int, ids: str = f"{_ID}{{1}}") -> tuple[ToolCall, ...]:
    """Calls whose parts are known; `ids` is filled with name and number."""
    arguments = canonical(dict(zip(_KEYS[:keys], _VALUES, strict=False)))
    return tuple(ToolCall(name, arguments, ids.format(name, n)) for n, name in enumerate(_NAMES[:calls]))


def _told(calls: tuple[ToolCall, ...]) -> list[tuple[str, str]]:
    return [(call.name, call.arguments) for call in calls]


def _arguments(one: str, start: int) -> re.Match[str] | None:
    """The first object from `start` on that holds the sample's arguments and not its name."""
    return next((m for m in _OBJECT.finditer(one, start) if _VALUES[0] in m[0] and _NAMES[0] not in m[0]), None)


def _json_form(one: str, two: str) -> _CallForm | None:
    """Arguments are written as a JSON object, or as JSON text within JSON."""
    name = one.find(_NAMES[0])
    found = _arguments(one, max(name, 0))
    if name < 0 or found is None:
        return None
    start, end = found.span()
    if '\\"' in found[0] and one[start - 1] == '"':
        start, end = start - 1, end + 1
    elif not _is_json(found[0]):
        return None
    middle = one[name + len(_NAMES[0]) : start]
    return _form(one[:name], middle, one[end:], _between(two, found[0]))


def _parameter_form(one: str, two: str) -> _CallForm | None:
    """Each key and value of the arguments is written by itself, in tags of some kind."""
    parts = re.split("|".join((_NAMES[0], *_KEYS, *_VALUES)), one)
    if len(parts) != 6:
        return None
    before, middle, to_value, to_key, tail = parts[0], *parts[1:3], parts[3], parts[5]
    close = _whole_tags(_shared(to_key, tail))
    key_opens = to_key[len(close) :]
    if not close.strip() or not key_opens.strip() or not middle.endswith(key_opens.strip()):
        return None
    parameter = rf"{_loose(key_opens)}\s*([^\s<>]+?)\s*{_loose(to_value)}\s*(.*?)\s*{_loose(close)}"
    between = _between(two, _VALUES[1])
    opened = middle.rstrip().removesuffix(key_opens.strip())
    return _form(before, opened, tail[len(close) :], between, re.compile(parameter, re.DOTALL))


def _form(
    before: str, middle: str, tail: str, between: str, parameter: re.Pattern[str] | None = None
) -> _CallForm | None:
    shared = _shared(before[::-1], between[::-1])[::-1] if between else before
    opens = _HALF_TAG_AHEAD.sub("", shared)
    if not opens.strip():
        return None
    head = before[: len(before) - len(opens)].strip() if between else ""
    close = _whole_tags(_shared(tail, between)) if between else tail
    opening = re.compile(rf"{_loose(opens)}\s*([^\s\"'<>{{}}()\[\]]+)\s*{_loose(middle)}\s*")
    return _CallForm(opening, head, close.strip(), parameter)


def _between(two: str, first_ends: str) -> str:
    """What stands between the arguments of the first call and the name of the second."""
    _, found, rest = two.partition(first_ends)
    between, other, _ = rest.partition(_NAMES[1])
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
    words = re.sub(rf"{_ID}\d", "\0", text).split()
    return r"\s*".join(re.escape(word).replace("\0", r"[\w-]+") for word in words)


def _read(text: str, form: _CallForm, tools: Tools) -> Iterator[ToolCall]:
    place = 0
    while found := form.opening.search(text, place):
        if form.parameter is None:
            arguments, place = _json_at(text, found.end(), form)
        else:
            place = _end_of(text, found.end(), form)
            types = types_of(found[1], tools)
            pairs = form.parameter.findall(text, found.end(), place)
            arguments = canonical({key: typed(value, types.get(key)) for key, value in pairs})
        yield ToolCall(found[1], arguments)


def _json_at(text: str, start: int, form: _CallForm) -> tuple[str, int]:
    try:
        value, end = _DECODER.raw_decode(text, start)
        return (value if isinstance(value, str) else canonical(value)), end
    except (ValueError, RecursionError):
        end = _end_of(text, start, form)
        return text[start:end].strip(), end


def _end_of(text: str, start: int, form: _CallForm) -> int:
    """Where a call ends: at what closes it, at the next one, or with the text."""
    closes = text.find(form.close, start) if form.close else -1
    following = form.opening.search(text, start)
    ends = [end for end in (closes, following.start() if following else -1) if end >= 0]
    return min(ends, default=len(text))
