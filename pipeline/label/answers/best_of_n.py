"""The best of several answers to each prompt, and whether it is good enough: by verifiers, by judges, or by both."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from pipeline.core.conversation import Conversation, readable
from pipeline.core.errors import PipelineError
from pipeline.core.json_types import Json, JsonObject
from pipeline.core.record import Record, share
from pipeline.core.settings import NoSettings, Settings, Task
from pipeline.label.answers.candidates import Candidate
from pipeline.label.answers.settings import Answers, JudgedAnswers
from pipeline.label.calibration import lowest_threshold
from pipeline.llm.client import Engine
from pipeline.llm.judges.bias import self_preference
from pipeline.llm.judges.judge import grade_questions
from pipeline.llm.judges.panel import Graded, by_criterion, grade_all
from pipeline.llm.question import Question
from pipeline.llm.verifiers import VERIFIERS
from pipeline.llm.verifiers.contract import Case
from pipeline.llm.verifiers.final_answer import final_answer
from pipeline.modeling.lm.prompt_and_reply import asked, reply_of
from pipeline.stats.intervals import share_of

_CALLS: Mapping[str, Settings] = {"tool_calls": NoSettings()}


def verified(candidates: Sequence[Candidate], settings: Answers) -> list[Candidate]:
    """The candidates, those that a verifier refuses with its name as problem and what it says as detail.

    A reply that calls tools is a step on the way to an answer: its calls must be valid, and no more is asked.
    """
    checks = settings.verifier_settings()
    return [_verified(one, checks, settings) if one.is_sound else one for one in candidates]


def _verified(one: Candidate, checks: Mapping[str, Settings], settings: Answers) -> Candidate:
    case = Case(
        one.reply.content,
        reference=_meta(one.record, settings.reference, "reference"),
        passage=_meta(one.record, settings.passage, "passage") or "",
        lang=one.record.lang,
        calls=one.reply.tool_calls,
        tools=tuple(json.loads(one.record.fields.get("tools") or "[]")),
    )
    if one.reply.tool_calls:
        checks = _CALLS
    for name, values in checks.items():
        said = VERIFIERS[name].function(case, values)
        if said:
            return replace(one, problem=f"fails_{name}", detail=said)
    return one


def _meta(record: Record, column: str | None, setting: str) -> str | None:
    if column is None:
        return None
    if column not in record.meta:
        raise PipelineError(
            f"params.yaml: label.answers.{setting}: record {record.id} has no meta column '{column}'.",
            "Name it under `meta` of its source in collect.sources.",
        )
    return record.meta[column]


@dataclass(frozen=True)
class Judged:
    """Candidates with their grades; the lowest grade that is good enough (None: none is); notes for report.json."""

    candidates: Sequence[Candidate]
    min_grade: float | None
    notes: JsonObject


def judged(
    judges: Mapping[str, Engine],
    candidates: Sequence[Candidate],
    known: Sequence[Record],
    task: Task,
    settings: JudgedAnswers,
    min_precision: float,
    own: Mapping[str, str],
) -> Judged:
    """Grades of the sound candidates; equal answers to one prompt are graded once.

    What grades are worth is measured on gold questions: the reply of a labelled train record is right, that of another
    one is wrong. Without `min_grade` the lowest grade counts from which on the lower end of the interval of the share
    of right ones reaches `min_precision`. `own` names the teacher of each judge that is the same model.
    """
    gold, is_right = _gold(known, task, settings.gold_rows)
    sound = [n for n, one in enumerate(candidates) if one.is_sound]
    asked_about = [(_with_reply(candidates[n], task), candidates[n].record.lang) for n in sound] + gold
    graded = grade_all(
        judges, [conversation for conversation, _ in asked_about], [lang for _, lang in asked_about], settings.rubric
    )
    found = _with_grades(candidates, sound, graded)
    worth, measured = _worth(graded.values[len(sound) :], is_right, min_precision)
    min_grade = measured if settings.min_grade is None else settings.min_grade
    about = _gold_notes(graded.values[len(sound) :], is_right, min_grade)
    notes = {**graded.notes, "gold": {**about, **worth}, "min_grade": min_grade}
    if own and len(judges) > 1:
        teachers = [candidates[n].teacher for n in sound]
        notes["self_preference"] = {name: _self_preference(name, one, teachers, graded) for name, one in own.items()}
    return Judged(found, min_grade, notes)


def _with_grades(candidates: Sequence[Candidate], sound: Sequence[int], graded: Graded) -> list[Candidate]:
    """All candidates; those of the numbers `sound` with their grades."""
    found = list(candidates)
    for place, n in enumerate(sound):
        grades = by_criterion([one[place] for one in graded.by_judge.values()])
        found[n] = replace(found[n], grade=graded.values[place], grades=grades)
    return found


def _self_preference(judge: str, teacher: str, teachers: Sequence[str], graded: Graded) -> dict[str, float] | None:
    """How many grades the judge gives to its own model's answers beyond what the other judges give; see bias.py."""
    beyond: dict[bool, list[float]] = {True: [], False: []}
    for n, wrote in enumerate(teachers):
        mine = graded.by_judge[judge][n].mean
        others = (one[n].mean for name, one in graded.by_judge.items() if name != judge)
        read = [value for value in others if value is not None]
        if mine is not None and read:
            beyond[wrote == teacher].append(mine - fmean(read))
    found = self_preference(beyond[True], beyond[False])
    return None if found is None else {"value": found.value, "low": found.low, "high": found.high}


def _with_reply(candidate: Candidate, task: Task) -> Conversation:
    conversation = asked(candidate.record, task)
    return Conversation((*conversation.messages, replace(candidate.reply, reasoning="")), conversation.tools)


def _gold(known: Sequence[Record], task: Task, rows: int) -> tuple[list[tuple[Conversation, str]], list[bool]]:
    """(conversation, language) of replies known to be right, and of those of the next record in their place."""
    drawn = sorted(known, key=lambda record: share("label.answers.gold", record.id))[:rows]
    found: list[tuple[Conversation, str]] = []
    is_right: list[bool] = []
    for record, other in zip(drawn, [*drawn[1:], *drawn[:1]], strict=True):
        if record.target == other.target:
            continue  # one record, or two that say the same: nothing is known to be wrong
        conversation = asked(record, task)
        for target, right in ((record.target, True), (other.target, False)):
            found.append((Conversation((*conversation.messages, reply_of(target)), conversation.tools), record.lang))
            is_right.append(right)
    return found, is_right


def gold_questions(known: Sequence[Record], task: Task, settings: JudgedAnswers) -> list[Question]:
    """What each judge is asked to grade gold questions."""
    gold = _gold(known, task, settings.gold_rows)[0]
    return grade_questions([conversation for conversation, _ in gold], [lang for _, lang in gold], settings.rubric)


def _worth(
    values: Sequence[float | None], is_right: Sequence[bool], min_precision: float
) -> tuple[JsonObject, float | None]:
    import numpy as np

    read = [(value, right) for value, right in zip(values, is_right, strict=True) if value is not None]
    grades = np.array([value for value, _ in read], np.float64)
    found = lowest_threshold(grades, np.array([right for _, right in read], bool), min_precision)
    return {"measured_min_grade": found}, found


def _gold_notes(values: Sequence[float | None], is_right: Sequence[bool], min_grade: float | None) -> JsonObject:
    """How many gold questions were graded, and which share of right and of wrong replies the grade lets through."""
    read = [(value, right) for value, right in zip(values, is_right, strict=True) if value is not None]
    notes: dict[str, Json] = {"asked": len(values), "read": len(read)}
    if min_grade is None:
        return notes
    taken = Counter(right for value, right in read if value >= min_grade)
    of = Counter(right for _, right in read)
    return {
        **notes,
        "right_accepted": share_of(taken[True], of[True]),
        "wrong_accepted": share_of(taken[False], of[False]),
        "precision": share_of(taken[True], taken.total()),
    }


def best_of(candidates: Sequence[Candidate]) -> dict[str, Candidate]:
    """Record id -> its best sound candidate: the highest grade, then the most frequent final answer, then the first.

    An answer that no judge could be read on comes after all that were graded.
    """
    groups: dict[str, list[Candidate]] = defaultdict(list)
    for one in candidates:
        if one.is_sound:
            groups[one.record.id].append(one)
    found = {}
    for id, group in groups.items():
        votes = Counter(final_answer(readable(one.reply)) for one in group)
        found[id] = max(
            group,
            key=lambda one: (
                one.grade if one.grade is not None else float("-inf"),
                votes[final_answer(readable(one.reply))],
            ),
        )
    return found
