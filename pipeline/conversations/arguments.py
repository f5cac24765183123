"""Calls held against the tools that are defined: names, and arguments that fit their JSON schema."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from pipeline.conversations.problem import Problem
from pipeline.conversations.tools import broken_rules, name_of, parameters_of
from pipeline.core.conversation import Conversation, Json, ToolCall, canonical
from pipeline.core.errors import shorten

_FENCE = re.compile(r"\A```(?:json)?\s*\n(.*?)\n?```\Z", re.DOTALL)
#: A quoted text, or a word of JSON that Python spells otherwise.
_TOKEN = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|\b(?:true|false|null)\b", re.DOTALL)
_PYTHON = {"true": "True", "false": "False", "null": "None"}
#: Escapes that JSON and Python read otherwise.
_OTHER_ESCAPE = re.compile(r"\\[^\"'\\nrtbf]")


def problems(conversation: Conversation) -> Iterator[Problem]:
    """Problems of calls, whether they have a result or not.

    Reasons: call_of_other_role, no_tool_definitions, unknown_tool, arguments_no_json, arguments_no_object, and those of
    `tools.broken_rules`.
    """
    schemas = {name_of(tool): parameters_of(tool) for tool in conversation.tools}
    if not schemas and conversation.calls_tools():
        yield Problem("no_tool_definitions", "the conversation calls tools and defines none")
    for n, message in enumerate(conversation.messages, 1):
        if message.role != "assistant" and message.tool_calls:
            yield Problem("call_of_other_role", f"turn {n} ({message.role}) calls {message.tool_calls[0].name}")
        for call in message.tool_calls:
            yield from _of_call(call, schemas, f"turn {n}, {call.name}")


def _of_call(call: ToolCall, schemas: Mapping[str, Json], where: str) -> Iterator[Problem]:
    if schemas and call.name not in schemas:
        yield Problem("unknown_tool", f"{where}: not among {shorten(', '.join(schemas), 120)}")
    try:
        given = _loaded(call.arguments)
    except (ValueError, RecursionError):
        yield Problem("arguments_no_json", f"{where}: {shorten(call.arguments, 120)}")
        return
    if not isinstance(given, Mapping):
        yield Problem("arguments_no_object", f"{where}: {shorten(call.arguments, 120)}")
        return
    for problem in broken_rules(given, schemas.get(call.name)):
        yield replace(problem, detail=f"{where}: {problem.detail}")


def repaired_arguments(arguments: str) -> str:
    """Arguments as a JSON object on one line, where it is certain what was meant; else as they are.

    Certain are: nothing at all, a fence of code around JSON, JSON written twice over, line breaks within texts, commas
    at the end of a list, and the way Python prints an object (single quotes, True, None).
    """
    try:
        if isinstance(_loaded(arguments), dict):
            return arguments
    except (ValueError, RecursionError):
        pass
    found = _object(arguments)
    return arguments if found is None else canonical(found)


def _object(text: str) -> dict[str, Json] | None:
    text = text.strip()
    if not text:
        return {}
    if fence := _FENCE.match(text):
        text = fence[1].strip()
    for read in (_loaded, _lenient, _python):
        try:
            found = read(text)
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            continue
        if isinstance(found, str) and found != text:
            return _object(found)
        return found if isinstance(found, dict) else None
    return None


def _loaded(text: str) -> Json:
    return json.loads(text, parse_constant=_no_constant)


def _lenient(text: str) -> Json:
    return json.loads(text, strict=False, parse_constant=_no_constant)


def _python(text: str) -> Json:
    if _OTHER_ESCAPE.search(text):
        raise ValueError("an escape that JSON and Python read otherwise")
    found = ast.literal_eval(_TOKEN.sub(lambda token: _PYTHON.get(token[0], token[0]), text))
    if json.loads(canonical(found)) != found:  # tuples, keys that are numbers
        raise ValueError("no object of JSON")
    return found


def _no_constant(name: str) -> Json:
    raise ValueError(f"{name} is no JSON")
