"""Answers that cannot be used go back to the person who gave them: `sft label push` opens their tasks again.

The pulled file keeps every such answer as it was. In Label Studio it is taken out, since nobody is offered a task there
that they have answered.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from operator import attrgetter
from pathlib import Path

from pipeline.annotation.annotations import SetAside, latest_answers, parse_time
from pipeline.annotation.checks import check_against
from pipeline.core.settings import load
from pipeline.label.params import Params
from pipeline.studio.annotation_queue import lean
from pipeline.studio.answer_file import read_answers
from pipeline.studio.client import NotFoundError
from pipeline.studio.project import Project


def reopen_tasks(project: Project, data: Path, now: Mapping[str, str]) -> Iterator[str]:
    """Open the tasks of set-aside answers again; what was done, in words. `now` holds the records of today."""
    done: Counter[str] = Counter()
    changed = 0
    for item in _unusable(project, data, now):
        number = (item.studio or "").rpartition("/")[2]
        try:
            there = project.client.get(f"/api/annotations/{number}/")
        except NotFoundError:
            continue
        if _is_later(there, item):
            changed += 1
            continue
        project.client.delete(f"/api/annotations/{number}/")
        done[item.annotator] += 1
    if done:
        people = ", ".join(f"{name} {n:,}" for name, n in sorted(done.items()))
        yield f"gave {done.total():,} answers back that cannot be used ({people}): their tasks are open again"
    if changed:
        yield f"note: {changed:,} unusable answers have changed in Label Studio since: sft label pull"


def _unusable(project: Project, data: Path, now: Mapping[str, str]) -> list[SetAside]:
    """Set-aside answers of this project on records of today that nobody has dealt with yet."""
    folder = data / "annotations"
    if not folder.is_dir():
        return []
    found = list(read_answers(folder, project.task))
    names = set(map(attrgetter("record_id"), found))
    records = {record.id: record for record in lean(data / "clean" / "records.parquet") if record.id in names}
    reading = latest_answers(found, check_against(records, project.task, load("label", Params).half_words))
    return [one for one in reading.unsettled() if project.is_of(one) and one.record_id in now]


def _is_later(there: Mapping[str, object], item: SetAside) -> bool:
    """Whether the answer in Label Studio was changed after it was pulled."""
    return item.created_at is not None and parse_time(str(there["updated_at"])) > item.created_at
