"""Tool definitions in OpenAI's form, from that of any common dialect."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.core.conversation import Json
from pipeline.core.record import Reject
from pipeline.core.turns import is_nothing, kind_of, parsed


def tools_of(value: Json) -> tuple[Mapping[str, object], ...]:
    """Tool definitions in OpenAI's form, from that of any common dialect, as objects or as a JSON text.

    Rejects: bad_tools.
    """
    if isinstance(value, str):
        value = _read_tools(value)
    if is_nothing(value) or value == "":
        return ()
    if isinstance(value, Mapping):
        value = [value]
    if not isinstance(value, list | tuple):
        raise Reject("bad_tools", f"the tool definitions are {kind_of(value)}, not a list of objects")
    return tuple(_tool(one) for one in value)


def _read_tools(text: str) -> Json:
    """The definitions in a JSON text; an empty one holds none."""
    value = parsed(text) if text.strip() else ""
    if value is None:
        raise Reject("bad_tools", "the tool definitions are no JSON")
    return value


def _tool(tool: Json) -> Mapping[str, object]:
    tool = parsed(tool) if isinstance(tool, str) else tool
    inner = tool.get("function") if isinstance(tool, Mapping) and tool.get("function") else tool
    if not isinstance(inner, Mapping) or not isinstance(inner.get("name"), str) or not inner["name"]:
        raise Reject("bad_tools", "a tool definition has no name")
    if inner is tool:
        if tool.get("type", "function") not in ("function", "custom"):
            raise Reject("bad_tools", f"the tool '{inner['name']}' is built into a service: it has no definition")
        inner = {_SCHEMA.get(key, key): part for key, part in tool.items() if key != "type"}
    return {"type": "function", "function": without_nulls(inner) if _from_columns(inner) else dict(inner)}


_SCHEMA = {"input_schema": "parameters", "inputSchema": "parameters"}
#: Keys of a JSON schema that are never null by themselves.
_NEVER_NULL = frozenset({"type", "properties", "required", "items", "description", "enum", "parameters", "format"})


def _from_columns(value: Json) -> bool:
    """Whether a definition went through Arrow, which gives every object the keys of all others, as null."""
    if isinstance(value, Mapping):
        return any((part is None and key in _NEVER_NULL) or _from_columns(part) for key, part in value.items())
    return isinstance(value, list) and any(_from_columns(part) for part in value)


def without_nulls(value: Json) -> Json:
    """The value without the keys that are null."""
    if isinstance(value, Mapping):
        return {key: without_nulls(part) for key, part in value.items() if part is not None}
    return [without_nulls(part) for part in value] if isinstance(value, list) else value
