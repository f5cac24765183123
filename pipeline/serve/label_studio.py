"""Label Studio's ML backend API: /setup, /predict, /webhook (/health and /versions are in app.py).

A task that the model cannot answer gets an empty result, a request that cannot be read gets status 400, and the
server lives on. The access token that comes with /setup is not used and not kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool

from pipeline.annotation.labeling_config import config_problems
from pipeline.core.errors import shorten
from pipeline.core.record import Fields, Reject
from pipeline.core.settings import Task
from pipeline.serve.app import BadRequestError, json_object
from pipeline.serve.model import ServedModel, model_row
from pipeline.serve.openapi import OBJECT, TEXT, objects, takes
from pipeline.tasks import task_type

#: Tasks that one request may hold; Label Studio waits 100 seconds for all of them. A guess: not measured.
MAX_TASKS = 1000


def add_routes(app: FastAPI, model: ServedModel) -> None:
    """Add the routes to `app`."""

    @app.post("/setup", openapi_extra=takes(objects({"schema": TEXT})))
    async def setup(request: Request) -> dict[str, str]:
        body = await json_object(request)
        check_config(body.get("schema"), model.task())
        return {"model_version": model.version()}

    @app.post("/predict", openapi_extra=takes(_TASKS))
    async def predict(request: Request) -> dict[str, object]:
        body = await json_object(request)
        tasks = body.get("tasks")
        if not isinstance(tasks, list) or len(tasks) > MAX_TASKS:
            raise BadRequestError(f"'tasks' must be a list of at most {MAX_TASKS:,} tasks")
        check_config(body.get("label_config"), model.task())
        return await run_in_threadpool(answers, tasks, model)

    @app.post("/webhook", openapi_extra=takes(objects({"action": TEXT})))
    async def webhook(request: Request) -> dict[str, str]:
        # Annotations are fetched by `sft label pull`: a notice may be lost, or sent twice, without harm.
        body = await json_object(request)
        return {"status": "seen", "action": shorten(body.get("action"), 40)}


_TASKS = objects({"tasks": {"type": "array", "items": OBJECT, "maxItems": MAX_TASKS}, "label_config": TEXT}, ("tasks",))


def check_config(config: object, task: Task) -> None:
    """Raise BadRequestError where the project's labeling config cannot show the model's answers."""
    if config is None or config == "":
        return
    problems = config_problems(str(config), task)
    if problems:
        raise BadRequestError(f"the project's labeling config does not fit the model: {problems[0]}")


def answers(tasks: Sequence[object], model: ServedModel) -> dict[str, object]:
    """The response to /predict: one result a task, in order; empty (with `error`) where the task cannot be answered.

    A task whose data say `blind` gets a list of no predictions: people shall answer it without a suggestion.
    """
    task = model.task()
    rows: dict[int, Fields] = {}
    results: list[dict[str, object]] = []
    blind: set[int] = set()
    for n, given in enumerate(tasks):
        results.append({"result": [], "score": 0.0})
        try:
            data = _data(given)
            if data.get("blind") is True:
                blind.add(n)
            else:
                rows[n] = model_row(data, task)
        except Reject as reject:
            results[n]["error"] = str(reject)
    version, predictions = model.predict(list(rows.values()))
    for n, prediction in zip(rows, predictions, strict=True):
        results[n] = {
            "result": task_type(task).result_from_target(prediction.value),
            "score": round(min(max(prediction.confidence or 0.0, 0.0), 1.0), 6),
        }
    shown = [[] if n in blind else {**result, "model_version": version} for n, result in enumerate(results)]
    return {"results": shown, "model_version": version}


def _data(task: object) -> Mapping[str, object]:
    data = task.get("data") if isinstance(task, Mapping) else None
    if not isinstance(data, Mapping):
        raise Reject("not_a_task", "a task must be an object with 'data'")
    return data
