"""A scripted OpenAI-compatible service for tests: a real HTTP server here, with chosen answers and troubles."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse


class Service:
    """`answer(body, number)` gives a text, a (status, JSON or text, headers) triple, or a starlette response.

    `asked` keeps every request's body in order of arrival, `answered` those whose reply was sent whole. `tokens` sums
    what was reported as usage. `latency(number)` gives seconds.
    """

    def __init__(self, answer, latency=lambda number: 0.0, model="tiny"):
        self.answer, self.latency, self.model = answer, latency, model
        self.asked, self.answered, self.url = [], [], ""
        self.prompt_tokens = self.written_tokens = self.under_way = self.most_under_way = 0

    def completion(self, body, text, why="stop", **message):
        prompt = sum(len(turn["content"].split()) for turn in body["messages"])
        written = len((text or "").split())
        self.prompt_tokens += prompt
        self.written_tokens += written
        choice = {"index": 0, "finish_reason": why, "message": {"role": "assistant", "content": text, **message}}
        if body.get("logprobs"):
            choice["logprobs"] = {
                "content": [{"token": w, "logprob": -0.5, "bytes": None, "top_logprobs": []} for w in text.split()]
            }
        usage = {"prompt_tokens": prompt, "completion_tokens": written, "total_tokens": prompt + written}
        return {
            "id": "x",
            "object": "chat.completion",
            "created": 0,
            "model": self.model,
            "choices": [choice],
            "usage": usage,
        }


def dripping(parts, pause=0.02):
    """A reply that never ends, a piece at a time."""

    async def pieces():
        for part in parts:
            yield part
            await asyncio.sleep(pause)

    return StreamingResponse(pieces(), media_type="application/json")


@contextmanager
def serving(answer, **more):
    service = Service(answer, **more)
    app = FastAPI()

    @app.post("/v1/chat/completions")
    async def complete(request: Request):
        body = await request.json()
        number = len(service.asked)
        service.asked.append(body)
        service.under_way += 1
        service.most_under_way = max(service.most_under_way, service.under_way)
        try:
            await asyncio.sleep(service.latency(number))
            found = service.answer(body, number)
        finally:
            service.under_way -= 1
        if isinstance(found, Response):
            return found
        if isinstance(found, str):
            found = 200, service.completion(body, found), {}
        status, content, headers = found
        service.answered.append(body)
        if isinstance(content, str):
            return Response(content, status, headers, "application/json")
        return JSONResponse(content, status, headers)

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(app, "127.0.0.1", port, log_level="critical", access_log=False))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    service.url = f"http://127.0.0.1:{port}/v1"
    try:
        yield service
    finally:
        server.should_exit = True
        server.force_exit = True
        thread.join(10)


def last(body):
    """What the last turn says."""
    return body["messages"][-1]["content"]


def as_json(value):
    return json.dumps(value, ensure_ascii=False)
