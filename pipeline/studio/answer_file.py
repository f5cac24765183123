"""The file that `sft label pull` keeps in `data/annotations/`: one line an answer, sorted, nothing lost."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypedDict, cast

from pipeline.annotation.annotations import Annotation, SetAside, parse_time, read_folder, read_lines, stop
from pipeline.annotation.answers import parted
from pipeline.annotation.label_studio_export import read_annotation, readers
from pipeline.annotation.label_studio_types import ExportedAnnotation, ExportedTask, TaskData, author
from pipeline.annotation.sound_values import REASON
from pipeline.core.errors import PipelineError
from pipeline.core.record import Reject, Target, as_json, content_id
from pipeline.core.settings import Task, load
from pipeline.label.params import Params
from pipeline.studio.project import Project
from pipeline.tasks.region import Region

#: The keys of a line, in the order in which they are written; empty ones are left out after `created_at`.
KEYS = ("record_id", "annotator", "value", "created_at", "lead_time", "prelabel", "text_id", "key", "studio")
BESIDE_KEYS = ("comment", "unsure", "more", "adjudicated", "overwrote")
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
    key: str | None  # the source's own id of the record
    studio: str  # project, task and annotation: its place in Label Studio
    comment: str | None
    unsure: bool
    more: Sequence[Mapping[str, object]] | None  # what controls of somebody else hold
    adjudicated: bool
    overwrote: str  # whose answer stood there before
    state: str  # deleted, skipped, unreadable, overwritten
    detail: str
    result: Sequence[Mapping[str, object]] | None


@dataclass
class Pulled:
    """The file's lines by place in Label Studio, other lines, and what changed."""

    lines: dict[str, Line] = field(default_factory=dict)
    others: list[Line] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    conflicts: list[str] = field(default_factory=list)
    overwritten: list[str] = field(default_factory=list)

    def take(self, line: Line) -> None:
        """Put in what Label Studio says now. A line that was edited here after that answer is kept."""
        place, known = line["studio"], self.lines.get(line["studio"])
        line = self._without_anothers_remark(line)
        if known == line:
            return
        if known is not None and not _is_newer(line, known):
            self.conflicts.append(
                f"{place}: this file says {as_json(known['value'])}, Label Studio {as_json(line['value'])}"
            )
            return
        self.counts["new" if known is None else "changed"] += 1
        if known is not None and known["annotator"] != line["annotator"] and known.get("state") != "unreadable":
            self.others.append(tidy({**known, "studio": f"{place}/{known['created_at']}", "state": "overwritten"}))
        self._tell_overwritten(line, known)
        self.lines[place] = line

    def _tell_overwritten(self, line: Line, known: Line | None) -> None:
        now, before = line["annotator"], line.get("overwrote") if known is None else known["annotator"]
        if before in (None, now):
            return
        told = f"{now} changed the answer of {before} ({line['studio']}): it is counted as {now}'s"
        unknown = "what stood there was never pulled, and Label Studio does not keep it"
        self.overwritten.append(f"{told}; {unknown if known is None else 'what stood there stays as history'}")

    def _without_anothers_remark(self, line: Line) -> Line:
        """The line without a remark that stood there already when its author changed somebody else's answer."""
        place = line["studio"]
        if "overwrote" not in line or "comment" not in line:
            return line
        before = [*filter(None, [self.lines.get(place)]), *(o for o in self.others if _is_history(o, place))]
        theirs = {one.get("comment") for one in before if one["annotator"] != line["annotator"]}
        return cast("Line", {k: v for k, v in line.items() if k != "comment" or v not in theirs})

    def read_again(self, task: Task) -> None:
        """Unreadable answers that can be read by now: their label was declared, or got a new name."""
        for place, line in self.lines.items():
            found = _read_again(line, task) if line.get("state") == "unreadable" else None
            if found is not None:
                self.lines[place] = found
                self.counts["changed"] += 1


def read_answers(folder: Path, task: Task) -> Iterator[Annotation | SetAside]:
    """Everything in `data/annotations/`, read as the stage `label` reads it."""
    return read_folder(folder, readers(task, load("label", Params).utf16_offsets))


def file_name(title: str) -> str:
    """The project's file: its title, as file names may be."""
    slug = re.sub(r"[^\w]+", "-", title.lower()).strip("-")
    return f"label-studio-{slug or content_id(title)[:8]}.jsonl"


def to_line(annotation: ExportedAnnotation, task: ExportedTask, project: Project, people: Mapping[int, str]) -> Line:
    """One annotation of the export as a line of the file."""
    data = task.get("data") or {}
    lead_time = annotation.get("lead_time")
    who, first = author(annotation), annotation["completed_by"]
    line: Line = {
        "record_id": str(data.get("record_id") or f"task {task['id']}"),
        "annotator": people.get(cast("int", who), f"user {who}"),
        "value": None,
        "created_at": annotation.get("updated_at") or annotation["created_at"],
        "lead_time": None if lead_time is None else round(float(lead_time), 3),
        "prelabel": None,
        "text_id": data.get("text_id"),
        "key": data.get("key"),
        "studio": f"{project.mark}/{task['id']}/{annotation['id']}",
    }
    if project.adjudicates and line["annotator"] == project.settings.adjudicator:
        line["adjudicated"] = True
    if who != first:
        line["overwrote"] = people.get(cast("int", first), f"user {first}")
    try:
        _fill(line, read_annotation(annotation, data, line["studio"], project.task))
    except Reject as reject:
        _remark(line, annotation, project.task)
        if reject.reason == "skipped_by_annotator":
            line["state"] = "skipped"
        else:
            _set_unreadable(line, str(reject), annotation)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        _set_unreadable(line, f"{type(error).__name__}: {error}", annotation)
    return tidy(line)


def _fill(line: Line, found: Annotation) -> None:
    line["value"], line["prelabel"] = found.value, found.prelabel
    line["comment"], line["unsure"], line["more"] = found.comment, found.unsure, found.more


def _read_again(line: Line, task: Task) -> Line | None:
    """The line with the answer that its `result` holds; None where it still cannot be read."""
    annotation = ExportedAnnotation(
        completed_by=line["annotator"],
        result=cast("list[Region]", line.get("result") or []),
        created_at=line["created_at"],
    )
    data = TaskData(record_id=line["record_id"], text_id=line.get("text_id"), key=line.get("key"))
    read = cast("Line", {name: value for name, value in line.items() if name not in STATE_KEYS})
    try:
        _fill(read, read_annotation(annotation, data, line["studio"], task))
    except (Reject, KeyError, TypeError, AttributeError, ValueError):
        return None
    return tidy(read)


def _remark(line: Line, annotation: ExportedAnnotation, task: Task) -> None:
    """What stands beside an answer that is none: why a task was skipped, say."""
    try:
        beside = parted(annotation.get("result") or [], task)[1]
    except (KeyError, TypeError, AttributeError):
        return
    line["comment"], line["unsure"] = beside.comment, beside.unsure


def _set_unreadable(line: Line, why: str, annotation: ExportedAnnotation) -> None:
    line["state"], line["detail"], line["result"] = "unreadable", why, annotation.get("result")


def _is_history(line: Line, place: str) -> bool:
    """Whether the line is an answer that stood at this place before."""
    return (line.get("studio") or "").startswith(f"{place}/")


def _is_newer(line: Line, known: Line) -> bool:
    """Whether Label Studio's answer is later than the file's, or says the same answer better."""
    if parse_time(line["created_at"]) != parse_time(known["created_at"]):
        return parse_time(line["created_at"]) > parse_time(known["created_at"])
    return known.get("state") is not None or known["value"] == line["value"]


def read_file(file: Path) -> Pulled:
    """What the file holds; nothing where there is none."""
    pulled = Pulled()
    if not file.parent.is_dir():
        raise PipelineError(f"{file.parent}: no such folder.", "Run from the project's root, or create it.")
    if not file.is_file():
        return pulled
    _check_lines(file)
    for text in file.read_text("utf-8-sig").split("\n"):
        if text.strip():
            line = json.loads(text)
            place = line.get("studio") or ""
            if re.fullmatch(r"\w+/\d+/\d+", place):
                pulled.lines[place] = tidy(line)
            else:
                pulled.others.append(line)
    return pulled


def _check_lines(file: Path) -> None:
    """A merge conflict, a bad line and one that could not be written again stop here, with their numbers."""
    answers = list(read_lines(file))
    unsound = [one for one in answers if isinstance(one, SetAside) and one.reason == REASON]
    stop(file, [f"{one.place}: {one.detail}: the file could not be written again with it" for one in unsound])


def tidy(line: Line) -> Line:
    """The line with its keys in order and without empty ones."""
    values = cast("Mapping[str, object]", line)
    kept = {key: values[key] for key in KEYS[:4]}
    # by identity: a lead time of 0 seconds equals False
    more = {
        key: values[key]
        for key in (*KEYS[4:], *BESIDE_KEYS, *STATE_KEYS)
        if values.get(key) is not None and values[key] is not False
    }
    return cast("Line", kept | more)


def write_file(file: Path, pulled: Pulled) -> None:
    """Write the file where it changes, whole or not at all."""
    lines = sorted((*pulled.lines.values(), *pulled.others), key=_rank)
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    if text and (not file.is_file() or file.read_text("utf-8") != text):
        part = file.with_name(f".{file.name}.part")
        part.write_text(text, "utf-8")
        part.replace(file)


def _rank(line: Line) -> tuple[str, str, str, str]:
    return line["record_id"], line["annotator"], line.get("studio") or "", line["created_at"]
