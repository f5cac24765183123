"""Several judges of the same replies: their grades side by side, each judge's severity taken out, what was unreadable.

A judge is an annotator: how often it can be read, how far judges agree (Krippendorff's alpha) and what
they cost stand in the notes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import Field

from pipeline.core.conversation import Conversation
from pipeline.core.json_types import JsonObject
from pipeline.core.settings import Settings
from pipeline.llm.client import Engine
from pipeline.llm.judges.judge import Grades, grade
from pipeline.llm.judges.rubric import Rubric
from pipeline.llm.settings import Endpoint
from pipeline.stats.agreement import grade_alpha
from pipeline.stats.numbers import rounded


class Judging(Settings):
    """Who judges, and on what."""

    judges: dict[str, Endpoint | None] = Field(min_length=1)  # a judge's name -> its service; null: models.generator
    rubric: Rubric = Rubric()
    dry_run: bool = False  # count what would be asked and what it would cost, and ask nothing


@dataclass(frozen=True)
class Graded:
    """One value a reply, on the rubric's scale; None where no judge could be read. `notes` are for report.json."""

    values: Sequence[float | None]
    by_judge: Mapping[str, Sequence[Grades]]
    notes: JsonObject


def grade_all(
    judges: Mapping[str, Engine], conversations: Sequence[Conversation], langs: Sequence[str], rubric: Rubric
) -> Graded:
    """Every judge's grades of the last message of each conversation, and their mean.

    A judge that is stricter than the others by a constant does not lower the replies that it alone could be read on:
    each judge's mean is moved to the mean of all before grades are averaged.
    """
    found = {name: grade(engine, conversations, langs, rubric) for name, engine in judges.items()}
    by_judge = [[one.mean for one in grades] for grades in found.values()]
    by_reply = list(zip(*by_judge, strict=True))
    values = [_mean(row) for row in zip(*_of_one_severity(by_judge), strict=True)]
    notes: JsonObject = {
        "judges": {name: {**_about(found[name]), "usage": judges[name].usage.as_notes()} for name in judges},
        "alpha": grade_alpha(by_reply) if len(judges) > 1 else None,
        "unreadable_by_all": sum(value is None for value in values),
    }
    return Graded(values, found, notes)


def _of_one_severity(by_judge: Sequence[Sequence[float | None]]) -> list[list[float | None]]:
    """Each judge's grades moved so that their mean is that of all judges."""
    level = [_mean(grades) for grades in by_judge]
    offset = [(_mean(level) or 0.0) - (own or 0.0) for own in level]
    return [
        [None if value is None else value + more for value in grades]
        for grades, more in zip(by_judge, offset, strict=True)
    ]


def by_criterion(grades: Sequence[Grades]) -> dict[str, float] | None:
    """The mean of each criterion over the judges of one reply that could be read; None where none could."""
    read = [one.grades for one in grades if one.grades is not None]
    return {name: sum(one[name] for one in read) / len(read) for name in read[0]} if read else None


def _about(grades: Sequence[Grades]) -> JsonObject:
    """A judge's mean grade of each criterion, and what could not be read."""
    read = [one.grades for one in grades if one.grades is not None]
    problems = Counter(_kind(one.problem) for one in grades if one.grades is None)
    criteria = sorted(set().union(*read))
    return {
        "graded": len(read),
        "unreadable": dict(sorted(problems.items())),
        "mean": {name: rounded(sum(one[name] for one in read) / len(read)) for name in criteria},
    }


def _kind(problem: str) -> str:
    return problem if problem in ("too_long", "refused", "cut") else "not_json"


def _mean(values: Sequence[float | None]) -> float | None:
    """Of those that are there."""
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
