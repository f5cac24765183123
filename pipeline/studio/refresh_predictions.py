"""New suggestions for tasks that wait, so that nothing tells gold questions and half-answered tasks from the others.

Label Studio shows the predictions of one model version alone. With a new version every task that waits gets one: its
new pre-label where nobody has touched it, a gold question its own again, any other the one that people saw before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pipeline.studio.client import BATCH
from pipeline.studio.existing_tasks import ExistingTask, ExistingTasks
from pipeline.studio.ledger import Ledger
from pipeline.studio.project import Project, labeling_interface
from pipeline.studio.tasks import Question, checked, to_task

if TYPE_CHECKING:
    from label_studio_sdk.label_interface.interface import LabelInterface


def refresh(
    project: Project,
    existing: ExistingTasks,
    questions: Sequence[Question],
    gold: Mapping[str, Question],
    version: str,
    ledger: Ledger,
) -> Iterator[str]:
    """Give every waiting task of another version its suggestion; tasks that hold theirs back go on doing so.

    `gold` holds the gold questions that are in the project, by record id.
    """
    interface = labeling_interface(project)
    asked = {question.key: question for question in questions}
    todo: list[dict[str, Any]] = []
    for key, task in existing.tasks.items():
        if task["audit"] or not task["open"] or version in str(task["version"] or ""):
            continue
        question = gold.get(key[0]) or (asked.get(key) if task["untouched"] else None)
        todo += _suggestion(project, task, question, interface, version, ledger)
    for start in range(0, len(todo), BATCH):
        project.client.post(f"/api/projects/{project.id}/import/predictions", todo[start : start + BATCH])
    if todo:
        yield f"gave {len(todo):,} waiting tasks new pre-labels"


def _suggestion(
    project: Project,
    task: ExistingTask,
    question: Question | None,
    interface: LabelInterface,
    version: str,
    ledger: Ledger,
) -> list[dict[str, Any]]:
    """The prediction that the task gets, where it is to get one; the ledger learns what people will see."""
    sound = None if question is None else checked(question, project.task, interface)[0]
    if sound is not None and sound.value is not None:
        ledger.renewed(sound)
        shown = to_task(replace(sound, hidden=False), project.task, version)["predictions"][:1]
        return [] if task["blind"] else [{"task": task["id"], **one} for one in shown]
    if question is not None and question.value is None and question.gold is None:
        ledger.withdrawn(question)  # nobody suggests anything about it any more
        return []
    return [] if task["blind"] else _as_before(project, task, version)


def _as_before(project: Project, task: ExistingTask, version: str) -> list[dict[str, Any]]:
    """The task's latest suggestion under the new version; nothing where it never had one."""
    if not task["version"]:
        return []
    found = project.client.get("/api/predictions/", task=task["id"])
    latest = max(found, key=lambda one: one["id"], default=None)
    if latest is None:
        return []
    return [{"task": task["id"], "result": latest["result"], "score": latest["score"], "model_version": version}]
