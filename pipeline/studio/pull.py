"""`sft label pull`: answers from Label Studio into one file of `data/annotations/`, nothing lost.

The file `label-studio-<title>.jsonl` holds one line an answer, sorted, so that a diff shows what is new. Only tasks
that changed since the last pull are fetched, by the server's own clock. An answer that was taken back keeps
its line with `"state": "deleted"`; a skipped task is a line with `"state": "skipped"`; one that does not fit
`task.labels` is kept as Label Studio has it (`"unreadable"`). Other lines stay as they are.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypedDict, cast

from pipeline.annotation.annotations import parse_time, read_lines
from pipeline.annotation.exported import ExportedAnnotation, ExportedTask
from pipeline.annotation.label_studio_export import read_annotation
from pipeline.core.errors import PipelineError
from pipeline.core.record import Reject, Target, as_json, content_id
from pipeline.studio import server
from pipeline.studio.client import ListedTask, Query
from pipeline.studio.project import Project, connect, extra, find

#: Tasks fetched with one request.
BATCH = 100
#: The keys of a line, in the order in which they are written; empty ones are left out after `created_at`.
KEYS = ("record_id", "annotator", "value", "created_at", "lead_time", "prelabel", "text_id", "studio")
STATE_KEYS = ("state", "detail", "result")


class Line(TypedDict, total=False):
    """One answer in the file; what is empty is left out after `created_at`."""

    record_id: str
    annotator: str
    value: Target
    created_at: str
    lead_time: float | None
    prelabel: str | None
    text_id: str | None
    studio: str  # project, task and annotation: its place in Label Studio
    state: str  # deleted, skipped, unreadable
    detail: str
    result: Sequence[Mapping[str, object]] | None


@dataclass
class Pulled:
    """The file's lines by place in Label Studio, other lines, and what changed."""

    lines: dict[str, Line] = field(default_factory=dict)
    others: list[Line] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    conflicts: list[str] = field(default_factory=list)

    def take(self, line: Line) -> None:
        """Put in what Label Studio says now. A line that was edited here after that answer is kept."""
        place, known = line["studio"], self.lines.get(line["studio"])
        if known == line:
            return
        if known is not None and not _is_newer(line, known):
            self.conflicts.append(
                f"{place}: this file says {as_json(known['value'])}, Label Studio {as_json(line['value'])}"
            )
            return
        self.counts["new" if known is None else "changed"] += 1
        self.lines[place] = line


def pull(folder: Path, everything: bool = False) -> Iterator[str]:
    """Fetch what is new into `folder`; what was done, in words. With `everything`, every task is fetched again."""
    project = find(connect(), check=False)
    file = folder / file_name(project.title)
    pulled = _read(file)
    seen = {} if everything else _seen(project, file)
    tasks = {task["id"]: task for task in project.client.tasks(project.id, _COLUMNS)}
    changed = [number for number, task in sorted(tasks.items()) if _is_new(task, seen, pulled, project.mark)]
    yield from _fetch(project, changed, file, pulled)
    gone = _mark_deleted(pulled, tasks, project.mark)
    _write(file, pulled)
    _remember(project, file, {number: task["updated_at"] for number, task in tasks.items()})
    yield from _summary(file, pulled, gone)
    yield from extra(project)


def _fetch(project: Project, changed: list[int], file: Path, pulled: Pulled) -> Iterator[str]:
    people = _people(project)
    for start in range(0, len(changed), BATCH):
        for task in _export(project, changed[start : start + BATCH]):
            for annotation in task["annotations"]:
                pulled.take(to_line(annotation, task, project, people))
        _write(file, pulled)  # a broken connection loses at most one batch
        if len(changed) > BATCH:
            yield f"fetched {min(start + BATCH, len(changed)):,} of {len(changed):,} changed tasks"


def file_name(title: str) -> str:
    """The project's file: its title, as file names may be."""
    slug = re.sub(r"[^\w]+", "-", title.lower()).strip("-")
    return f"label-studio-{slug or content_id(title)[:8]}.jsonl"


def to_line(annotation: ExportedAnnotation, task: ExportedTask, project: Project, people: Mapping[int, str]) -> Line:
    """One annotation of the export as a line of the file."""
    data = task.get("data") or {}
    lead_time = annotation.get("lead_time")
    line: Line = {
        "record_id": str(data.get("record_id") or f"task {task['id']}"),
        "annotator": people.get(cast("int", annotation["completed_by"]), f"user {annotation['completed_by']}"),
        "value": None,
        "created_at": annotation.get("updated_at") or annotation["created_at"],
        "lead_time": None if lead_time is None else round(float(lead_time), 3),
        "prelabel": None,
        "text_id": data.get("text_id"),
        "studio": f"{project.mark}/{task['id']}/{annotation['id']}",
    }
    try:
        found = read_annotation(annotation, data, line["studio"], project.task)
        line["value"], line["prelabel"] = found.value, found.prelabel
    except Reject as reject:
        if reject.reason == "skipped_by_annotator":
            line["state"] = "skipped"
        else:
            _set_unreadable(line, str(reject), annotation)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        _set_unreadable(line, f"{type(error).__name__}: {error}", annotation)
    return _tidy(line)


def _set_unreadable(line: Line, why: str, annotation: ExportedAnnotation) -> None:
    line["state"], line["detail"], line["result"] = "unreadable", why, annotation.get("result")


_COLUMNS = ("updated_at", "annotations_ids", "total_annotations", "cancelled_annotations")


def _is_new(task: ListedTask, seen: Mapping[str, str], pulled: Pulled, mark: str) -> bool:
    """Whether a task has answers that the file may not show as they are now."""
    if not task["total_annotations"] and not task["cancelled_annotations"]:
        return False
    if seen.get(str(task["id"])) != task["updated_at"]:
        return True
    known = (pulled.lines.get(f"{mark}/{task['id']}/{number}") for number in _numbers(task))
    return any(line is None or line.get("state") == "unreadable" for line in known)  # labels may be declared by now


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


def _mark_deleted(pulled: Pulled, tasks: Mapping[int, ListedTask], mark: str) -> int:
    """Mark answers that were taken back. Returns how many belong to tasks that are gone: those stay as they are.

    A task that is gone was cleared away by whoever runs the round; the answer was given all the same.
    """
    gone = 0
    for place, line in pulled.lines.items():
        of_project, task, annotation = place.split("/")
        if of_project != mark:
            continue
        if int(task) not in tasks:
            gone += 1
        elif annotation not in _numbers(tasks[int(task)]) and line.get("state") != "deleted":
            line["state"] = "deleted"
            pulled.lines[place] = _tidy(line)
            pulled.counts["deleted"] += 1
    return gone


def _is_newer(line: Line, known: Line) -> bool:
    """Whether Label Studio's answer is later than the file's, or says the same answer better."""
    if parse_time(line["created_at"]) != parse_time(known["created_at"]):
        return parse_time(line["created_at"]) > parse_time(known["created_at"])
    return known.get("state") is not None or known["value"] == line["value"]


def _read(file: Path) -> Pulled:
    pulled = Pulled()
    if not file.parent.is_dir():
        raise PipelineError(f"{file.parent}: no such folder.", "Run from the project's root, or create it.")
    if not file.is_file():
        return pulled
    list(read_lines(file))  # a merge conflict or a bad line stops here, with its number
    for text in file.read_text("utf-8-sig").split("\n"):
        if text.strip():
            line = json.loads(text)
            place = line.get("studio") or ""
            if re.fullmatch(r"\w+/\d+/\d+", place):
                pulled.lines[place] = _tidy(line)
            else:
                pulled.others.append(line)
    return pulled


def _tidy(line: Line) -> Line:
    values = cast("Mapping[str, object]", line)
    kept = {key: values[key] for key in KEYS[:4]}
    more = {key: values[key] for key in (*KEYS[4:], *STATE_KEYS) if values.get(key) is not None}
    return cast("Line", kept | more)


def _write(file: Path, pulled: Pulled) -> None:
    lines = sorted((*pulled.lines.values(), *pulled.others), key=_rank)
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    if text and (not file.is_file() or file.read_text("utf-8") != text):
        part = file.with_name(f".{file.name}.part")
        part.write_text(text, "utf-8")
        part.replace(file)


def _rank(line: Line) -> tuple[str, str, str, str]:
    return line["record_id"], line["annotator"], line.get("studio") or "", line["created_at"]


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
    yield from (f"conflict: {one}; the file's is kept" for one in found[:10])
    if len(found) > 10:
        yield f"and {len(found) - 10:,} more conflicts"


def _summary(file: Path, pulled: Pulled, gone: int) -> Iterator[str]:
    counts = pulled.counts
    states = Counter(line.get("state") for line in pulled.lines.values())
    yield (
        f"{file}: {counts['new']:,} new, {counts['changed']:,} changed, {counts['deleted']:,} taken back; "
        f"{len(pulled.lines) + len(pulled.others):,} lines in all, {states['skipped']:,} skipped"
    )
    if states["unreadable"]:
        first = next(line for line in pulled.lines.values() if line.get("state") == "unreadable")
        yield f"note: {states['unreadable']:,} answers cannot be used, such as {first['studio']}: {first['detail']}"
    if gone:
        yield f"note: {gone:,} answers belong to tasks that are no longer in Label Studio; they are kept"
    yield from _conflicts(pulled.conflicts)
    if counts.total():
        yield "next: dvc repro"
