"""Answers that cannot be used, their author not having answered anew: `sft label pull` tells, `push` asks again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from operator import attrgetter
from pathlib import Path

from pipeline.annotation.annotations import STATES, SetAside, latest_answers
from pipeline.annotation.checks import check_against
from pipeline.annotation.push_ledger import read_pushed
from pipeline.core.settings import load
from pipeline.label.params import Params
from pipeline.studio.annotation_queue import named_by
from pipeline.studio.answer_file import read_answers
from pipeline.studio.project import Project

#: Answers that are told one by one. A guess: not measured.
_TOLD = 10


def unusable_answers(project: Project, data: Path) -> list[SetAside]:
    """The project's pulled answers that cannot be used on the records of today, or cannot be read at all.

    Set aside as the stage `label` does it. Answers about records that are gone are nobody's to give again.
    """
    folder = data / "annotations"
    if not folder.is_dir():
        return []
    found = list(read_answers(folder, project.task))
    records = named_by(set(map(attrgetter("record_id"), filter(project.is_of, found))), data / "clean/records.parquet")
    reading = latest_answers(found, check_against(records, project.task, load("label", Params).half_words))
    mine = filter(project.is_of, reading.unsettled())
    return [one for one in mine if one.record_id in records or one.reason == STATES["unreadable"]]


def tell_unusable(project: Project, data: Path) -> Iterator[str]:
    """Each such answer with its author and why, for people; and the remedy."""
    found = unusable_answers(project, data)
    if not found:
        return
    people = ", ".join(f"{name} {n:,}" for name, n in sorted(Counter(map(attrgetter("annotator"), found)).items()))
    reopened = set(read_pushed(data / "annotations").reopened)
    remedy = (
        "their tasks are open again" if {one.studio for one in found} <= reopened else "`sft label push` asks again"
    )
    yield f"note: {len(found):,} answers cannot be used ({people}); they are kept, and {remedy}:"
    yield from first([f"  {one.annotator}, record {one.record_id}: {_why(one)}" for one in found])
    if any("unknown_label" in _why(one) for one in found):
        yield "  a label that was renamed or merged: params.yaml: task.renamed: {old label: label of today}"


def first(found: Sequence[str]) -> list[str]:
    """The first ten, and how many more there are."""
    return [*found[:_TOLD], *([f"and {len(found) - _TOLD:,} more"] if len(found) > _TOLD else [])]


def _why(one: SetAside) -> str:
    return one.detail if one.reason == STATES["unreadable"] else f"{one.reason}: {one.detail}"
