"""Which server, and which project on it."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.annotation.annotations import Annotation, SetAside
from pipeline.annotation.labeling_config import Screen, config_problems, extra_labels, project_config
from pipeline.annotation.reply_rating_controls import ASK, comparing_controls, rating_controls
from pipeline.core.errors import PipelineError, shorten
from pipeline.core.record import content_id
from pipeline.core.registry import did_you_mean
from pipeline.core.settings import Task, load_task
from pipeline.studio import server
from pipeline.studio.client import Client, ListedProject
from pipeline.studio.guidelines import instruction
from pipeline.studio.params import Studio, load_studio
from pipeline.tasks import task_type

if TYPE_CHECKING:
    from label_studio_sdk.label_interface.interface import LabelInterface

#: Title of the backend that `sft label backend` connects; a project whose model version is this title asks it.
BACKEND = "sft"
#: What is asked -> how the project is called, where params.yaml does not say.
_TITLES = {"reply": "labels", "rate": "ratings", "compare": "comparisons"}
URL, TOKEN = "LABEL_STUDIO_URL", "LABEL_STUDIO_API_KEY"


@dataclass(frozen=True)
class Project:
    """A project on a server. `mark` names it among all projects of all servers: numbers are used again."""

    client: Client
    id: int
    title: str
    mark: str
    config: str
    task: Task
    settings: Studio
    adjudicates: bool = False  # a project of disputes: the adjudicator's answers decide

    @property
    def url(self) -> str:
        """Where people open it."""
        return f"{self.client.url}/projects/{self.id}/data"

    def is_of(self, item: Annotation | SetAside) -> bool:
        """Whether the annotation was made in this project."""
        return (item.studio or "").startswith(f"{self.mark}/")


def connect() -> Client:
    """The server that the environment names, else this project's own running one."""
    url, token = os.environ.get(URL), os.environ.get(TOKEN)
    if url:
        if not url.startswith(("http://", "https://")):
            raise PipelineError(f"{URL}: '{url}' is no address.", "It begins with http:// or https://.")
        if not token:
            raise PipelineError(f"{URL} is set and {TOKEN} is not.", "Put a token of your account into it.")
        return Client(url, token)
    own = server.address()
    if own is None:
        raise PipelineError(
            "No Label Studio is running for this project.", f"Start one: sft label up. Or name one: {URL} and {TOKEN}."
        )
    return Client(own, server.own_secrets()["token"])


def title(settings: Studio) -> str:
    """The project's title: from params, else the folder's name."""
    return settings.title or f"{Path.cwd().name} {_TITLES[settings.ask]}"[:50]


def find(client: Client, check: bool = True) -> Project:
    """The project of this folder. Raises PipelineError where there is none, or several, or its config does not fit."""
    task, settings = load_task(), load_studio()
    name = title(settings)
    found = client.projects(name)
    if not found:
        raise PipelineError(f"{client.url}: no project is called '{name}'.", "Make it: sft label up")
    if len(found) > 1:
        numbers = ", ".join(str(one["id"]) for one in found)
        raise PipelineError(
            f"{client.url}: {len(found)} projects are called '{name}' (numbers {numbers}).",
            "Rename all but one of them in Label Studio, or set studio.title in params.yaml.",
        )
    project = _project(client, found[0], task, settings)
    if check:
        check_config(project)
    return project


def adjudication_project(project: Project, make: bool = False) -> Project | None:
    """The project of disputes beside `project`; made where there is none and `make`. None without an adjudicator."""
    if project.settings.adjudicator is None or project.adjudicates:
        return None
    name = f"{project.title[:41]} disputes"
    listed = project.client.projects(name)
    if not listed:
        if not make:
            return None
        config = project_config(project.task, screen_of(project.settings, project.task))
        answers = '<HyperText name="answers" value="$answers"/>'
        body = {
            **_wanted(project.settings, project.task),
            "title": name,
            "label_config": config.replace("</Style>", f"</Style>{answers}", 1),
            "maximum_annotations": 1,
        }
        listed = [project.client.post("/api/projects/", body)]
    return replace(_project(project.client, listed[0], project.task, project.settings), adjudicates=True)


def find_or_create(client: Client) -> tuple[Project, list[str]]:
    """The project of this folder, made where there is none; and what was done, in words."""
    task, settings = load_task(), load_studio()
    name = title(settings)
    if client.projects(name):
        project = find(client)
        return project, [*_settle(project), f"project '{name}': {project.url}"]
    body = {
        "title": name,
        "label_config": project_config(task, screen_of(settings, task)),
        "sampling": "Sequential sampling",  # tasks are imported in order of the acquisition score
        **_wanted(settings, task),
    }
    project = _project(client, client.post("/api/projects/", body), task, settings)
    return project, [f"made the project '{name}': {project.url}"]


def screen_of(settings: Studio, task: Task) -> Screen:
    """The annotator's screen as params.yaml wants it. Raises PipelineError where a label is described that is none."""
    strange = [label for label in settings.label_descriptions if label not in task.labels]
    if strange:
        raise PipelineError(
            f"params.yaml: studio.label_descriptions: '{strange[0]}' is not among task.labels.",
            did_you_mean(strange[0], task.labels),
        )
    screen = Screen(settings.language, settings.label_descriptions, settings.comment, settings.unsure)
    if settings.ask == "reply":
        return screen
    return replace(screen, rating=_rating(settings, task), ask=ASK[settings.ask][settings.language])


def _rating(settings: Studio, task: Task) -> str:
    """The part of the screen on which replies are judged."""
    if task.type != "chat":
        raise PipelineError(
            f"params.yaml: studio.ask: {settings.ask} is for conversations, not for {task.type}.", "Leave it out."
        )
    if settings.ask == "rate":
        return rating_controls(settings.rubric, settings.language)
    return comparing_controls(settings.language)


def _wanted(settings: Studio, task: Task) -> dict[str, object]:
    """The settings of the project in Label Studio.

    Submit is closed while nothing is chosen, but where an empty answer says something (no span, none of the labels),
    and where texts are typed: Label Studio counts those as an answer only when they are submitted.
    """
    kind = task_type(task).target_kind(task)
    is_chosen = kind in ("number", "answers") or (kind == "text" and bool(task.labels))
    return {
        "maximum_annotations": settings.overlap,
        "show_collab_predictions": settings.show_prelabels,
        "enable_empty_annotation": not is_chosen,
        "expert_instruction": instruction(settings),
        "show_instruction": True,
    }


def check_config(project: Project) -> None:
    """Raise PipelineError where the project's labeling config was changed so that answers do not fit."""
    problems = config_problems(project.config, project.task)
    if problems:
        raise PipelineError(
            f"project '{project.title}': its labeling config does not fit params.yaml: {problems[0]}",
            "Put it back in Label Studio (Settings, Labeling Interface), or replace it: sft label up --replace-config",
        )


def extra(project: Project) -> list[str]:
    """A line about labels that the project offers and params.yaml does not declare, if any."""
    found = extra_labels(project.config, project.task)
    if not found:
        return []
    return [f"note: the project offers labels that task.labels does not hold: {shorten(', '.join(found))}"]


def replace_config(project: Project) -> str:
    """Write the task type's labeling config over the project's."""
    config = project_config(project.task, screen_of(project.settings, project.task))
    project.client.patch(f"/api/projects/{project.id}/", {"label_config": config})
    return "replaced the labeling config"


def labeling_interface(project: Project) -> LabelInterface:
    """The project's labeling config as Label Studio's SDK reads it."""
    from label_studio_sdk.label_interface.interface import LabelInterface

    return LabelInterface(project.config)


def _settle(project: Project) -> list[str]:
    """Overlap, pre-labels and instructions as params.yaml says now."""
    wanted = _wanted(project.settings, project.task)
    now = project.client.get(f"/api/projects/{project.id}/")
    if str(now.get("expert_instruction")).startswith(str(wanted["expert_instruction"])):
        del wanted["expert_instruction"]  # pull adds how far people are
    changes = {name: value for name, value in wanted.items() if now.get(name) != value}
    if changes:
        project.client.patch(f"/api/projects/{project.id}/", changes)
    done = [f"set {name} to {shorten(value, 60)}" for name, value in changes.items()]
    if project.config != project_config(project.task, screen_of(project.settings, project.task)):
        done.append(
            "note: the labeling config is not that of params.yaml; to replace it: sft label up --replace-config"
        )
    return done


def _project(client: Client, found: ListedProject, task: Task, settings: Studio) -> Project:
    mark = content_id(str(found["id"]), str(found["created_at"]))[:8]
    return Project(client, found["id"], found["title"], mark, found["label_config"], task, settings)
