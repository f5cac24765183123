"""The tasks that are in Label Studio about records and texts of today."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import TypedDict

from pipeline.studio.client import BATCH, ListedTask
from pipeline.studio.project import Project

_TOUCHED = ("total_annotations", "cancelled_annotations", "draft_exists")
_COLUMNS = ("data", "is_labeled", "predictions_model_versions", *_TOUCHED)


class ExistingTask(TypedDict):
    """What `sft label push` has to know of a task."""

    id: int
    untouched: bool  # nobody answered, skipped or began it
    open: bool
    blind: bool
    audit: bool
    answers: int
    version: str | None  # of the pre-labels it shows


@dataclass
class ExistingTasks:
    """The project's tasks by record and text; what is stale, and what nobody has touched."""

    tasks: dict[tuple[str, str], ExistingTask] = field(default_factory=dict)
    stale: list[int] = field(default_factory=list)  # about a text that has changed or gone, untouched
    answered_stale: int = 0
    foreign: int = 0  # without record_id: imported by hand

    def forget(self, numbers: Set[int]) -> None:
        """Take tasks out that were removed from the project."""
        self.tasks = {key: task for key, task in self.tasks.items() if task["id"] not in numbers}

    def count_open(self) -> int:
        """How many tasks wait for an answer."""
        return sum(task["open"] for task in self.tasks.values())

    def untouched(self) -> list[ExistingTask]:
        """Tasks that nobody answered, skipped or began."""
        return [task for task in self.tasks.values() if task["untouched"]]


def existing_tasks(project: Project, now: Mapping[str, str]) -> ExistingTasks:
    """What the project holds; `now` is the text id of every record today."""
    existing = ExistingTasks()
    for task in project.client.tasks(project.id, _COLUMNS):
        data = task.get("data") or {}
        if not data.get("record_id") or not data.get("text_id"):
            existing.foreign += 1
            continue
        key, kept = (str(data["record_id"]), str(data["text_id"])), _state(task, data)
        if now.get(key[0]) == key[1] and key not in existing.tasks:
            existing.tasks[key] = kept
        elif kept["untouched"]:
            existing.stale.append(task["id"])
        else:
            existing.answered_stale += 1
    return existing


def remove_tasks(project: Project, numbers: Sequence[int]) -> None:
    """Take tasks out of the project."""
    for start in range(0, len(numbers), BATCH):
        items = {"selectedItems": {"all": False, "included": list(numbers[start : start + BATCH])}}
        project.client.post("/api/dm/actions/", items, id="delete_tasks", project=project.id)


def _state(task: ListedTask, data: Mapping[str, object]) -> ExistingTask:
    return ExistingTask(
        id=task["id"],
        untouched=not any(task.get(name) for name in _TOUCHED),
        open=not task["is_labeled"],
        blind=data.get("blind") is True,
        audit=data.get("asked") == "audit",
        answers=task["total_annotations"] or 0,
        version=task.get("predictions_model_versions"),
    )
