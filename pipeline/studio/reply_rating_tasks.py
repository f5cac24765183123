"""What is sent to be judged: replies to rate, or two candidates to choose between."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations, islice
from pathlib import Path

from pipeline.annotation.candidates import PLACES, Candidate, read_candidates
from pipeline.core.conversation import Message, exported, whole_turn
from pipeline.core.errors import PipelineError
from pipeline.core.record import Record, Target, as_json, share
from pipeline.core.settings import Task
from pipeline.studio.annotation_queue import lean
from pipeline.studio.project import Project
from pipeline.studio.tasks import Question, question_about

#: Records of these splits are judged; test and benchmark replies are not for people to choose.
_SPLITS = ("train", "dev", "unlabelled")


def to_judge(project: Project, data: Path) -> list[Question]:
    """What `studio.ask` asks about, in the order in which it is sent."""
    if project.settings.ask == "rate":
        return to_rate(data / "clean", project.task)
    return to_compare(data / "clean", [data / place for place in PLACES], project.task)


def to_rate(clean: Path, task: Task) -> list[Question]:
    """Each reply of train and dev with itself as suggestion, in an order that each record's id decides."""
    records = [r for r in lean(clean / "records.parquet") if r.target is not None and r.split in _SPLITS]
    drawn = sorted(records, key=lambda record: share("studio.rate", record.id))
    return [
        replace(question_about(record, task), value=record.target, score=1.0, beside={"judged": [shown(record.target)]})
        for record in drawn
    ]


def to_compare(clean: Path, candidates: Sequence[Path], task: Task) -> list[Question]:
    """Each record with two candidates that differ; which one stands first, the record's id decides.

    Of more than two the pair whose scores are closest is asked: that is the one which scores cannot tell apart.
    """
    known = read_candidates(*candidates)
    if not known:
        raise PipelineError(
            f"studio.ask is compare, and {candidates[0]} holds no candidates.",
            "Two or more replies a record, one a line: docs/conversations.md, Preference pairs.",
        )
    records = (r for r in lean(clean / "records.parquet") if r.id in known and r.split in _SPLITS)
    found = (_compared(record, known[record.id], task) for record in records)
    return sorted((one for one in found if one), key=lambda one: share("studio.compare", one.record.id))


def _compared(record: Record, candidates: Sequence[Candidate], task: Task) -> Question | None:
    pair = _closest(candidates)
    if pair is None:
        return None
    first, second = pair if share("studio.first", record.id) < 0.5 else pair[::-1]
    turns = [first.message().as_dict(), second.message().as_dict()]
    beside = {"first": [shown(turns[0])], "second": [shown(turns[1])], "candidates": turns}
    return replace(question_about(record, task), beside=beside)


def _closest(candidates: Sequence[Candidate]) -> tuple[Candidate, Candidate] | None:
    def gap(pair: tuple[Candidate, Candidate]) -> float:
        one, other = (candidate.value for candidate in pair)
        return float("inf") if one is None or other is None else abs(one - other)

    found: tuple[Candidate, Candidate] | None = min(islice(_differing(candidates), 200), key=gap, default=None)
    return found


def _differing(candidates: Sequence[Candidate]) -> Iterator[tuple[Candidate, Candidate]]:
    for one, other in combinations(candidates, 2):
        if as_json(one.message().as_dict()) != as_json(other.message().as_dict()):
            yield one, other


def shown(target: Target) -> dict[str, object]:
    """A reply as the screen shows it: its reasoning, text and calls as people read them."""
    reply = Message.of(target)
    return {**exported(reply), "shown": whole_turn(reply)}
