"""`sft label push`: fill the project up with the most useful tasks. Safe to run again, also after it broke off.

A task is known by its record and text: what is in the project already is not sent twice. A text that changed is a new
task; the old one is removed unless somebody answered it or began to. Tasks go out in batches, the highest
acquisition score first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from pipeline.annotation.annotations import Annotation
from pipeline.annotation.gold import GOLD, read_gold
from pipeline.core.errors import shorten
from pipeline.core.record import share
from pipeline.runtime.store import write_json
from pipeline.studio.adjudication import send_to_adjudicator
from pipeline.studio.annotation_queue import annotation_queue
from pipeline.studio.answer_file import read_answers
from pipeline.studio.client import BATCH
from pipeline.studio.existing_tasks import ExistingTasks, existing_tasks, remove_tasks
from pipeline.studio.ledger import Ledger
from pipeline.studio.model_version import reset_dead_backend, show_version
from pipeline.studio.project import Project, adjudication_project, connect, find, labeling_interface
from pipeline.studio.refresh_predictions import refresh
from pipeline.studio.reopened_tasks import reopen_tasks
from pipeline.studio.reply_rating_tasks import to_judge
from pipeline.studio.tasks import (
    Question,
    checked,
    drawn,
    gold_again,
    gold_questions,
    in_order,
    mixed,
    model_version,
    numbered,
    queued,
    text_ids,
    to_task,
    with_keys,
)


def push(data: Path, renew: bool = False) -> Iterator[str]:
    """Send what is missing; what was done, in words. With `renew`, untouched tasks are replaced by a new choice."""
    project = find(connect())
    now = text_ids(data / "clean" / "records.parquet", project.task)
    yield from reset_dead_backend(project)
    for one in filter(None, (project, adjudication_project(project))):
        yield from reopen_tasks(one, data, now)
    if project.settings.ask != "reply":
        yield from _push_to_judge(project, data, existing_tasks(project, now))
        return
    rows, gone = annotation_queue(
        data, now, _answered(data / "annotations", project), project.settings.model_error_weight
    )
    questions = queued(rows, data / "clean", project.task)
    existing = existing_tasks(project, now)
    drop = _with_suggestion(existing, questions) | ({task["id"] for task in existing.untouched()} if renew else set())
    remove = [*existing.stale, *sorted(drop)]
    remove_tasks(project, remove)
    existing.forget(drop)
    known_gold = read_gold(data / "annotations", project.task)
    ledger = Ledger(data / "annotations", project, known_gold)
    ledger.settle(existing.tasks)
    yield from _about(existing, len(remove))
    if gone:
        yield f"note: {gone:,} worst errors of the model are about records that are gone: dvc repro evaluate"
    if not project.settings.show_prelabels:
        questions = [replace(q, value=None, score=0.0) for q in questions]
    questions = [_withheld(question, project.settings.min_suggestion_confidence) for question in questions]
    questions = drawn(questions, project.settings.blind_share)
    ledger.recover(existing.tasks, questions)
    version = model_version(questions)
    gold = gold_again(data / "label", project.task, known_gold, _suggest(questions))
    yield from refresh(project, existing, questions, gold, version, ledger)
    yield from _ask_again(project, existing, questions)
    yield from send_to_adjudicator(project, data, questions, now)
    chosen = _choose(project, existing, questions, {row["record_id"]: row["priority"] for row in rows}, data)
    chosen = numbered(with_keys(chosen, data / "clean"))
    _remember_gold(data / "annotations", chosen)
    ledger.write()
    yield from _send(project, chosen, version, ledger)
    yield from _about_disputes(project, questions)
    others = [question for question in questions if not _is_for_adjudicator(question, project)]
    yield from _about_sent(project, chosen, existing, others, _pulled(data, project))
    show_version(project, version)
    yield f"people find them at {project.url}"


def _about_disputes(project: Project, questions: Sequence[Question]) -> Iterator[str]:
    disputes = sum(_is_for_adjudicator(question, project) for question in questions)
    if disputes:
        yield f"{disputes:,} disputes wait for {project.settings.adjudicator}"


def _push_to_judge(project: Project, data: Path, existing: ExistingTasks) -> Iterator[str]:
    """Replies to rate, or candidates to choose between, up to `studio.max_tasks` open tasks."""
    remove_tasks(project, existing.stale)
    yield from _about(existing, len(existing.stale))
    ledger = Ledger(data / "annotations", project, {})
    ledger.settle(existing.tasks)
    room = max(project.settings.max_tasks - existing.count_open(), 0)
    questions = to_judge(project, data)
    new = [question for question in questions if question.key not in existing.tasks][:room]
    pulled = _pulled(data, project)
    questions = [q for q in questions if q.key not in existing.tasks or q.record.id not in pulled]
    chosen = numbered(with_keys(new, data / "clean"))
    version = model_version(chosen)
    yield from _send(project, chosen, version, ledger)
    ledger.write()
    yield from _about_sent(project, chosen, existing, questions, pulled)
    show_version(project, version)
    yield f"people find them at {project.url}"


def _with_suggestion(existing: ExistingTasks, questions: Sequence[Question]) -> set[int]:
    """Untouched tasks about records that were drawn for the audit since: they are asked anew, without suggestion."""
    found = (existing.tasks.get(question.key) for question in questions if question.audit)
    return {task["id"] for task in found if task is not None and task["untouched"] and not task["audit"]}


def _answered(folder: Path, project: Project) -> set[str]:
    """Records that a person has answered, by the pulled annotations."""
    found = read_answers(folder, project.task) if folder.is_dir() else ()
    return {one.record_id for one in found if isinstance(one, Annotation)}


def _pulled(data: Path, project: Project) -> set[str]:
    """Records on which something was pulled that somebody did in this project: answered, or skipped."""
    folder = data / "annotations"
    found = read_answers(folder, project.task) if folder.is_dir() else ()
    return {one.record_id for one in found if project.is_of(one) and one.record_id}


def _about(existing: ExistingTasks, removed: int) -> Iterator[str]:
    if removed:
        yield f"removed {removed:,} tasks that nobody had touched"
    if existing.answered_stale:
        yield (
            f"note: {existing.answered_stale:,} answered tasks are about texts that have changed or gone since; "
            "`sft label pull` keeps their answers, and changed texts are asked about again"
        )
    if existing.foreign:
        yield f"note: {existing.foreign:,} tasks have no record_id; they were imported by hand and are left alone"


def _ask_again(project: Project, existing: ExistingTasks, questions: Sequence[Question]) -> Iterator[str]:
    """One more person for each answered task on which people disagree, or whose test label nobody vouches for yet."""
    more = [q for q in questions if q.more_people and not _is_for_adjudicator(q, project)]
    known = (existing.tasks[q.key] for q in more if q.key in existing.tasks)
    again = [task for task in known if not task["open"]]
    for task in again:
        body = {"overlap": task["answers"] + 1, "is_labeled": False}
        project.client.patch(f"/api/tasks/{task['id']}/", body)
        task["open"] = True
    if again:
        yield f"asked one more person about {len(again):,} tasks (they disagree, or a test label needs a second one)"


def _is_for_adjudicator(question: Question, project: Project) -> bool:
    return question.disputed and bool(project.settings.adjudicator)


def _withheld(question: Question, at_least: float) -> Question:
    """The question, without its suggestion where that is less sure: it would only lead people astray."""
    return question if question.score >= at_least else replace(question, value=None, score=0.0)


def _suggest(questions: Sequence[Question]) -> bool:
    """Whether most of them show a pre-label, so that gold questions must look so too."""
    return sum(question.value is not None for question in questions) > len(questions) / 2


def _choose(
    project: Project,
    existing: ExistingTasks,
    questions: Sequence[Question],
    priorities: Mapping[str, float],
    data: Path,
) -> list[Question]:
    """New questions, those of the audit and gold ones too, up to `studio.max_tasks` open ones in the project."""
    settings = project.settings
    room = max(settings.max_tasks - existing.count_open(), 0)
    new = [question for question in questions if question.key not in existing.tasks]
    audit = sorted((q for q in new if q.audit), key=lambda q: share("label.audit", q.record.id))[:room]
    room, missing = room - len(audit), [question for question in new if not question.audit]
    ordered = in_order(missing, priorities, min(room - round(room * settings.gold_share), len(missing)), project.task)
    wanted = round(len(ordered) * settings.gold_share / (1 - settings.gold_share))
    taken = {record for record, _ in existing.tasks} | set(priorities)
    asked = mixed(ordered, gold_questions(data / "label", project.task, wanted, taken, _suggest(ordered)))
    return mixed(asked, audit)  # in the order in which they were drawn, so that the first ones are a sample too


def _remember_gold(folder: Path, chosen: Sequence[Question]) -> None:
    """Before anything is sent: a gold question that nobody knows to be one would look like an open one."""
    new = {question.record.id: question.gold for question in chosen if question.gold is not None}
    if new:
        write_json({**read_gold(folder), **new}, folder / GOLD)


def _send(project: Project, chosen: Sequence[Question], version: str, ledger: Ledger) -> Iterator[str]:
    interface, problems = labeling_interface(project), Counter[str]()
    for start in range(0, len(chosen), BATCH):
        part = []
        for question in chosen[start : start + BATCH]:
            sound, problem = checked(question, project.task, interface)
            problems.update([problem] if problem else [])
            part.append(sound)
        batch = [to_task(question, project.task, version, project.settings.language) for question in part]
        answer = project.client.post(f"/api/projects/{project.id}/import", batch, return_task_ids=True)
        for question, number in zip(part, answer.get("task_ids", ()), strict=False):  # none: the next push finds them
            ledger.sent(question, number)
        ledger.write()  # what was sent before a connection broke is known
        if len(chosen) > BATCH:
            yield f"sent {min(start + BATCH, len(chosen)):,} of {len(chosen):,}"
    if problems:
        example = problems.most_common(1)[0][0]
        yield f"note: {problems.total():,} pre-labels could not be shown and were left out: {shorten(example, 120)}"


def _about_sent(
    project: Project,
    chosen: Sequence[Question],
    existing: ExistingTasks,
    questions: Sequence[Question],
    pulled: Container[str],
) -> Iterator[str]:
    gold = sum(question.gold is not None for question in chosen)
    if not chosen:
        yield from _nothing_sent(project, existing, questions, pulled)
        return
    yield f"sent {len(chosen):,} tasks, {gold:,} of them gold questions{_and_more(chosen)}"
    if len(chosen) * project.settings.gold_share >= 1 and not gold:
        yield "note: no gold questions: no source vouches for its labels (trusted_when), and no two people agreed yet"


def _nothing_sent(
    project: Project, existing: ExistingTasks, questions: Sequence[Question], pulled: Container[str]
) -> Iterator[str]:
    """Why nothing was sent, and what waits all the same."""
    waits, room = existing.count_open(), project.settings.max_tasks
    known = [question for question in questions if question.key in existing.tasks]
    closed = [question for question in known if not existing.tasks[question.key]["open"]]
    left, done = len(questions) - len(known), sum(question.record.id not in pulled for question in closed)
    undecided = len(closed) - done
    if waits:
        yield f"nothing new to send: {waits:,} tasks wait for people"
    if left:
        yield f"note: the project is full (studio.max_tasks {room:,}): {left:,} queued records are not in it"
    if done:
        yield f"note: {done:,} queued records are answered or skipped in Label Studio: sft label pull, then dvc repro"
    if undecided:
        yield (
            f"note: {undecided:,} queued records were skipped, or are undecided by those who were asked; after dvc "
            f"repro, a higher studio.overlap ({project.settings.overlap}) and `sft label up` ask more people"
        )
    if not any((waits, left, done, undecided)):
        yield "nothing to send: nothing waits"


def _and_more(chosen: Sequence[Question]) -> str:
    audit = sum(question.audit for question in chosen)
    more = f", {audit:,} of the audit" if audit else ""
    hidden = sum(question.hidden for question in chosen)
    return more + (f"; {hidden:,} hold their pre-label back (studio.blind_share)" if hidden else "")
