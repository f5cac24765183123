"""The HTTP application that serves the trained model: health, versions, a shared secret, and answers for bad requests.

Each API (Label Studio's, or another) is a function `(app, model) -> None` that adds its routes; see `label_studio.py`.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hmac
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from starlette.requests import ClientDisconnect

from pipeline.core.errors import PipelineError, shorten
from pipeline.serve.limits import SMALL_BODY, Room, is_meant
from pipeline.serve.model import ServedModel

#: Bytes that a request may have: a batch of tasks is far smaller.
#: A guess: not measured.
MAX_BODY = 8_000_000

#: Adds the routes of one API to the application.
Routes = Callable[[FastAPI, ServedModel], None]


class BadRequestError(Exception):
    """A request that cannot be answered; the message goes to the client with this status."""

    status = 400


class TooLargeError(BadRequestError):
    """A body of more than `MAX_BODY` bytes."""

    status = 413


class BusyError(BadRequestError):
    """Others' bodies take up all the room there is."""

    status = 503


def create_app(
    model: ServedModel, secret: str | None, routes: Sequence[Routes], names: tuple[str, ...] = ()
) -> FastAPI:
    """The application. With `secret`, every path but `/health` wants it (see `knows_secret`).

    `/openapi.json` describes its routes.

    With `names`, it answers only requests whose Host header is one of them (limits.py).
    """
    from fastapi import FastAPI

    app = FastAPI(title="sft", version=version("sft-data-pipeline"), docs_url=None, redoc_url=None)

    @app.middleware("http")
    async def guard(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        if not is_meant(request.headers.get("host", ""), names):
            return JSONResponse({"error": "this server is not called so; ask it as localhost"}, 421)
        closed = secret is not None and request.url.path != "/health"
        if closed and not knows_secret(request.headers.get("authorization", ""), secret or ""):
            return JSONResponse({"error": "the shared secret is missing or wrong"}, 401)
        return await call_next(request)

    @app.exception_handler(BadRequestError)
    @app.exception_handler(PipelineError)
    async def refuse(request: Request, error: Exception) -> Response:
        return JSONResponse({"error": str(error)}, getattr(error, "status", 400))

    @app.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "UP", "model_class": "sft"}

    @app.get("/versions")
    async def versions() -> dict[str, object]:
        libraries = {name: version(name) for name in ("torch", "transformers")}
        return {"versions": [model.version()], "libraries": libraries}

    for add in routes:
        add(app, model)
    return app


def knows_secret(authorization: str, secret: str) -> bool:
    """Whether an Authorization header holds the secret: `Bearer <secret>`, or Basic with it as the password."""
    scheme, _, given = authorization.partition(" ")
    if scheme.lower() == "basic":
        try:
            given = base64.b64decode(given, validate=True).decode("utf-8").partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            return False
    elif scheme.lower() != "bearer":
        return False
    return hmac.compare_digest(given.strip().encode("utf-8"), secret.encode("utf-8"))


_TOO_LARGE = f"the request is larger than {MAX_BODY:,} bytes; send fewer rows at a time"
#: Of all servers in this process.
_ROOM = Room()
#: Large bodies are parsed in one thread, one after the other: the event loop answers others meanwhile.
_PARSER = ThreadPoolExecutor(1, "parse")


async def json_object(request: Request) -> dict[str, object]:
    """The body as a JSON object. Raises BadRequestError; nothing larger than `MAX_BODY` is read into memory."""
    body, taken = bytearray(), 0
    try:
        async for part in _parts(request):
            if len(body) + len(part) > SMALL_BODY:
                if not _ROOM.take(len(part)):
                    raise BusyError("too many large requests at a time; send this one again in a moment")
                taken += len(part)
            body += part
        value = await _parsed(body)
    finally:
        _ROOM.give(taken)
    if not isinstance(value, dict):
        raise BadRequestError(f"the request must be a JSON object, not {type(value).__name__}")
    return value


async def _parts(request: Request) -> AsyncIterator[bytes]:
    announced = request.headers.get("content-length", "0")
    if announced.isdigit() and int(announced[:20]) > MAX_BODY:
        raise TooLargeError(_TOO_LARGE)
    size = 0
    try:
        async for part in request.stream():
            size += len(part)
            if size > MAX_BODY:
                raise TooLargeError(_TOO_LARGE)
            yield part
    except ClientDisconnect:
        raise BadRequestError("the request ended before its body was whole") from None


async def _parsed(body: bytearray) -> object:
    try:
        if len(body) <= SMALL_BODY:
            return json.loads(body)
        return await asyncio.get_running_loop().run_in_executor(_PARSER, json.loads, body)
    except ValueError as error:  # also where it is not UTF-8
        raise BadRequestError(f"the request is not JSON: {shorten(error, 200)}") from None
    except RecursionError:
        raise BadRequestError("the request is nested too deeply") from None
