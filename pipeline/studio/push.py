"""`sft label push`: fill the project up with the most useful tasks. Safe to run again, also after it broke off.

A task is known by its record and text: what is in the project already is not sent twice. A text that changed is a new
task; the old one is removed unless somebody answered it or began to. Tasks go out in batches, in order of usefulness.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.core.errors import shorten
from pipeline.core.record import share
from pipeline.runtime.store import write_json
from pipeline.studio.client import ListedTask
from pipeline.studio.ledger import Ledger
from pipeline.studio.present import PresentTask
from pipeline.studio.project import BACKEND, Project, connect, find
from pipeline.studio.tasks import (
    Question,
    checked,
    drawn,
    gold_questions,
    in_order,
    mixed,
    model_version,
    queued,
    text_ids,
    to_task,
)
from pipeline.studio.waiting import waiting

if TYPE_CHECKING:
    from label_studio_sdk.label_interface.interface import LabelInterface

#: Tasks sent with one request.
BATCH = 250
#: The known answers of gold questions; a hidden file, so that `label` does not read it as annotations.
GOLD = ".gold.json"

_TOUCHED = ("total_annotations", "cancelled_annotations", "draft_exists")
_COLUMNS = ("data", "is_labeled", "predictions_model_versions", *_TOUCHED)


@dataclass
class Present:
    """The project's tasks by record and text; what is stale, and what nobody has touched."""

    tasks: dict[tuple[str, str], PresentTask] = field(default_factory=dict)
    stale: list[int] = field(default_factory=list)  # about a text that has changed or gone, untouched
    answered_stale: int = 0
    foreign: int = 0  # without record_id: imported by hand

    def forget(self, numbers: Set[int]) -> None:
        """Take tasks out that were removed from the project."""
        self.tasks = {key: task for key, task in self.tasks.items() if task["id"] not in numbers}

    def count_open(self) -> int:
        """How many tasks wait for an answer."""
        return sum(task["open"] for task in self.tasks.values())

    def untouched(self) -> list[PresentTask]:
        """Tasks that nobody answered, skipped or began."""
        return [task for task in self.tasks.values() if task["untouched"]]


def push(data: Path, renew: bool = False) -> Iterator[str]:
    """Send what is missing; what was done, in words. With `renew`, untouched tasks are replaced by a new choice."""
    project = find(connect())
    now = text_ids(data / "clean" / "records.parquet", project.task)
    rows, gone = waiting(data, now, _answered(data / "annotations", project), project.settings.model_error_weight)
    questions = queued(rows, data / "clean", project.task)
    present = _present(project, now)
    drop = _with_suggestion(present, questions) | ({task["id"] for task in present.untouched()} if renew else set())
    remove = [*present.stale, *sorted(drop)]
    _remove(project, remove)
    present.forget(drop)
    ledger = Ledger(data / "annotations", project)
    ledger.settle(present.tasks)
    yield from _about(present, len(remove))
    if gone:
        yield f"note: {gone:,} worst errors of the model are about records that are gone: dvc repro evaluate"
    if not project.settings.show_prelabels:
        questions = [replace(q, value=None, score=0.0) for q in questions]
    questions = drawn(questions, project.settings.blind_share)
    version = model_version(questions)
    yield from _refresh(project, present, questions, version, ledger)
    yield from _ask_again(project, present, questions)
    chosen = _choose(project, present, questions, {row["record_id"]: row["priority"] for row in rows}, data)
    _remember_gold(data / "annotations", chosen)
    try:
        yield from _send(project, chosen, version, ledger)
    finally:  # what was sent before a connection broke is known
        ledger.write()
    _show(project, version)
    yield f"people find them at {project.url}"


def _with_suggestion(present: Present, questions: Sequence[Question]) -> set[int]:
    """Untouched tasks about records that were drawn for the audit since: they are asked anew, without suggestion."""
    found = (present.tasks.get(question.key) for question in questions if question.audit)
    return {task["id"] for task in found if task is not None and task["untouched"] and not task["audit"]}


def _answered(folder: Path, project: Project) -> set[str]:
    """Records that a person has answered, by the pulled annotations."""
    from pipeline.annotation.annotations import Annotation, read_folder
    from pipeline.annotation.label_studio_export import readers

    found = read_folder(folder, readers(project.task)) if folder.is_dir() else ()
    return {one.record_id for one in found if isinstance(one, Annotation)}


def _present(project: Project, now: Mapping[str, str]) -> Present:
    """What the project holds; `now` is the text id of every record today."""
    present = Present()
    for task in project.client.tasks(project.id, _COLUMNS):
        data = task.get("data") or {}
        if not data.get("record_id") or not data.get("text_id"):
            present.foreign += 1
            continue
        key, kept = (str(data["record_id"]), str(data["text_id"])), _state(task, data)
        if now.get(key[0]) == key[1] and key not in present.tasks:
            present.tasks[key] = kept
        elif kept["untouched"]:
            present.stale.append(task["id"])
        else:
            present.answered_stale += 1
    return present


def _state(task: ListedTask, data: Mapping[str, object]) -> PresentTask:
    return PresentTask(
        id=task["id"],
        untouched=not any(task.get(name) for name in _TOUCHED),
        open=not task["is_labeled"],
        blind=data.get("blind") is True,
        audit=data.get("asked") == "audit",
        answers=task["total_annotations"] or 0,
        version=task.get("predictions_model_versions"),
    )


def _remove(project: Project, numbers: Sequence[int]) -> None:
    for start in range(0, len(numbers), BATCH):
        items = {"selectedItems": {"all": False, "included": list(numbers[start : start + BATCH])}}
        project.client.post("/api/dm/actions/", items, id="delete_tasks", project=project.id)


def _about(present: Present, removed: int) -> Iterator[str]:
    if removed:
        yield f"removed {removed:,} tasks that nobody had touched"
    if present.answered_stale:
        yield (
            f"note: {present.answered_stale:,} answered tasks are about texts that have changed or gone since; "
            "`sft label pull` keeps their answers, and changed texts are asked about again"
        )
    if present.foreign:
        yield f"note: {present.foreign:,} tasks have no record_id; they were imported by hand and are left alone"


def _refresh(
    project: Project, present: Present, questions: Sequence[Question], version: str, ledger: Ledger
) -> Iterator[str]:
    """New pre-labels for untouched tasks that show older ones; tasks that hold them back go on doing so."""
    interface = _interface(project)
    todo = []
    for question, task in _outdated(present, questions, version):
        sound, problem = checked(question, project.task, interface)
        if problem is not None:
            continue
        ledger.renewed(sound)
        if not task["blind"]:
            shown = to_task(replace(sound, hidden=False), project.task, version)["predictions"][0]
            todo.append({"task": task["id"], **shown})
    for start in range(0, len(todo), BATCH):
        project.client.post(f"/api/projects/{project.id}/import/predictions", todo[start : start + BATCH])
    if todo:
        yield f"gave {len(todo):,} waiting tasks new pre-labels"


def _outdated(present: Present, questions: Sequence[Question], version: str) -> Iterator[tuple[Question, PresentTask]]:
    for question in questions:
        task = present.tasks.get(question.key)
        if task is not None and question.value is not None and _is_older(task, version):
            yield question, task


def _is_older(task: PresentTask, version: str) -> bool:
    """Whether nobody has touched the task, and it shows another version's pre-label."""
    return task["untouched"] and version not in str(task["version"] or "")


def _ask_again(project: Project, present: Present, questions: Sequence[Question]) -> Iterator[str]:
    """One more person for each answered task on which people disagree."""
    again = [present.tasks[q.key] for q in questions if q.disputed and q.key in present.tasks]
    again = [task for task in again if not task["open"]]
    for task in again:
        body = {"overlap": task["answers"] + 1, "is_labeled": False}
        project.client.patch(f"/api/tasks/{task['id']}/", body)
        task["open"] = True
    if again:
        yield f"asked one more person about {len(again):,} tasks on which people disagree"


def _suggest(questions: Sequence[Question]) -> bool:
    """Whether most of them show a pre-label, so that gold questions must look so too."""
    return sum(question.value is not None for question in questions) > len(questions) / 2


def _choose(
    project: Project, present: Present, questions: Sequence[Question], priorities: Mapping[str, float], data: Path
) -> list[Question]:
    """New questions, those of the audit and gold ones too, up to `studio.max_tasks` open ones in the project."""
    settings = project.settings
    room = max(settings.max_tasks - present.count_open(), 0)
    new = [question for question in questions if question.key not in present.tasks]
    audit = sorted((q for q in new if q.audit), key=lambda q: share("label.audit", q.record.id))[:room]
    room, missing = room - len(audit), [question for question in new if not question.audit]
    ordered = in_order(missing, priorities, min(room - round(room * settings.gold_share), len(missing)), project.task)
    wanted = round(len(ordered) * settings.gold_share / (1 - settings.gold_share))
    taken = {record for record, _ in present.tasks} | set(priorities)
    asked = mixed(ordered, gold_questions(data / "label", project.task, wanted, taken, _suggest(ordered)))
    return mixed(asked, audit)  # in the order in which they were drawn, so that the first ones are a sample too


def _remember_gold(folder: Path, chosen: Sequence[Question]) -> None:
    """Before anything is sent: a gold question that nobody knows to be one would look like an open one."""
    from pipeline.annotation.gold import read_gold

    new = {question.record.id: question.gold for question in chosen if question.gold is not None}
    if new:
        write_json({**read_gold(folder), **new}, folder / GOLD)


def _send(project: Project, chosen: Sequence[Question], version: str, ledger: Ledger) -> Iterator[str]:
    interface, problems = _interface(project), Counter[str]()
    for start in range(0, len(chosen), BATCH):
        part = []
        for question in chosen[start : start + BATCH]:
            sound, problem = checked(question, project.task, interface)
            problems.update([problem] if problem else [])
            part.append(sound)
        batch = [to_task(question, project.task, version) for question in part]
        answer = project.client.post(f"/api/projects/{project.id}/import", batch, return_task_ids=True)
        for question, number in zip(part, answer.get("task_ids", ()), strict=False):  # none: the next push finds them
            ledger.sent(question, number)
        if len(chosen) > BATCH:
            yield f"sent {min(start + BATCH, len(chosen)):,} of {len(chosen):,}"
    if problems:
        example = problems.most_common(1)[0][0]
        yield f"note: {problems.total():,} pre-labels could not be shown and were left out: {shorten(example, 120)}"
    yield from _about_sent(project, chosen)


def _about_sent(project: Project, chosen: Sequence[Question]) -> Iterator[str]:
    gold = sum(question.gold is not None for question in chosen)
    if not chosen:
        yield "nothing to send: what is queued is in the project, or the project is full (studio.max_tasks)"
        return
    yield f"sent {len(chosen):,} tasks, {gold:,} of them gold questions{_and_more(chosen)}"
    if len(chosen) * project.settings.gold_share >= 1 and not gold:
        yield "note: no gold questions: no source vouches for its labels (trusted_when), and no two people agreed yet"


def _and_more(chosen: Sequence[Question]) -> str:
    audit = sum(question.audit for question in chosen)
    more = f", {audit:,} of the audit" if audit else ""
    hidden = sum(question.hidden for question in chosen)
    return more + (f"; {hidden:,} hold their pre-label back (studio.blind_share)" if hidden else "")


def _show(project: Project, version: str) -> None:
    """Let people see these pre-labels, where there are any and no backend answers."""
    now = project.client.get(f"/api/projects/{project.id}/")["model_version"]
    versions = project.client.get(f"/api/projects/{project.id}/model-versions/")
    if now not in (BACKEND, version) and version in versions:
        project.client.patch(f"/api/projects/{project.id}/", {"model_version": version})


def _interface(project: Project) -> LabelInterface:
    from label_studio_sdk.label_interface.interface import LabelInterface

    return LabelInterface(project.config)
