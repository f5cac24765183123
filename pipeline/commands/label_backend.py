"""`sft label backend`: the trained model answers in Label Studio while people work.

The model runs behind `pipeline/serve/`. While the command runs, tasks that people open get its answers; when it stops,
they get the pre-labels of the last push again.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from pipeline.core.errors import PipelineError
from pipeline.runtime.ports import free_port
from pipeline.serve.app import create_app
from pipeline.serve.label_studio import add_routes
from pipeline.serve.limits import names_of
from pipeline.serve.model import ServedModel
from pipeline.serve.run import serve
from pipeline.studio import server
from pipeline.studio.project import BACKEND, Project, connect, find

SECRET = "SFT_SERVE_SECRET"


def backend(model: Path, host: str, port: int, register: bool = True) -> None:
    """Serve the model in `model` until interrupted; with `register`, as the backend of this folder's project."""
    served = ServedModel(model)
    served.version()  # no model: say so before anything is started
    secret = os.environ.get(SECRET) or server.own_secrets()["backend"]
    project = find(connect()) if register else None
    chosen = free_port(host, port)
    before: list[str] = []

    def on_start() -> None:
        if project is not None:
            before.append(connect_backend(project, f"http://{_reachable(host)}:{chosen}", secret))
            sys.stdout.write(f"people in {project.url} see its answers from now on\n")
            sys.stdout.flush()

    try:
        serve(create_app(served, secret, [add_routes], names_of(host)), host, chosen, secret, on_start)
    finally:
        if project is not None and before:
            project.client.patch(f"/api/projects/{project.id}/", {"model_version": before[0]})


def connect_backend(project: Project, url: str, secret: str) -> str:
    """Make the server at `url` the project's backend. Returns the model version that was shown before."""
    about = project.client.get(f"/api/projects/{project.id}/")
    known = _backends(project)
    body: dict[str, Any] = {"project": project.id, "title": BACKEND, "url": url, "auth_method": "BASIC_AUTH"}
    body |= {"basic_auth_user": BACKEND, "basic_auth_pass": secret}
    try:
        if known:
            project.client.patch(f"/api/ml/{known[0]['id']}/", body)
        else:
            project.client.post("/api/ml/", body)
    except PipelineError as error:
        # Having stored it, Label Studio wants to set up a webhook too, which its guard against local addresses forbids.
        if not any(one.get("url") == url for one in _backends(project)):
            raise PipelineError(
                f"Label Studio could not use the backend at {url}: {error.message}",
                "A server that somebody else started may need ML_BLOCK_LOCAL_IP=0 to reach this machine.",
            ) from None
    project.client.patch(f"/api/projects/{project.id}/", {"model_version": BACKEND})
    return "" if about["model_version"] == BACKEND else str(about["model_version"] or "")


def _backends(project: Project) -> list[dict[str, object]]:
    return [one for one in project.client.get("/api/ml/", project=project.id) if one.get("title") == BACKEND]


def _reachable(host: str) -> str:
    return "127.0.0.1" if host in ("0.0.0.0", "::") else host
