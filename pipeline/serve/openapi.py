"""What `/openapi.json` says of a route: the body that it takes, and how it may be refused.

Bodies are read by hand (`app.json_object`), because their size is bounded before they are parsed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Schema = Mapping[str, Any]

TEXT: Schema = {"type": "string"}
OBJECT: Schema = {"type": "object"}
#: `error` is a sentence; in OpenAI's routes an object with it.
_ERROR: Schema = {"type": "object", "properties": {"error": {"type": ["string", "object"]}}, "required": ["error"]}
#: Status -> what it means, of every route that takes a body.
_REFUSALS = {
    "400": "The request cannot be used; `error` says why",
    "401": "The shared secret is missing or wrong",
    "413": "The body is too large",
    "421": "The server is not called by this name",
    "503": "Too much is waiting; see Retry-After",
}


def objects(properties: Mapping[str, Schema], required: tuple[str, ...] = ()) -> Schema:
    """The schema of an object with these properties, and any others."""
    return {"type": "object", "properties": dict(properties), "required": list(required)}


def takes(body: Schema) -> dict[str, object]:
    """`openapi_extra` of a route that reads a JSON body, with the ways in which it may be refused."""
    error = {"application/json": {"schema": _ERROR}}
    return {
        "requestBody": {"required": True, "content": {"application/json": {"schema": dict(body)}}},
        "responses": {status: {"description": why, "content": error} for status, why in _REFUSALS.items()},
    }
