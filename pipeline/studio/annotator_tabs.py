"""A tab for each person in Label Studio's list of tasks: 'Tasks: 37 / 60' below it says how many they have answered.

Label Studio shows nobody their own count; a tab that is filtered by who answered shows it, at any moment.
"""

from __future__ import annotations

from pipeline.studio.project import Project

#: The tab that Label Studio makes where a project has none.
_FIRST = "Default"


def make_annotator_tabs(project: Project) -> None:
    """A tab for each person who has answered something and has none yet."""
    answered = _who_answered(project)
    if not answered:
        return
    tabs = {tab["data"].get("title") for tab in project.client.get("/api/dm/views/", project=project.id)}
    if not tabs:
        _make(project, _FIRST)
    names = _names(project)
    for person in answered:
        title = names.get(person, f"user {person}")
        if title not in tabs:
            _make(project, title, person)


def _who_answered(project: Project) -> list[int]:
    found = project.client.tasks(project.id, ("annotators",))
    return sorted({int(person) for task in found for person in task.get("annotators") or ()})


def _names(project: Project) -> dict[int, str]:
    """User number -> name, as pulled answers have it."""
    if project.settings.annotator_names == "number":
        return {}
    return {user["id"]: user["email"] for user in project.client.get("/api/users/")}


def _make(project: Project, title: str, person: int | None = None) -> None:
    mine = {"filter": "filter:tasks:annotators", "operator": "contains", "type": "List", "value": person}
    filters = {"conjunction": "and", "items": [] if person is None else [mine]}
    project.client.post("/api/dm/views/", {"project": project.id, "data": {"title": title, "filters": filters}})
