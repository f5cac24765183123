"""Calls that are written in a language of their own: Python (LFM2, Llama), Gemma's braces, XML (MiniMax), Kimi's ids.

A style is never chosen by a model's name: `reply_parser` takes the one that reads what the chat template itself writes
for calls that are known.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pipeline.core.conversation import Json, ToolCall, canonical, function_of

Tools = Sequence[Mapping[str, Json]]


@dataclass(frozen=True)
class CallStyle:
    """`area` matches calls that stand together, from their opening to their end; its group `calls` holds them.

    `read` gives the calls of an area. It raises ValueError or SyntaxError for what it cannot read.
    """

    area: re.Pattern[str]
    read: Callable[[str, Tools], Iterator[ToolCall]]


@dataclass(frozen=True)
class Taken:
    """A text without its calls: what stood before the first of them, and what stood elsewhere."""

    calls: tuple[ToolCall, ...]
    head: str
    tail: str = ""


def taken(text: str, style: CallStyle, tools: Tools) -> Taken:
    """The calls of a text, and the rest of it. An area that cannot be read stays in the text."""
    calls: list[ToolCall] = []
    pieces, place = [], 0
    for area in style.area.finditer(text):
        try:
            found = list(style.read(area["calls"], tools))
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
        pieces.append(text[place : area.start()])
        calls, place = calls + found, area.end()
    head, *tail = [*pieces, text[place:]]
    return Taken(tuple(calls), head, "".join(tail))


# ---------------------------------------------------------------------- Python

#: A text in single quotes whose own apostrophes are not escaped, as some templates write it.
_BARE_QUOTES = re.compile(r"(?<==)'(.*?)'(?=, \w+=|\)(?:, [\w.]+\(|\s*\]?\s*\Z))", re.DOTALL)
_CONSTANTS = {"true": True, "false": False, "null": None}


def _python(text: str, tools: Tools) -> Iterator[ToolCall]:
    """`[get_weather(city='Paris', days=3), now()]`; true, false and null may be JSON's."""
    body = _expression(text.strip()).body
    parts = body.elts if isinstance(body, ast.List) else [body]
    if not parts:
        raise ValueError("no call")
    for part in parts:
        if not isinstance(part, ast.Call) or part.args:
            raise ValueError("no call with named arguments")
        given = {word.arg: ast.literal_eval(_Constants().visit(word.value)) for word in part.keywords if word.arg}
        yield ToolCall(ast.unparse(part.func), canonical(given))


def _expression(text: str) -> ast.Expression:
    try:
        return ast.parse(text, mode="eval")
    except SyntaxError:
        return ast.parse(_BARE_QUOTES.sub(lambda found: repr(found[1]), text), mode="eval")


class _Constants(ast.NodeTransformer):
    def visit_Name(self, node: ast.Name) -> ast.expr:
        """JSON's constants as Python's; any other name is no value."""
        return ast.Constant(_CONSTANTS[node.id]) if node.id in _CONSTANTS else node


# ---------------------------------------------------------------------- Gemma

_GEMMA_CALL = re.compile(r"\s*call:([^{\s]+?)\s*(\{.*\})\s*", re.DOTALL)
_GEMMA_QUOTE = '<|"|>'
_KEY = re.compile(r"([{,])\s*([^{}\[\],:\"]+?)\s*:")
_WORDS = re.compile(r"\b(?:None|True|False)\b")
_AS_JSON = {"None": "null", "True": "true", "False": "false"}


def _gemma(text: str, tools: Tools) -> Iterator[ToolCall]:
    """`call:get_weather{city:<|"|>Paris<|"|>,days:3}`."""
    found = _GEMMA_CALL.fullmatch(text)
    if not found:
        raise ValueError("no call")
    pieces = found[2].split(_GEMMA_QUOTE)
    pieces[1::2] = [json.dumps(piece) for piece in pieces[1::2]]
    pieces[::2] = [_WORDS.sub(lambda word: _AS_JSON[word[0]], _KEY.sub(r'\1"\2":', piece)) for piece in pieces[::2]]
    yield ToolCall(found[1], canonical(json.loads("".join(pieces))))


# ---------------------------------------------------------------------- XML

_INVOKE = re.compile(r'<((?:\w+:)?)invoke name="([^"]+)">(.*?)</\1invoke>', re.DOTALL)
_PARAMETER = re.compile(r'<((?:\w+:)?)parameter name="([^"]+)">(.*?)</\1parameter>', re.DOTALL)


def _xml(text: str, tools: Tools) -> Iterator[ToolCall]:
    """`<invoke name="get_weather"><parameter name="city">Paris</parameter></invoke>`, with or without a namespace."""
    invokes = list(_INVOKE.finditer(text))
    if not invokes:
        raise ValueError("no call")
    for invoke in invokes:
        types = types_of(invoke[2], tools)
        given = {found[2]: typed(found[3], types.get(found[2])) for found in _PARAMETER.finditer(invoke[3])}
        yield ToolCall(invoke[2], canonical(given))


# ---------------------------------------------------------------------- Kimi

_KIMI_CALL = re.compile(
    r"<\|tool_call_begin\|>\s*((?:functions\.)?([\w.-]+):\d+)\s*<\|tool_call_argument_begin\|>(.*?)<\|tool_call_end\|>",
    re.DOTALL,
)


def _kimi(text: str, tools: Tools) -> Iterator[ToolCall]:
    """The name stands in the call's id: `functions.get_weather:0`."""
    for found in _KIMI_CALL.finditer(text):
        yield ToolCall(found[2], canonical(json.loads(found[3])), found[1])


STYLES: dict[str, CallStyle] = {
    "python_in_tags": CallStyle(
        re.compile(r"<\|tool_call_start\|>(?P<calls>.*?)(?:<\|tool_call_end\|>|\Z)", re.DOTALL), _python
    ),
    "python": CallStyle(re.compile(r"(?P<calls>\[\s*[A-Za-z_][\w.]*\(.*\)\s*\])\s*(?=\Z|<\|e)", re.DOTALL), _python),
    "gemma": CallStyle(re.compile(r"<\|tool_call>(?P<calls>.*?)<tool_call\|>", re.DOTALL), _gemma),
    "xml": CallStyle(
        re.compile(
            r"(?:(?:<\|eom\|><\|start\|>assistant)?\s*to=[^\s<]+<\|message\|>)?\s*"
            r"<(?P<tag>\w+:(?:function_calls|tool_call))>(?P<calls>.*?)</(?P=tag)>",
            re.DOTALL,
        ),
        _xml,
    ),
    "kimi": CallStyle(
        re.compile(r"<\|tool_calls_section_begin\|>(?P<calls>.*?)<\|tool_calls_section_end\|>", re.DOTALL), _kimi
    ),
}


# ---------------------------------------------------------------------- values without quotes


def types_of(name: str, tools: Tools) -> dict[str, Json]:
    """Argument of the tool `name` -> its type by the schema, where that says one."""
    for tool in tools:
        function = function_of(tool)
        if function.get("name") == name:
            parameters = function.get("parameters")
            properties = parameters.get("properties") if isinstance(parameters, Mapping) else None
            schemas = properties if isinstance(properties, Mapping) else {}
            return {key: schema.get("type") for key, schema in schemas.items() if isinstance(schema, Mapping)}
    return {}


def typed(text: str, kind: Json) -> Json:
    """A value that was written without quotes: a text where the schema or its form says so, else JSON.

    True, False and None are read as some templates write them, the way Python prints them.
    """
    if kind == "string":
        return text
    try:
        return json.loads(_AS_JSON.get(text, text))
    except ValueError:
        return text
