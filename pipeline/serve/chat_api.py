"""POST /v1/chat/completions as OpenAI's clients send it, so that a trained chat model can be tried with any of them.

Requests that arrive together are answered in one batch. Replies are greedy: `temperature`, `top_p` and `seed` change
nothing. `max_tokens` shortens a reply below `train.max_new_tokens`, never beyond. With `stream` the whole reply comes
as one piece. Errors have OpenAI's form, so that clients show them.
"""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, cast
from uuid import uuid4

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse

from pipeline.core.conversation import Json, exported
from pipeline.core.errors import PipelineError
from pipeline.core.record import Fields, Reject
from pipeline.core.settings import Task
from pipeline.modeling.prediction import WrittenReply
from pipeline.serve.app import BadRequestError, json_object
from pipeline.serve.model import ServedModel, model_row
from pipeline.serve.openapi import OBJECT, TEXT, objects, takes
from pipeline.serve.predict_api import Batcher

_MODEL = "sft"


def add_routes(app: FastAPI, model: ServedModel) -> None:
    """Add POST /v1/chat/completions and GET /v1/models; a model of another task answers with status 400."""
    batcher = Batcher(model)

    @app.get("/v1/models")
    async def models() -> dict[str, Json]:
        return {"object": "list", "data": [{"id": _MODEL, "object": "model", "created": 0, "owned_by": "sft"}]}

    # The response is JSON or a stream, so no type of it can be made from the annotation.
    @app.post("/v1/chat/completions", response_model=None, openapi_extra=takes(_BODY))
    async def complete(request: Request) -> Response:
        try:
            body = await json_object(request)
            whole = await _completed(body, model, batcher)
        except (BadRequestError, PipelineError) as error:
            return JSONResponse(
                {"error": {"message": str(error), "type": "invalid_request_error"}}, getattr(error, "status", 400)
            )
        return (
            StreamingResponse(_stream(whole), media_type="text/event-stream")
            if body.get("stream")
            else JSONResponse(whole)
        )


_BODY = objects({"messages": {"type": "array", "items": OBJECT, "minItems": 1}, "model": TEXT}, ("messages",))


async def _completed(body: Mapping[str, Json], model: ServedModel, batcher: Batcher) -> dict[str, Json]:
    row, stops = asked_row(body, model.task()), stops_of(body)
    version, (prediction,) = await batcher.predict([row])
    if prediction.refused or prediction.reply is None:
        raise BadRequestError(f"the conversation cannot be put to the model: {prediction.refused or 'no reply'}")
    return completion(prediction.reply, str(body.get("model") or _MODEL), version, stops)


def asked_row(body: Mapping[str, Json], task: Task) -> Fields:
    """The row that a request asks a reply for. Raises BadRequestError where it cannot be put to the model.

    Reads: messages, tools, chat_template_kwargs, max_completion_tokens or max_tokens, n (1 alone), tool_choice ("none"
    leaves the tools out).
    """
    if task.type != "chat":
        raise BadRequestError(f"this model is for {task.type}, not for chat: see POST /v1/predict")
    if body.get("n") not in (None, 1):
        raise BadRequestError("'n' must be 1: replies are greedy, so all would be the same")
    tools = None if body.get("tool_choice") == "none" else body.get("tools")
    values = {
        "messages": body.get("messages"),
        "tools": tools,
        "template_arguments": body.get("chat_template_kwargs"),
    }
    if _ends_with_reply(values["messages"]):
        raise BadRequestError("the last turn is the assistant's already")
    try:
        row = dict(model_row(values, task))
    except (Reject, PipelineError) as error:
        raise BadRequestError(str(error)) from None
    most = body.get("max_completion_tokens", body.get("max_tokens"))
    return row if most is None else {**row, "max_new_tokens": _positive(most)}


def _ends_with_reply(turns: Json) -> bool:
    last = turns[-1] if isinstance(turns, list) and turns else None
    return isinstance(last, Mapping) and last.get("role") == "assistant"


def _positive(value: Json) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise BadRequestError("'max_tokens' must be a number of at least 1")
    return value


def stops_of(body: Mapping[str, Json]) -> Sequence[str]:
    """Texts at which a reply ends. Raises BadRequestError where they are no texts."""
    given = body.get("stop")
    stops = [given] if isinstance(given, str) else given or []
    if not isinstance(stops, list) or not all(isinstance(stop, str) and stop for stop in stops):
        raise BadRequestError("'stop' must be a text or a list of texts")
    return stops


def completion(reply: WrittenReply, name: str, version: str, stops: Sequence[str] = ()) -> dict[str, Json]:
    """A reply in the form of `chat.completion`. Calls without an id get one."""
    message = exported(reply.message)
    ends = [place for stop in stops if (place := message["content"].find(stop)) >= 0]
    if ends:
        message["content"] = message["content"][: min(ends)]
    for call in message.get("tool_calls", ()):
        call["id"] = call["id"] or f"call_{uuid4().hex[:24]}"
    if message.get("tool_calls") and not message["content"]:
        message["content"] = None
    reason = "tool_calls" if message.get("tool_calls") else "stop" if reply.ended or ends else "length"
    used = {"prompt_tokens": reply.prompt_tokens, "completion_tokens": reply.tokens}
    return {
        "id": f"chatcmpl-{uuid4().hex}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": name,
        "system_fingerprint": version,
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": reason}],
        "usage": {**used, "total_tokens": reply.prompt_tokens + reply.tokens},
    }


async def _stream(whole: dict[str, Json]) -> AsyncIterator[str]:
    """The completion as events: the reply, why it ended, and the end of the stream."""
    choice = cast("list[dict[str, Any]]", whole["choices"])[0]  # as `completion` writes it
    calls = [{"index": n, **call} for n, call in enumerate(choice["message"].get("tool_calls", ()))]
    delta = {**choice["message"], **({"tool_calls": calls} if calls else {})}
    for part, reason in ((delta, None), ({}, choice["finish_reason"])):
        chunk = {key: whole[key] for key in ("id", "created", "model", "system_fingerprint")}
        chunk |= {
            "object": "chat.completion.chunk",
            "choices": [{"index": 0, "delta": part, "finish_reason": reason}],
        }
        yield f"data: {json.dumps(chunk, ensure_ascii=False)}\n\n"
    yield "data: [DONE]\n\n"
