"""What `sft label push` writes down about the tasks of a project (see pipeline/annotation/push_ledger.py)."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from pathlib import Path

from pipeline.annotation.push_ledger import LEDGER, Place, Pushed, Sent, public, read_pushed
from pipeline.runtime.store import write_json
from pipeline.studio.existing_tasks import ExistingTask
from pipeline.studio.project import Project
from pipeline.studio.tasks import Question, prelabel


class Ledger:
    """The ledger while a push runs; `write` puts on disk what is known so far."""

    def __init__(self, folder: Path, project: Project, gold: Container[str] = ()) -> None:
        self._file = folder / LEDGER
        self._gold = gold
        self._new: set[str] = set()  # tasks of which the file knew nothing: a push broke off
        self._project = project
        known = read_pushed(folder)
        self._places = {**known.projects, project.mark: Place(url=public(project.client.url), id=project.id)}
        self._tasks = dict(known.tasks)
        self._reopened = known.reopened

    def settle(self, existing: Mapping[tuple[str, str], ExistingTask]) -> None:
        """Take over the numbers of the tasks that are in the project, and forget those of tasks that are not."""
        for name, sent in self._tasks.items():
            if sent.project == self._project.mark and (name, sent.text_id) not in existing:
                self._tasks[name] = sent.model_copy(update={"task": None})
        for (name, text_id), task in existing.items():
            known = self._tasks.get(name)
            if known is None or (known.project, known.text_id) != (self._project.mark, text_id):
                self._new.add(name)
            self._note(name, text_id, task["id"])

    def recover(self, existing: Mapping[tuple[str, str], ExistingTask], questions: Iterable[Question]) -> None:
        """What tasks show that were sent by a push that broke off: their data and predictions tell."""
        for question in questions:
            task = existing.get(question.key)
            if task is None or question.record.id not in self._new or not self._takes_part(question):
                continue
            if task["blind"] or task["version"]:
                self._update(question, shown=not task["blind"])

    def sent(self, question: Question, task: int) -> None:
        """The question is this task now, its pre-label shown or held back as the lot fell (`studio.blind_share`)."""
        self._tasks.pop(question.record.id, None)
        self._note(*question.key, task)
        noted = self._tasks[question.record.id]
        self._tasks[question.record.id] = noted.model_copy(update={"key": question.source_key})
        if self._takes_part(question):
            self._update(question, shown=not question.hidden)

    def renewed(self, question: Question) -> None:
        """A task that nobody has touched got this pre-label; one that holds it back would show it."""
        known = self._tasks.get(question.record.id)
        if known is not None and known.shown is not None:
            self._update(question)

    def withdrawn(self, question: Question) -> None:
        """The task shows no suggestion any more, and takes no part in the comparison."""
        known = self._tasks.get(question.record.id)
        if known is not None and known.shown is not None:
            self._tasks[question.record.id] = known.model_copy(update={"shown": None, "prelabel": None})

    def write(self) -> None:
        """One sorted file; projects without a task are left out."""
        used = {sent.project for sent in self._tasks.values()}
        places = {mark: place for mark, place in self._places.items() if mark in used}
        write_json(
            Pushed(projects=places, tasks=self._tasks, reopened=self._reopened).model_dump(exclude_none=True),
            self._file,
        )

    def _takes_part(self, question: Question) -> bool:
        """Whether a lot decides if the question's pre-label is shown."""
        asked_openly = question.gold is None and question.record.id not in self._gold and not question.audit
        return bool(self._project.settings.blind_share) and asked_openly and question.value is not None

    def _update(self, question: Question, **more: bool) -> None:
        changes = {"prelabel": prelabel(question, self._project.task), **more}
        self._tasks[question.record.id] = self._tasks[question.record.id].model_copy(update=changes)

    def _note(self, name: str, text_id: str, task: int) -> None:
        known = self._tasks.get(name)
        same = known is not None and (known.project, known.text_id) == (self._project.mark, text_id)
        fresh = known if known is not None and same else Sent(project=self._project.mark, task=task, text_id=text_id)
        self._tasks[name] = fresh.model_copy(update={"task": task})
