"""Answers that cannot be used go back to the person who gave them: `sft label push` opens their tasks again.

The pulled file keeps every such answer as it was. In Label Studio it is taken out, since nobody is offered a task there
that they have answered. The push ledger says which ones: should they become usable (a label got a new
name), they are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from pipeline.annotation.annotations import SetAside, parse_time
from pipeline.annotation.push_ledger import LEDGER, read_pushed
from pipeline.runtime.store import write_json
from pipeline.studio.client import NotFoundError
from pipeline.studio.project import Project
from pipeline.studio.unusable_answers import unusable_answers


def reopen_tasks(project: Project, data: Path, now: Mapping[str, str]) -> Iterator[str]:
    """Open the tasks of set-aside answers again; what was done, in words. `now` holds the records of today."""
    there, changed = [], 0
    for item in unusable_answers(project, data):
        if item.record_id not in now:
            continue
        try:
            answer = project.client.get(f"/api/annotations/{_number(item)}/")
        except NotFoundError:
            continue
        if _is_later(answer, item):
            changed += 1
        else:
            there.append(item)
    _note(data / "annotations", there)
    for item in there:
        project.client.delete(f"/api/annotations/{_number(item)}/")
    if there:
        people = ", ".join(f"{name} {n:,}" for name, n in sorted(Counter(one.annotator for one in there).items()))
        yield f"gave {len(there):,} answers back that cannot be used ({people}): their tasks are open again"
    if changed:
        yield f"note: {changed:,} unusable answers have changed in Label Studio since: sft label pull"


def _note(annotations: Path, items: Sequence[SetAside]) -> None:
    """Write down what is about to be taken out, so that no pull takes it for withdrawn."""
    if not items:
        return
    pushed = read_pushed(annotations)
    reopened = sorted({*pushed.reopened, *(item.studio or "" for item in items)})
    write_json(pushed.model_copy(update={"reopened": reopened}).model_dump(exclude_none=True), annotations / LEDGER)


def _number(item: SetAside) -> str:
    return (item.studio or "").rpartition("/")[2]


def _is_later(there: Mapping[str, object], item: SetAside) -> bool:
    """Whether the answer in Label Studio was changed after it was pulled."""
    return item.created_at is not None and parse_time(str(there["updated_at"])) > item.created_at
