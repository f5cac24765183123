"""Tool definitions: their names and their JSON schemas, and what a schema says of a call's arguments."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

from pipeline.conversations.problem import Problem, Reason
from pipeline.core.conversation import Conversation, Json, canonical
from pipeline.core.errors import shorten

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

#: Keyword of JSON schema that an argument breaks -> reason; any other is `bad_argument_value`.
_REASONS: dict[str, Reason] = {
    "required": "missing_argument",
    "dependentRequired": "missing_argument",
    "additionalProperties": "extra_argument",
    "unevaluatedProperties": "extra_argument",
    "type": "wrong_argument_type",
}
#: Keywords beside which `properties` alone does not say which arguments there are.
_OPEN = frozenset(
    {"additionalProperties", "unevaluatedProperties", "patternProperties", "anyOf", "oneOf", "allOf", "if", "$ref"}
)
#: Problems of one call that are named. A guess: not measured.
_NAMED = 3


class BadSchemaError(Exception):
    """The `parameters` of a tool are no JSON schema that can be checked against."""


def problems(conversation: Conversation) -> Iterator[Problem]:
    """Problems of the definitions. Reasons: bad_tool_definition, duplicate_tool."""
    seen: set[str] = set()
    for n, tool in enumerate(conversation.tools, 1):
        name = name_of(tool)
        if not name:
            yield Problem("bad_tool_definition", f"tool {n} has no name: {shorten(canonical(tool), 80)}")
        elif name in seen:
            yield Problem("duplicate_tool", f"tool {n}: {name} is defined twice")
        seen.add(name)
        try:
            validator_of(parameters_of(tool))
        except BadSchemaError as error:
            yield Problem("bad_tool_definition", f"tool {n} ({name}): {error}")


def name_of(tool: Mapping[str, Json]) -> str:
    """The tool's name, "" where it has none."""
    name = _function(tool).get("name")
    return name if isinstance(name, str) else ""


def parameters_of(tool: Mapping[str, Json]) -> Json:
    """The JSON schema of the tool's arguments; None where the definition does not say."""
    found = _function(tool).get("parameters")
    return found if found is not None else tool.get("input_schema")


def broken_rules(arguments: Mapping[str, Json], parameters: Json) -> Iterator[Problem]:
    """What the arguments of a call break in their schema, the first few, with evidence.

    Reasons: missing_argument, extra_argument, wrong_argument_type, bad_argument_value. An argument that `properties`
    does not name is extra unless the schema says that others may come: JSON schema lets them pass, a tool does not.
    """
    if not parameters:
        return
    try:
        validator = validator_of(parameters)
        errors = sorted(
            validator.iter_errors(cast("dict[str, Any]", dict(arguments))),
            key=lambda error: list(map(str, error.absolute_path)),
        )
    except (BadSchemaError, _unresolvable()):
        return  # the definition's problem, see `problems`
    for error in errors[:_NAMED]:
        place = f"{error.json_path}: " if error.absolute_path else ""
        yield Problem(_REASONS.get(str(error.validator), "bad_argument_value"), f"{place}{shorten(error.message, 120)}")
    if isinstance(parameters, Mapping) and "properties" in parameters and not parameters.keys() & _OPEN:
        extra = [name for name in arguments if name not in parameters["properties"]]
        if extra:
            yield Problem("extra_argument", f"{', '.join(extra[:_NAMED])}: the tool has no such argument")


def validator_of(parameters: Json) -> Validator:
    """The validator of a schema. Raises BadSchemaError. References are never fetched."""
    try:
        return _validator(canonical({} if parameters is None else parameters))
    except ValueError as error:
        raise BadSchemaError(str(error)) from None


@lru_cache(maxsize=4096)
def _validator(schema: str) -> Validator:
    from jsonschema import Draft202012Validator, SchemaError
    from jsonschema.validators import validator_for
    from referencing.jsonschema import EMPTY_REGISTRY

    parameters = json.loads(schema)
    if not isinstance(parameters, dict):
        raise ValueError(f"parameters are no JSON schema: {shorten(schema, 80)}")
    kind = validator_for(parameters, default=Draft202012Validator)
    try:
        kind.check_schema(parameters)
        validator = kind(parameters, registry=EMPTY_REGISTRY)
        next(validator.iter_errors({}), None)  # a reference that leads nowhere shows only in use
    except SchemaError as error:
        raise ValueError(f"{error.json_path}: {shorten(error.message, 120)}") from None
    except _unresolvable() as error:
        raise ValueError(shorten(error, 120)) from None
    return validator


def _unresolvable() -> type[Exception]:
    from referencing.exceptions import Unresolvable

    return Unresolvable


def _function(tool: Mapping[str, Json]) -> Mapping[str, Json]:
    inner = tool.get("function")
    return inner if isinstance(inner, Mapping) else tool
