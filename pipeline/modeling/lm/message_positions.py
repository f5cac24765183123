"""Where the parts of a conversation stand in the text that a template made of it.

A template may trim, move, wrap or leave out what it is given. So it is rendered once more with marks around every
part; the text without the marks must be the same. What has no mark in it was left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from operator import attrgetter
from typing import cast

from pipeline.core.conversation import Json, function_of
from pipeline.core.record import Reject
from pipeline.modeling.lm.chat_settings import Part
from pipeline.modeling.lm.chat_template import ChatTemplate
from pipeline.modeling.lm.template_messages import Turn, Turns

#: What a mark begins with; one of them is in no text.
_SEALS = ("zQ7", "zX8", "zK9", "zV6")


@dataclass(frozen=True)
class Place:
    """A part and where it stands: turn, kind (calls are numbered), half-open span of the text."""

    turn: int
    kind: Part
    call: int
    start: int
    end: int


@dataclass(frozen=True)
class Layout:
    """The places of all parts that stand in a rendered text, in order; `lost` are those that do not (see `Place`)."""

    places: tuple[Place, ...]
    lost: tuple[tuple[int, Part, int], ...]
    lost_tools: tuple[str, ...] = ()

    def of(self, turn: int) -> tuple[Place, ...]:
        """The parts of one turn, in the order in which they stand."""
        return tuple(self._by_turn.get(turn, ()))

    @cached_property
    def _by_turn(self) -> dict[int, list[Place]]:
        found: dict[int, list[Place]] = {}
        for place in self.places:
            found.setdefault(place.turn, []).append(place)
        return found


def layout(turns: Turns, text: str, template: ChatTemplate) -> Layout:
    """Where the parts of `turns` stand in `text`, which the template made of them.

    Where marks would change the text (a template that looks into what it writes), no places are known; what is lost is
    then found by looking for the texts themselves.
    """
    seal = next((seal for seal in _SEALS if seal not in text), None)
    if seal is not None:
        marked = _Marked(seal, turns)
        try:
            found = marked.layout(template.render(marked.turns), text)
        except Reject:
            found = None
        if found is not None:
            return found
    return Layout((), tuple(_not_in(text, turns)), tuple(_tools_not_in(text, turns)))


def _not_in(text: str, turns: Turns) -> Iterator[tuple[int, Part, int]]:
    for n, message in enumerate(turns.messages):
        if not _holds(text, message.content):
            yield n, "content", 0
        if not _holds(text, message.reasoning):
            yield n, "reasoning", 0
        for k, call in enumerate(message.tool_calls):
            if call.name not in text:
                yield n, "tool_calls", k


def _holds(text: str, part: str) -> bool:
    core = part.strip()
    return core in text or json.dumps(core, ensure_ascii=False)[1:-1] in text


def _tools_not_in(text: str, turns: Turns) -> Iterator[str]:
    names = (str(function_of(tool).get("name", "")) for tool in turns.tools)
    return (name for name in names if name not in text)


class _Marked:
    """Turns with a mark at both ends of every part that is not blank."""

    def __init__(self, seal: str, turns: Turns) -> None:
        self.seal = seal
        self.parts: list[tuple[int, Part, int]] = []
        self.tools: list[str] = []
        marked = [self._turn(n, turn) for n, turn in enumerate(turns.turns)]
        tools = [self._tool(tool) for tool in turns.tools]
        self.turns = replace(turns, turns=marked, tools=tools)

    def layout(self, rendered: str, text: str) -> Layout | None:
        """The places in `text`; None where the rendering without marks is another text."""
        pattern = re.compile(rf"{self.seal}([st])(\d+)([xy])")
        spans: dict[tuple[str, int], list[int]] = {}
        plain: list[str] = []
        at = length = 0
        for match in pattern.finditer(rendered):
            plain.append(rendered[at : match.start()])
            length += match.start() - at
            at = match.end()
            spans.setdefault((match[1], int(match[2])), []).append(length)
        plain.append(rendered[at:])
        if "".join(plain) != text:
            return None
        shown = {n: part for n, part in enumerate(self.parts) if ("s", n) in spans}
        found = [Place(*part, spans["s", n][0], spans["s", n][-1]) for n, part in shown.items()]
        lost = tuple(part for n, part in enumerate(self.parts) if n not in shown)
        lost_tools = tuple(name for n, name in enumerate(self.tools) if ("t", n) not in spans)
        return Layout(tuple(sorted(found, key=attrgetter("start", "end"))), lost, lost_tools)

    def _turn(self, n: int, turn: Turn) -> Turn:
        marked = dict(turn)
        content = turn["content"]
        if isinstance(content, str):
            marked["content"] = self._text(n, "content", content)
        else:
            parts = cast("Sequence[Mapping[str, str]]", content)  # as `Form.turns` wrote them
            marked["content"] = [{**part, "text": self._text(n, "content", part["text"])} for part in parts]
        if "reasoning_content" in turn:
            marked["reasoning_content"] = self._text(n, "reasoning", str(turn["reasoning_content"]))
        if "tool_calls" in turn:
            calls = cast("Sequence[Mapping[str, Json]]", turn["tool_calls"])
            marked["tool_calls"] = [self._call(n, k, call) for k, call in enumerate(calls)]
        return marked

    def _text(self, n: int, kind: Part, text: str) -> str:
        """The text with marks inside of its outer white space, which templates trim."""
        core = text.strip()
        if not core:
            return text
        number = self._number(n, kind, 0)
        start = text.index(core)
        return f"{text[:start]}{self.seal}s{number}x{core}{self.seal}s{number}y{text[start + len(core) :]}"

    def _call(self, n: int, k: int, call: Mapping[str, Json]) -> dict[str, Json]:
        function = function_of(call)
        number = self._number(n, "tool_calls", k)
        name = f"{function['name']}{self.seal}s{number}y"
        return {**call, "function": {**function, "name": name}}

    def _tool(self, tool: Mapping[str, Json]) -> dict[str, Json]:
        function = dict(function_of(tool))
        self.tools.append(str(function.get("name", "")))
        function["name"] = f"{function.get('name', '')}{self.seal}t{len(self.tools) - 1}y"
        return {**tool, "function": function} if "function" in tool else function

    def _number(self, n: int, kind: Part, call: int) -> int:
        self.parts.append((n, kind, call))
        return len(self.parts) - 1
