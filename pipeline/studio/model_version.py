"""Whose suggestions people see: those of the last push, or of a live model; and what happens when that has died."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.studio.project import BACKEND, Project


def show_version(project: Project, version: str) -> None:
    """Let people see these pre-labels, where there are any and no backend answers."""
    now = project.client.get(f"/api/projects/{project.id}/")["model_version"]
    versions = project.client.get(f"/api/projects/{project.id}/model-versions/")
    if now not in (BACKEND, version) and version in versions:
        project.client.patch(f"/api/projects/{project.id}/", {"model_version": version})


def reset_dead_backend(project: Project) -> Iterator[str]:
    """Where the live model was shown and does not answer any more: show the pre-labels of the last push again."""
    if project.client.get(f"/api/projects/{project.id}/")["model_version"] != BACKEND or _answers(project):
        return
    found = project.client.get(f"/api/projects/{project.id}/model-versions/", extended="true")
    static = [one for one in found.get("static") or () if one["model_version"] != BACKEND]
    latest = max(static, key=lambda one: str(one["latest"]), default={"model_version": ""})["model_version"]
    project.client.patch(f"/api/projects/{project.id}/", {"model_version": latest})
    yield "note: the live model does not answer any more (sft label backend); people see the last pre-labels again"


def _answers(project: Project) -> bool:
    """Whether a connected backend of ours is alive; the server asks it when it lists it."""
    backends = project.client.get("/api/ml/", project=project.id)
    return any(one.get("title") == BACKEND and one.get("state") == "CO" for one in backends)
