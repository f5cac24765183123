"""Disputes: a project of its own in Label Studio, where a chosen person sees people's answers side by side and decides.

`studio.adjudicator` names that person. What people disagree about then goes there instead of to one more annotator, and
that person's answer there decides (`adjudicated`); what anybody else answers there counts as an answer like all others.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path

from pipeline.annotation.annotations import Annotation, latest_answers
from pipeline.annotation.checks import by_own_key, check_against
from pipeline.core.record import Record, as_json
from pipeline.core.settings import Task, load
from pipeline.label.params import Params
from pipeline.studio.answer_file import read_answers
from pipeline.studio.client import BATCH
from pipeline.studio.conversation_pages import parts_of
from pipeline.studio.existing_tasks import existing_tasks, remove_tasks
from pipeline.studio.project import Project, adjudication_project
from pipeline.studio.tasks import Question, numbered, to_task, with_keys
from pipeline.tasks import task_type
from pipeline.tasks.chat import reply_of


def send_to_adjudicator(
    project: Project, data: Path, questions: Sequence[Question], now: Mapping[str, str]
) -> Iterator[str]:
    """Send what people disagree about to the adjudicator's project; take out what is settled and nobody began."""
    disputed = [question for question in questions if question.disputed]
    court = adjudication_project(project, make=bool(disputed))
    if court is None:
        return
    existing = existing_tasks(court, now)
    wanted = {question.key for question in disputed}
    settled = [task["id"] for key, task in existing.tasks.items() if key not in wanted and task["untouched"]]
    remove_tasks(court, [*existing.stale, *settled])
    unsent = [question for question in disputed if question.key not in existing.tasks]
    new = numbered(with_keys(unsent, data / "clean"))
    _send(court, data, new)
    if new:
        yield f"sent {len(new):,} disputes to {project.settings.adjudicator}: {court.url}"


def _send(court: Project, data: Path, new: Sequence[Question]) -> None:
    answers = answers_of({question.record.id: question.record for question in new}, data / "annotations", court.task)
    tasks = [_task(question, answers.get(question.record.id, ()), court) for question in new]
    for start in range(0, len(tasks), BATCH):
        court.client.post(f"/api/projects/{court.id}/import", tasks[start : start + BATCH])


def answers_of(records: Mapping[str, Record], folder: Path, task: Task) -> dict[str, list[Annotation]]:
    """The answers that people gave to `records`, by record id."""
    params, found = load("label", Params), defaultdict[str, list[Annotation]](list)
    given = by_own_key(read_answers(folder, task), records)
    for one in latest_answers(given, check_against(records, task, params.half_words)).used:
        if not one.adjudicated:
            found[one.record_id].append(one)
    return dict(found)


def _task(question: Question, answers: Sequence[Annotation], court: Project) -> dict[str, object]:
    made = to_task(question, court.task, "disputes", court.settings.language)
    shown = {**made["data"], "answers": side_by_side(question.record, answers, court.task, court.settings.language)}
    return {"data": shown}  # no suggestion: the adjudicator decides between people


def side_by_side(record: Record, answers: Sequence[Annotation], task: Task, language: str = "en") -> str:
    """The answers as an HTML table, one column a person; spans are marked in their text, replies shown whole."""
    heads = "".join(f"<th>{escape(one.annotator)}</th>" for one in answers)
    cells = "".join(f"<td>{_shown(record, one, task, language)}</td>" for one in answers)
    remarks = "".join(f"<td><i>{escape(_remark(one))}</i></td>" for one in answers)
    return f'<table border="1" cellpadding="8"><tr>{heads}</tr><tr>{cells}</tr><tr>{remarks}</tr></table>'


def _remark(one: Annotation) -> str:
    return " ".join([*(["(unsure)"] if one.unsure else []), one.comment or ""])


def _shown(record: Record, one: Annotation, task: Task, language: str) -> str:
    if task_type(task).target_kind(task) == "spans":
        return _marked(str(record.fields["text"]), one.value)
    if isinstance(one.value, str):
        return escape(one.value).replace("\n", "<br/>")
    if isinstance(one.value, list) and all(isinstance(part, str) for part in one.value):
        return escape(", ".join(one.value))
    if isinstance(one.value, Mapping) and "content" in one.value:
        return parts_of(reply_of(one.value), language)
    return escape(as_json(one.value)).replace("\n", "<br/>")


def _marked(text: str, spans: Sequence[Mapping[str, object]]) -> str:
    """The text with its sorted spans in bold, each with its label."""
    parts, at = [], 0
    for span in spans:
        start, end = int(str(span["start"])), int(str(span["end"]))
        parts.append(
            f"{escape(text[at:start])}<b>[{escape(text[start:end])}]</b><sub>{escape(str(span['label']))}</sub>"
        )
        at = end
    return "".join([*parts, escape(text[at:])])
