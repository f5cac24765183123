"""Answers for records that have none, by teachers: written, verified, judged, the best taken where it is good enough.

What is not good enough is a suggestion for people. Every answer stays, with who wrote it and how it was graded, in
`candidates.jsonl`: preference pairs are made of it.
"""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

from pipeline.core.errors import PipelineError
from pipeline.core.json_types import Json, JsonObject
from pipeline.core.record import Record, Target
from pipeline.core.settings import Task
from pipeline.label.answers.best_of_n import best_of, gold_questions, judged, verified
from pipeline.label.answers.candidates import Candidate, questions, write_answers
from pipeline.label.answers.settings import Answers
from pipeline.llm.client import Engine
from pipeline.llm.dry_run import Planned, dry_run
from pipeline.llm.judges.judge import grade_questions
from pipeline.llm.settings import Endpoint
from pipeline.modeling.lm.local_engine import name_of, open_model
from pipeline.modeling.lm.prompt_and_reply import asked
from pipeline.modeling.models import Models
from pipeline.tasks import has_free_answers

log = logging.getLogger("pipeline")

_WHERE = "params.yaml: label.answers"


@dataclass(frozen=True)
class TeacherAnswers:
    """The best answer to each record, by its id; which of them are accepted; all candidates; notes for report.json."""

    best: Mapping[str, Candidate] = field(default_factory=dict)
    accepted: frozenset[str] = frozenset()
    candidates: Sequence[Candidate] = ()
    keep_reasoning: bool = True
    writers: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # teacher -> its model and licence
    report: JsonObject = field(default_factory=lambda: {"applies": False, "why": "label.answers names no teacher"})

    def answer(self, id: str) -> tuple[str, Target]:
        """The teacher and its reply to a record, in the form of the record's target: a text, or a message."""
        one = self.best[id]
        if "messages" not in one.record.fields:
            return one.teacher, one.reply.content
        message = one.reply if self.keep_reasoning else replace(one.reply, reasoning="")
        return one.teacher, message.as_dict()


def answer_by_teachers(
    records: Sequence[Record],
    known: Sequence[Record],
    task: Task,
    settings: Answers,
    models: Models,
    min_precision: float,
) -> TeacherAnswers:
    """Answers for `records`; `known` are labelled train records, for the judges' gold questions.

    Raises PipelineError for tasks whose target is no free text, and as the engines do.
    """
    if not settings.teachers:
        return TeacherAnswers()
    _check(task, settings)
    teachers = _opened(settings.teachers, models, f"{_WHERE}.teachers")
    about = {name: _about(name, settings, models) for name in teachers}
    report: dict[str, Json] = {
        "applies": True,
        "teachers": about,
        "asked": len(records),
        "with_tools": sum(bool(asked(record, task).tools) for record in records),
    }
    if settings.dry_run or getattr(settings.judge, "dry_run", False):
        return TeacherAnswers(report={**report, **_dry_run(teachers, (records, known), (task, settings), models)})
    found = verified(write_answers(teachers, records, task, settings), settings)
    report["usage"] = {name: engine.usage.as_notes() for name, engine in teachers.items()}
    report["problems"] = {name: _problems(found, name) for name in teachers}
    min_grade = None
    if settings.judge is not None:
        judges = _opened(settings.judge.judges, models, f"{_WHERE}.judge.judges")
        own = _own_teacher(settings.judge.judges, about, models)
        graded = judged(judges, found, known, task, settings.judge, min_precision, own)
        found, min_grade, report["judged"] = list(graded.candidates), graded.min_grade, graded.notes
    best = best_of(found)
    taken = {id: one.teacher for id, one in best.items() if _is_accepted(one, settings, min_grade)}
    accepted = frozenset(taken)
    report |= {"candidates": len(found), "answered": len(best), "accepted": len(accepted)}
    report["chosen"] = dict(sorted(Counter(taken.values()).items()))
    _tell(report, settings, min_grade, min_precision)
    return TeacherAnswers(best, accepted, found, settings.keep_reasoning, about, report)


def _tell(report: JsonObject, settings: Answers, min_grade: float | None, min_precision: float) -> None:
    """Log how many prompts got an answer, and why none was accepted where that is no fault of the answers."""
    counted = [f"{report[name]:,}" for name in ("asked", "answered", "accepted")]
    log.info("label     answers: of %s prompts %s have a sound answer, %s accepted", *counted)
    if report["answered"] and settings.accept == "checked" and settings.judge is not None and min_grade is None:
        log.warning(
            "label     answers: none is accepted: no grade holds a precision of %g on gold questions (%s graded): "
            "label more records, name a better judge or a verifier, or set label.answers.judge.min_grade by hand",
            min_precision,
            _gold_read(report),
        )


def _gold_read(report: JsonObject) -> int:
    judged = cast("dict[str, dict[str, int]]", report["judged"])
    return judged["gold"]["read"]


def _check(task: Task, settings: Answers) -> None:
    if not has_free_answers(task):
        raise PipelineError(
            f"{_WHERE}: the targets of task '{task.type}' are no free texts.", "Use label.prelabel.method: llm."
        )
    if settings.accept == "checked" and not settings.verifiers and settings.judge is None:
        raise PipelineError(
            f"{_WHERE}.accept: checked, but there is neither a verifier nor a judge to check answers.",
            "Name some, or set accept: all (every usable answer counts) or none (people decide).",
        )
    settings.verifier_settings()


def _own_teacher(
    judges: Mapping[str, Endpoint | None], about: Mapping[str, Mapping[str, str]], models: Models
) -> dict[str, str]:
    """Judge -> the teacher that is the same model, where there is one."""
    wrote = {one["model"]: name for name, one in about.items()}
    named = {name: name_of(endpoint, models) for name, endpoint in judges.items()}
    return {name: wrote[model] for name, model in named.items() if model in wrote}


def _opened(named: Mapping[str, Endpoint | None], models: Models, where: str) -> dict[str, Engine]:
    return {name: open_model(endpoint, models, f"{where}.{name}") for name, endpoint in named.items()}


def _about(name: str, settings: Answers, models: Models) -> dict[str, str]:
    """Model and terms of a teacher, for the dataset card."""
    endpoint = settings.teachers[name]
    return {"model": name_of(endpoint, models), "licence": endpoint.licence if endpoint else ""}


def _dry_run(
    teachers: Mapping[str, Engine],
    records: tuple[Sequence[Record], Sequence[Record]],
    settings: tuple[Task, Answers],
    models: Models,
) -> JsonObject:
    """What a run would cost at most: every answer as long as allowed, and each of them graded by every judge."""
    (able, known), (task, answers) = records, settings
    planned = {name: Planned(engine, questions(able, task, answers)) for name, engine in teachers.items()}
    if answers.judge is not None:
        each = [record for record in able for _ in range(answers.samples * len(teachers))]
        conversations, langs = [asked(record, task) for record in each], [record.lang for record in each]
        to_grade = grade_questions(conversations, langs, answers.judge.rubric)
        for name, engine in _opened(answers.judge.judges, models, f"{_WHERE}.judge.judges").items():
            planned[f"judge {name}"] = Planned(engine, to_grade, answers.max_tokens)
            planned[f"judge {name}, gold"] = Planned(engine, gold_questions(known, task, answers.judge))
    return dry_run("label.answers.dry_run", planned)


def _problems(found: Iterable[Candidate], teacher: str) -> JsonObject:
    return dict(sorted(Counter(one.problem for one in found if one.problem and one.teacher == teacher).items()))


def _is_accepted(one: Candidate, settings: Answers, min_grade: float | None) -> bool:
    """Whether the answer becomes the reply without a person."""
    if settings.accept != "checked":
        return settings.accept == "all"
    if settings.judge is None:
        return True  # all verifiers let it pass
    return min_grade is not None and one.grade is not None and one.grade >= min_grade


def write_candidates(taught: TeacherAnswers, settings: Answers, file: Path) -> None:
    """All candidates as JSON Lines, in the form that the export of preference pairs reads (docs/language_models.md)."""
    if taught.candidates:
        said = [one for one in taught.candidates if one.reply.content or one.reply.tool_calls]
        lines = [json.dumps(one.as_line(settings), ensure_ascii=False) for one in said]
        file.write_text("\n".join(lines) + "\n", "utf-8")
