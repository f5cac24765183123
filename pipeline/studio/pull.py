"""`sft label pull`: answers from Label Studio into one file of `data/annotations/`, nothing lost.

The file `label-studio-<title>.jsonl` holds one line an answer, sorted, so that a diff shows what is new. Only tasks
that changed since the last pull are fetched, by the server's own clock. An answer that was taken back keeps
its line with `"state": "deleted"`; a skipped task is a line with `"state": "skipped"`; one that cannot be read
is kept as Label Studio has it (`"unreadable"`) and read again by every pull. An answer is that of the person who
changed it last; what somebody else had said there before stays as a line with `"state": "overwritten"`. Other lines
stay as they are.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from pathlib import Path

from pipeline.annotation.annotations import Annotation
from pipeline.annotation.gold import read_gold
from pipeline.annotation.label_studio_types import ExportedTask
from pipeline.annotation.push_ledger import read_pushed
from pipeline.core.record import content_id
from pipeline.studio import server
from pipeline.studio.annotator_progress import tell_progress
from pipeline.studio.annotator_tabs import make_annotator_tabs
from pipeline.studio.answer_file import Pulled, file_name, read_answers, read_file, tidy, to_line, write_file
from pipeline.studio.client import ListedTask, Query
from pipeline.studio.project import Project, adjudication_project, connect, extra, find
from pipeline.studio.unusable_answers import first, tell_unusable

#: Tasks fetched with one request. A guess: not measured.
BATCH = 100


def pull(folder: Path, everything: bool = False) -> Iterator[str]:
    """Fetch what is new into `folder`; what was done, in words. With `everything`, every task is fetched again."""
    project = find(connect(), check=False)
    court = adjudication_project(project)
    for one in filter(None, (project, court)):
        yield from _pull(one, folder, everything)
    if project.settings.show_progress:
        found = [one for one in read_answers(folder, project.task) if isinstance(one, Annotation)]
        ours = list(filter(project.is_of, found))
        tell_progress(project, ours, read_gold(folder, project.task))
        make_annotator_tabs(project)
    yield from extra(project)


def _pull(project: Project, folder: Path, everything: bool) -> Iterator[str]:
    file = folder / file_name(project.title)
    pulled = read_file(file)
    seen = {} if everything else _seen(project, file)
    tasks = {task["id"]: task for task in project.client.tasks(project.id, _COLUMNS)}
    changed = [number for number, task in sorted(tasks.items()) if _is_new(task, seen, pulled, project.mark)]
    yield from _fetch(project, changed, file, pulled)
    pulled.read_again(project.task)
    gone = _mark_deleted(pulled, tasks, project.mark, set(read_pushed(folder).reopened))
    write_file(file, pulled)
    _remember(project, file, {number: task["updated_at"] for number, task in tasks.items()})
    yield from _summary(file, pulled, gone)
    yield from tell_unusable(project, folder.parent)
    if pulled.counts.total():
        yield "next: dvc repro"


def _fetch(project: Project, changed: list[int], file: Path, pulled: Pulled) -> Iterator[str]:
    people = _people(project)
    for start in range(0, len(changed), BATCH):
        for task in _export(project, changed[start : start + BATCH]):
            for annotation in task["annotations"]:
                pulled.take(to_line(annotation, task, project, people))
        write_file(file, pulled)  # a broken connection loses at most one batch
        if len(changed) > BATCH:
            yield f"fetched {min(start + BATCH, len(changed)):,} of {len(changed):,} changed tasks"


_COLUMNS = ("updated_at", "annotations_ids", "total_annotations", "cancelled_annotations")


def _is_new(task: ListedTask, seen: Mapping[str, str], pulled: Pulled, mark: str) -> bool:
    """Whether a task has answers that the file may not show as they are now."""
    if not task["total_annotations"] and not task["cancelled_annotations"]:
        return False
    if seen.get(str(task["id"])) != task["updated_at"]:
        return True
    return any(f"{mark}/{task['id']}/{number}" not in pulled.lines for number in _numbers(task))


def _numbers(task: ListedTask) -> list[str]:
    return [number for number in re.split(r"\D+", str(task.get("annotations_ids") or "")) if number]


def _export(project: Project, numbers: list[int]) -> list[ExportedTask]:
    query: dict[str, Query] = {"exportType": "JSON", "ids[]": numbers, "download_all_tasks": "true"}
    return list(project.client.get(f"/api/projects/{project.id}/export", **query))


def _people(project: Project) -> dict[int, str]:
    """User number -> name in the file."""
    if project.settings.annotator_names == "number":
        return {}
    return {user["id"]: user["email"] for user in project.client.get("/api/users/")}


def _mark_deleted(pulled: Pulled, tasks: Mapping[int, ListedTask], mark: str, reopened: Set[str]) -> int:
    """Mark answers that were taken back. Returns how many belong to tasks that are gone: those stay as they are.

    A task that is gone was cleared away by whoever runs the round; the answer was given all the same. So was one that
    was `reopened`: `sft label push` took it out, not its author.
    """
    gone = 0
    for place, line in pulled.lines.items():
        of_project, task, annotation = place.split("/")
        if of_project != mark or place in reopened:
            continue
        if int(task) not in tasks:
            gone += 1
        elif annotation not in _numbers(tasks[int(task)]) and line.get("state") not in ("deleted", "unreadable"):
            line["state"] = "deleted"
            pulled.lines[place] = tidy(line)
            pulled.counts["deleted"] += 1
    return gone


def _state_file(project: Project) -> Path:
    return server.HOME / f"pulled-{project.mark}.json"


def _seen(project: Project, file: Path) -> dict[str, str]:
    """When each task was last changed, as of the last pull; nothing where the file is not what that pull wrote."""
    state = server.read_state(_state_file(project))
    return dict(state.get("tasks", {})) if state.get("file") == _fingerprint(file) else {}


def _remember(project: Project, file: Path, tasks: Mapping[int, str]) -> None:
    server.make_home()
    server.write_state(
        _state_file(project), {"file": _fingerprint(file), "tasks": {str(n): t for n, t in tasks.items()}}
    )


def _fingerprint(file: Path) -> str:
    return content_id(file.read_text("utf-8")) if file.is_file() else ""


def _conflicts(found: Sequence[str]) -> Iterator[str]:
    yield from (f"conflict: {one}" for one in first([f"{one}; the file's is kept" for one in found]))


def _summary(file: Path, pulled: Pulled, gone: int) -> Iterator[str]:
    counts = pulled.counts
    states = Counter(line.get("state") for line in pulled.lines.values())
    yield (
        f"{file}: {counts['new']:,} new, {counts['changed']:,} changed, {counts['deleted']:,} taken back; "
        f"{len(pulled.lines) + len(pulled.others):,} lines in all, {states['skipped']:,} skipped"
    )
    yield from (f"note: {one}" for one in first(pulled.overwritten))
    if gone:
        yield f"note: {gone:,} answers belong to tasks that are no longer in Label Studio; they are kept"
    yield from _conflicts(pulled.conflicts)
