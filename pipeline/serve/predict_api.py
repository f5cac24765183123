"""The model's own HTTP API: POST /v1/predict with rows as `sft predict --file` takes them.

Requests that arrive together are answered in one batch. What the server cannot take is refused at once and says so:
400 for a row that cannot be used (with its number), 503 with Retry-After when too much is waiting.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence

from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse

from pipeline.commands.predict import answer
from pipeline.core.errors import PipelineError
from pipeline.core.record import Fields, Reject
from pipeline.core.settings import Task
from pipeline.modeling.prediction import Prediction
from pipeline.serve.app import BadRequestError, json_object
from pipeline.serve.limits import connections
from pipeline.serve.model import ServedModel, model_row
from pipeline.serve.openapi import OBJECT, Schema, objects, takes

#: Rows of one request. A guess: not measured.
MAX_ROWS = 256
#: Rows answered at a time, seconds that a batch waits for company, rows and requests that may wait: fewer requests than
#: the server has connections, so that one is left for /health. Guesses: not measured.
BATCH, PATIENCE, MAX_WAITING, MAX_REQUESTS = 64, 0.005, 2048, connections() // 2

Answered = tuple[str, list[Prediction]]
#: The rows of a request, and where its answer goes.
Waiting = tuple[list[Fields], asyncio.Future[Answered]]


class BusyError(Exception):
    """More rows are waiting than will be answered soon."""


class Batcher:
    """Answers rows of concurrent requests together."""

    def __init__(
        self, model: ServedModel, batch: int = BATCH, patience: float = PATIENCE, most: int = MAX_WAITING
    ) -> None:
        self.model, self.batch, self.patience, self.most = model, batch, patience, most
        self._waiting: deque[Waiting] = deque()
        self._worker: asyncio.Task[None] | None = None

    async def predict(self, rows: list[Fields]) -> Answered:
        """The model's version and one prediction per row. Raises BusyError instead of queueing without end."""
        many = sum(len(part) for part, _ in self._waiting) + len(rows) > self.most
        if many or len(self._waiting) >= MAX_REQUESTS:
            raise BusyError
        future: asyncio.Future[Answered] = asyncio.get_running_loop().create_future()
        self._waiting.append((rows, future))
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._work())
        return await future

    async def _work(self) -> None:
        while self._waiting:
            if sum(len(rows) for rows, _ in self._waiting) < self.batch:
                await asyncio.sleep(self.patience)
            await self._answer(self._next())

    def _next(self) -> list[Waiting]:
        """Whole requests, up to a batch; the first one in any case."""
        taken = [self._waiting.popleft()]
        while self._waiting and sum(len(rows) for rows, _ in (*taken, self._waiting[0])) <= self.batch:
            taken.append(self._waiting.popleft())
        return taken

    async def _answer(self, requests: list[Waiting]) -> None:
        try:
            version, found = await run_in_threadpool(self.model.predict, [row for rows, _ in requests for row in rows])
        except Exception as error:
            if len(requests) > 1:  # one request's trouble is not its neighbours'
                for request in requests:
                    await self._answer([request])
            elif not requests[0][1].done():
                requests[0][1].set_exception(error)
            return
        self._share_out(requests, version, found)

    def _share_out(self, requests: list[Waiting], version: str, found: list[Prediction]) -> None:
        """Each request's own part of the answers."""
        start = 0
        for rows, future in requests:
            if not future.done():  # the client may have gone
                future.set_result((version, found[start : start + len(rows)]))
            start += len(rows)


def add_routes(app: FastAPI, model: ServedModel) -> None:
    """Add POST /v1/predict: `{"rows": [{...}, ...]}` -> `{"model_version", "predictions": [{...}, ...]}`."""
    batcher = Batcher(model)

    @app.exception_handler(BusyError)
    async def busy(request: Request, error: Exception) -> Response:
        return JSONResponse({"error": "too many rows are waiting; try again"}, 503, {"Retry-After": "1"})

    @app.post("/v1/predict", openapi_extra=takes(_BODY))
    async def predict(request: Request) -> dict[str, object]:
        body = await json_object(request)
        rows = checked_rows(body.get("rows"), model.task())
        version, found = await batcher.predict(rows)
        return {
            "model_version": version,
            "predictions": [answer(row, prediction) for row, prediction in zip(rows, found, strict=True)],
        }


_ROWS: Schema = {"type": "array", "items": OBJECT, "minItems": 1, "maxItems": MAX_ROWS}
_BODY = objects({"rows": _ROWS}, ("rows",))


def checked_rows(given: object, task: Task) -> list[Fields]:
    """Rows that the model can answer. Raises BadRequestError with the number of the first that it cannot."""
    if not isinstance(given, Sequence) or isinstance(given, str) or not 1 <= len(given) <= MAX_ROWS:
        raise BadRequestError(f"'rows' must be a list of 1 to {MAX_ROWS} objects")
    return [_checked_row(number, values, task) for number, values in enumerate(given)]


def _checked_row(number: int, values: object, task: Task) -> Fields:
    if not isinstance(values, Mapping):
        raise BadRequestError(f"row {number}: expected an object")
    try:
        return model_row(values, task)
    except (Reject, PipelineError) as error:
        raise BadRequestError(f"row {number}: {error}") from None
