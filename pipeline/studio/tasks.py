"""What is sent to Label Studio: one task a record, with a pre-label that was checked, and gold questions among them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from heapq import nsmallest
from pathlib import Path
from typing import Any

from pipeline.annotation.acquisition import most_useful_first
from pipeline.annotation.label_studio_types import QueueRow
from pipeline.core.errors import shorten
from pipeline.core.record import Record, Reject, Target, as_json, content_id, share
from pipeline.core.settings import Task, load
from pipeline.modeling.features.unsupported_languages import readable_features
from pipeline.modeling.models import Models
from pipeline.studio.annotation_queue import lean, source_keys
from pipeline.studio.conversation_pages import pages_of
from pipeline.tasks import task_type

#: Of the most pressing records, how many per task are weighed against each other when the order is made.
#: A guess: not measured.
CHOICE = 4
#: What the data of a task hold besides where nobody suggests an answer, a live model neither; and of one of the audit.
BLIND = {"blind": True}
AUDIT = {"asked": "audit", **BLIND}
#: Reasons of the queue for which a task that was answered goes to one more person.
_MORE_PEOPLE = ("disagreement", "second_answer")
#: Share of gold questions that come with a wrong suggestion: who accepts everything fails them. A guess: not measured.
_MISLEADING = 0.5


@dataclass(frozen=True)
class Question:
    """One record to ask about; `value` and `score` are the pre-label. `gold` holds the known answer as JSON."""

    record: Record
    text_id: str
    value: Target = None
    score: float = 0.0
    gold: str | None = None
    disputed: bool = False  # people answered it and disagree
    more_people: bool = False  # people answered it and disagree, or a test label needs a second answer
    hidden: bool = False  # the pre-label is held back, as the lot fell
    audit: bool = False  # drawn at random to measure how many labels are wrong: asked without a suggestion
    source_key: str | None = None  # the source's own id of the record
    progress: str = ""  # where it stands among what was sent with it
    beside: Mapping[str, Any] = field(default_factory=dict)  # what else the screen shows: replies to judge

    @property
    def key(self) -> tuple[str, str]:
        """Record and text: what makes a task the same task."""
        return self.record.id, self.text_id


def queued(rows: Sequence[QueueRow], clean: Path, task: Task) -> list[Question]:
    """Rows of the queue as questions, in the same order."""
    wanted = {row["record_id"] for row in rows}
    records = {record.id: record for record in lean(clean / "records.parquet") if record.id in wanted}
    found = []
    for row in rows:
        value = None if row["prelabel"] is None else json.loads(row["prelabel"])
        question = question_about(records[row["record_id"]], task)
        score = min(max(row["confidence"] or 0.0, 0.0), 1.0)
        more_people, audit = row["reason"] in _MORE_PEOPLE, row["reason"] == "audit"
        disputed = row["reason"] == "disagreement"
        question = replace(question, disputed=disputed, more_people=more_people, audit=audit)
        found.append(replace(question, value=value, score=score))
    return found


def text_ids(file: Path, task: Task) -> dict[str, str]:
    """Record id -> what its text is now, of every record."""
    return {record.id: question_about(record, task).text_id for record in lean(file)}


def in_order(
    questions: Sequence[Question], priorities: Mapping[str, float], at_most: int, task: Task
) -> list[Question]:
    """At most `at_most` questions, most useful first (see pipeline/annotation/acquisition.py)."""
    pressing = sorted(questions, key=lambda q: (-priorities[q.record.id], q.record.id))[: CHOICE * at_most]
    if not pressing or at_most < 1:
        return []
    kind = task_type(task)
    texts, langs = [kind.main_text(q.record) for q in pressing], [q.record.lang for q in pressing]
    rows, _ = readable_features(texts, langs, load("models", Models).encoder, "label push: order")
    ids = [q.record.id for q in pressing]
    order = most_useful_first(ids, [priorities[name] for name in ids], rows)
    return [pressing[n] for n in order[:at_most]]


def gold_questions(label: Path, task: Task, count: int, taken: set[str], suggest: bool) -> list[Question]:
    """Records whose answer is known, as questions: labels that the source vouches for, or that several people gave.

    `suggest` gives them pre-labels like all others, half of them wrong where the task has a label set.
    """
    if count < 1:
        return []
    known = (r for r in lean(label / "records.parquet") if _is_known(r) and r.id not in taken)
    drawn = nsmallest(count, known, key=lambda r: share("studio.gold", r.id))
    return [_gold(record, drawn, task, suggest) for record in drawn]


def gold_again(label: Path, task: Task, known: Mapping[str, str], suggest: bool) -> dict[str, Question]:
    """Gold questions asked before, by record id, with the suggestions of `gold_questions`."""
    if not known or not suggest:
        return {}
    records = [record for record in lean(label / "records.parquet") if record.id in known]
    return {record.id: _gold(record, records, task, suggest) for record in records}


def with_keys(questions: Iterable[Question], clean: Path) -> list[Question]:
    """The questions with the keys that their records have in the sources."""
    found = list(questions)
    keys = source_keys(clean / "records.parquet", {question.record.id for question in found})
    return [replace(question, source_key=keys.get(question.record.id)) for question in found]


def numbered(questions: Sequence[Question]) -> list[Question]:
    """The questions with their place in the batch, which annotators see above the text."""
    return [replace(question, progress=f"{n} / {len(questions)}") for n, question in enumerate(questions, 1)]


def mixed(questions: Sequence[Question], gold: Sequence[Question]) -> list[Question]:
    """Gold questions (or those of the audit) spread evenly, each at a place in its stretch that its id decides."""
    found = list(questions)
    stretch = (len(questions) + len(gold)) / max(len(gold), 1)
    for n, one in enumerate(gold):
        found.insert(int(stretch * (n + share("studio.place", one.record.id))), one)
    return found


def to_task(question: Question, task: Task, version: str, language: str = "en") -> dict[str, Any]:
    """The task as Label Studio imports it; `language` (en or zh) is that of the words in a conversation's page."""
    kind = task_type(task)
    data = {**kind.to_label_studio(question.record), "record_id": question.record.id, "text_id": question.text_id}
    data |= {"progress": question.progress, **question.beside}
    data |= {"key": question.source_key} if question.source_key is not None else {}
    if task.type == "chat":
        data |= pages_of(data, language)
    made: dict[str, Any] = {"data": data | (AUDIT if question.audit else BLIND if question.hidden else {})}
    if question.value is not None and not question.hidden:
        result = kind.result_from_target(question.value)
        made["predictions"] = [{"result": result, "score": round(question.score, 6), "model_version": version}]
    return made


def checked(question: Question, task: Task, interface: Any) -> tuple[Question, str | None]:
    """The question, without its pre-label where that would be shown wrongly, and why: the server checks nothing."""
    if question.value is None:
        return question, None
    kind = task_type(task)
    try:
        prediction = to_task(replace(question, hidden=False), task, "check")["predictions"][0]
        back = replace(question, value=kind.target_from_result(prediction["result"], task))
        if prelabel(back, task) != prelabel(question, task):
            raise Reject("not_shown_faithfully", "it does not come back as it was sent")
        problems = interface.validate_prediction(prediction, return_errors=True)
        if problems:
            raise Reject("not_in_config", shorten(problems[0], 120))
    except Reject as reject:
        return replace(question, value=None, score=0.0, hidden=False), str(reject)
    return question, None


def prelabel(question: Question, task: Task) -> str:
    """The pre-label as an answer that says the same would be kept. Raises Reject where it does not fit the record."""
    return as_json(task_type(task).parse(question.record.fields, question.value, task)[1])


def drawn(questions: Iterable[Question], share_blind: float) -> list[Question]:
    """The questions, the pre-label of a share of them held back; which ones, each record's id decides."""
    return [
        replace(q, hidden=True) if q.value is not None and share("studio.blind", q.record.id) < share_blind else q
        for q in questions
    ]


def model_version(questions: Iterable[Question]) -> str:
    """Changes with any pre-label."""
    marks = sorted(f"{q.record.id} {as_json(q.value)} {q.score:.6f}" for q in questions if q.value is not None)
    return f"prelabel-{content_id(*marks)[:8]}"


def question_about(record: Record, task: Task) -> Question:
    """The question about a record, nothing suggested."""
    return Question(record, content_id(task_type(task).main_text(record)))


def _is_known(record: Record) -> bool:
    """Whether the label is beyond doubt: vouched for by its source, or given by several people alike."""
    if record.target is None or record.split == "benchmark" or record.parent_id is not None or record.labels_by is None:
        return False
    who = record.labels_by.who
    vouched = record.source.trusted and who.startswith("source:")
    return vouched or (record.labels_by.confidence is None and _are_several(who))


def _are_several(who: str) -> bool:
    """Whether a label was decided by more than one person."""
    return who.startswith("human:") and ("+" in who or who.endswith("annotators"))


def _gold(record: Record, others: Sequence[Record], task: Task, suggest: bool) -> Question:
    question = replace(question_about(record, task), gold=as_json(record.target))
    if not suggest:
        return question
    value = record.target
    has_classes = bool(task.labels) and task_type(task).target_kind(task) != "spans"
    if has_classes and share("studio.misleading", record.id) < _MISLEADING:
        wrong = sorted({as_json(r.target) for r in others} - {as_json(record.target)})
        value = json.loads(wrong[int(share("studio.wrong", record.id) * len(wrong))]) if wrong else value
    return replace(question, value=value, score=0.5 + share("studio.score", record.id) / 2)
