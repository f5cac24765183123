"""Replies graded by judges: off unless listed, since it asks a model about every train record.

Sets the score `judge` (the mean of the rubric's criteria over the judges that could be read) and one a criterion,
`judge_<criterion>`. What no judge could be read on has no score and stays. Reason: judged_poor.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from statistics import fmean

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from pipeline.clean.may_be_sent import rows_to_send, sent_and_kept
from pipeline.clean.score_histograms import from_scores
from pipeline.clean.step import Context, with_scores
from pipeline.core.errors import PipelineError
from pipeline.core.json_types import JsonObject
from pipeline.core.record import Record
from pipeline.llm.client import Engine
from pipeline.llm.dry_run import dry_run, planned
from pipeline.llm.judges.judge import Grades, grade_questions
from pipeline.llm.judges.panel import Judging, by_criterion, grade_all
from pipeline.llm.question import Question
from pipeline.llm.settings import Endpoint
from pipeline.modeling.lm.local_engine import open_model
from pipeline.modeling.lm.prompt_and_reply import whole
from pipeline.runtime.parts import parts_of
from pipeline.runtime.stage import Drop, Outcome, drop_rows, joined, keep_all
from pipeline.tasks import has_free_answers

_WHERE = "params.yaml: clean.judge_replies"
#: Records that are Python objects at a time. A guess: not measured.
_PART = 2000


class JudgeReplies(Judging):
    """Section `clean.judge_replies`."""

    judges: dict[str, Endpoint | None] = Field(default={})  # a judge's name -> its service; null: models.generator
    min_grade: float | None = None  # a reply graded lower goes; null: none does, grades are for slices and mixtures


def judge_replies(table: pa.Table, settings: JudgeReplies, context: Context) -> Outcome:
    """Grade the replies of train records; drop what lies below `min_grade`.

    Held-out ones are no judge's to see; where all judges run on this machine, the step may stand before splits are
    drawn and goes by the roles of sources. Notes: per judge what was graded, unreadable, and what it cost; of how many
    records of each split the text was `sent` or `kept_here`. Tasks whose targets are no free texts stay as they
    are.
    """
    if not has_free_answers(context.task):
        return keep_all(table)
    if not settings.judges:
        raise PipelineError(f"{_WHERE}.judges names nobody.", "Name a judge, or take judge_replies out of clean.steps.")
    where = f"{_WHERE}.judges"
    judges = {name: open_model(one, context.models, f"{where}.{name}") for name, one in settings.judges.items()}
    sent = _sent(table, settings)
    if settings.dry_run:
        plan = planned(judges, _questions(table, settings, context))
        return keep_all(table, notes=dry_run("clean.judge_replies.dry_run", plan))
    parts, notes = _graded(table, judges, settings, context)
    if not parts:
        return keep_all(table)
    edges = np.linspace(*settings.rubric.scale, 21).tolist()
    limits = {"judge": {"min_grade": settings.min_grade}}
    return from_scores(joined(parts, notes={**sent, "judges": notes}), limits, edges)


def _sent(table: pa.Table, settings: JudgeReplies) -> JsonObject:
    """Whose texts leave the machine, for the report; none does where every judge is a model on it."""
    if not any(settings.judges.values()):
        return {}
    return sent_and_kept(table, rows_to_send(table, ("train",), "judge_replies"))


def _graded(
    table: pa.Table, judges: Mapping[str, Engine], settings: JudgeReplies, context: Context
) -> tuple[list[Outcome], JsonObject]:
    """The table's parts with their scores, and what each judge could and could not be read on."""
    parts: list[Outcome] = []
    unreadable: Counter[str] = Counter()
    graded: Counter[str] = Counter()
    for part in parts_of(table, _PART):
        rows, records = _to_grade(part, context)
        conversations = [whole(record, context.task) for record in records]
        found = grade_all(judges, conversations, [record.lang for record in records], settings.rubric)
        for name, grades in found.by_judge.items():
            unread = sum(one.grades is None for one in grades)
            graded[name] += len(grades) - unread
            unreadable[name] += unread
        parts.append(_scored(part, rows, list(zip(*found.by_judge.values(), strict=True)), settings.min_grade))
    return parts, {
        name: {"graded": graded[name], "unreadable": unreadable[name], "usage": engine.usage.as_notes()}
        for name, engine in judges.items()
    }


def _questions(table: pa.Table, settings: JudgeReplies, context: Context) -> list[Question]:
    """What each judge would be asked."""
    found: list[Question] = []
    for part in parts_of(table, _PART):
        records = _to_grade(part, context)[1]
        conversations = [whole(record, context.task) for record in records]
        found += grade_questions(conversations, [record.lang for record in records], settings.rubric)
    return found


def _to_grade(part: pa.Table, context: Context) -> tuple[list[int], list[Record]]:
    """Row numbers and records that have a reply and are in train, or may be where splits are not drawn yet."""
    roles = pc.struct_field(part.column("source"), "role")
    places = zip(part.column("split").to_pylist(), roles.to_pylist(), strict=True)
    able = [n for n, (split, role) in enumerate(places) if (split or role) == "train"]
    found = {n: r for n, r in context.records(part, able).items() if r.target is not None}
    return list(found), list(found.values())


def _scored(
    part: pa.Table, rows: Sequence[int], grades: Sequence[Sequence[Grades]], min_grade: float | None
) -> Outcome:
    values: defaultdict[str, dict[int, float]] = defaultdict(dict)
    drops: dict[int, Drop] = {}
    for n, said in zip(rows, grades, strict=True):
        means = by_criterion(said)
        if means is None:
            continue
        grade = fmean(means.values())
        values["judge"][n] = grade
        for name, mean in means.items():
            values[f"judge_{name}"][n] = mean
        if min_grade is not None and grade < min_grade:
            drops[n] = Drop("judged_poor", f"{grade:.2f}, below {min_grade:g}: {_reason(said)}")
    for name, found in values.items():
        part = with_scores(part, name, found)
    return drop_rows(part, "judge_replies", drops)


def _reason(said: Sequence[Grades]) -> str:
    """What the first judge that could be read gives as its reason."""
    return next(one.reason for one in said if one.grades is not None)[:200]
