"""Label Studio's exports JSON and JSON_MIN, as downloaded from its Export page; and one annotation of its API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Literal, TypeGuard, cast

from pipeline.annotation.annotations import Annotation, Reader, SetAside, parse_time, read_document, read_lines, stop
from pipeline.annotation.answers import COMMENT, UNSURE, answer_of, parted
from pipeline.annotation.controls import Control, controls
from pipeline.annotation.label_studio_types import ExportedAnnotation, ExportedTask, TaskData, author
from pipeline.annotation.reply_ratings import with_choice
from pipeline.annotation.sound_values import REASON, UnsoundValue, check_regions
from pipeline.core.errors import PipelineError, shorten
from pipeline.core.numbers import as_number
from pipeline.core.record import Fields, Reject, Target, as_json, content_id
from pipeline.core.settings import Task
from pipeline.tasks import task_type
from pipeline.tasks.region import Region

#: What a value of JSON_MIN is called in `result`, by control tag; the key holds a list where True.
_VALUES = {"Choices": ("choices", True), "TextArea": ("text", True), "Number": ("number", False)}


def readers(task: Task, utf16: bool = False) -> dict[str, Reader]:
    """File ending -> reader of what `data/annotations/` may hold. `utf16`: how exports count offsets."""
    return {".jsonl": read_lines, ".json": partial(read_export, task=task, utf16=utf16)}


def read_export(path: Path, task: Task, utf16: bool = False) -> Iterator[Annotation | SetAside]:
    """Annotations of an export; `data.record_id` says which record a task is about.

    Set aside: skipped_by_annotator (the export carries the pre-label as if it had been chosen),
    no_record_id, and what `TaskType.target_from_result` rejects. JSON_MIN does not tell skipped tasks apart.
    """
    document = read_document(path)
    if not all(isinstance(one, UnsoundValue) or _is_task(one) or _is_minimal(one) for one in document):
        raise PipelineError(f"{path}: not a Label Studio JSON export.", "Choose JSON or JSON-MIN (not CSV) on Export.")
    problems: list[str] = []
    for n, exported in enumerate(document, 1):
        if isinstance(exported, UnsoundValue):
            yield SetAside(REASON, str(exported), f"{path.name}:task {n}")
        else:
            yield from _of_task(
                cast("Mapping[str, Target]", exported), f"{path.name}:task ", n, (task, utf16), problems
            )
    stop(path, problems)


def _of_task(
    exported: Mapping[str, Target], where: str, n: int, reading: tuple[Task, bool], problems: list[str]
) -> Iterator[Annotation | SetAside]:
    """The annotations of one task; what is not as Label Studio writes it is added to `problems`."""
    place = where + str(exported.get("id", n))
    try:
        whole = exported if _is_task(exported) else _whole(exported, reading[0])
        data = whole.get("data") or {}
        if not isinstance(data.get("record_id"), str | int | None):
            raise TypeError("record_id is no text")
        for annotation in whole["annotations"]:
            try:
                yield read_annotation(annotation, data, place, *reading)
            except Reject as reject:
                yield SetAside(reject.reason, reject.detail, place, data.get("record_id"), _annotator(annotation))
    except (KeyError, TypeError, AttributeError, ValueError, IndexError) as error:
        problems.append(f"{place}: not in Label Studio's format ({type(error).__name__}: {shorten(error, 200)})")


def read_annotation(
    annotation: ExportedAnnotation, data: TaskData, place: str, task: Task, utf16: bool = False
) -> Annotation:
    """One annotation as the API and the JSON export give it. Raises Reject where it is no answer.

    It is the answer of the person who changed it last.
    """
    annotator = _annotator(annotation)
    if annotation.get("was_cancelled"):
        raise Reject("skipped_by_annotator", "the annotator skipped the task")
    record_id = data.get("record_id") or data.get("key")
    if not record_id:
        raise Reject("no_record_id", "the task's data has no record_id; import tasks with `sft label push`")
    check_regions(annotation["result"])
    answer, beside = parted(with_choice(annotation["result"], cast("Mapping[str, object]", data), task), task)
    value = answer_of(answer, cast("Mapping[str, object]", data), task, utf16)
    return Annotation(
        record_id=str(record_id),
        annotator=annotator,
        value=value,
        created_at=parse_time(annotation.get("updated_at") or annotation["created_at"]),
        place=place,
        lead_time=_number_or_none(annotation.get("lead_time")),
        prelabel=_prelabel(annotation, answer, value, task),
        text_id=_text_or_none(data, "text_id"),
        key=_text_or_none(data, "key"),
        comment=beside.comment,
        unsure=beside.unsure,
        more=list(beside.more) or None,
        shown={} if data.get("text_id") else {name: content_id(as_json(value)) for name, value in data.items()},
    )


def _is_task(one: object) -> TypeGuard[ExportedTask]:
    return isinstance(one, Mapping) and isinstance(one.get("annotations"), list)


def _is_minimal(one: object) -> bool:
    return isinstance(one, Mapping) and {"annotation_id", "annotator", "lead_time"} <= set(one)


def _whole(minimal: Mapping[str, Target], task: Task) -> ExportedTask:
    """A row of JSON_MIN as a task of the JSON export; rows without an annotation have none."""
    found = [c for c in controls(task_type(task).labeling_config(task)) if minimal.get(c.name) not in (None, "", [])]
    known = (*task_type(task).FIELDS, "record_id", "text_id", "key")
    annotation = ExportedAnnotation(
        completed_by=minimal["annotator"],
        result=[*(part for control in found for part in _parts(control, minimal[control.name])), *_beside(minimal)],
        created_at=minimal.get("created_at", ""),
        updated_at=minimal.get("updated_at"),
        lead_time=minimal.get("lead_time"),
    )
    return ExportedTask(
        id=minimal.get("id"),
        data=cast("TaskData", {name: minimal[name] for name in known if name in minimal}),
        annotations=[] if minimal["annotation_id"] is None else [annotation],
    )


def _beside(minimal: Mapping[str, Target]) -> list[Region]:
    """What the controls beside ours hold."""
    found: list[Region] = []
    if minimal.get(COMMENT):
        found += _parts(Control(COMMENT, "TextArea", "", ()), minimal[COMMENT])
    if minimal.get(UNSURE):
        found += _parts(Control(UNSURE, "Choices", "", ()), minimal[UNSURE])
    return found


def _parts(control: Control, value: Target) -> list[Region]:
    if control.tag == "Labels":
        return [_region(control, region) for region in value]
    key, many = _VALUES[control.tag]
    bare = value[key] if isinstance(value, Mapping) else value
    return [_region(control, {key: bare if isinstance(bare, list) or not many else [bare]})]


def _region(control: Control, value: Fields) -> Region:
    return {"from_name": control.name, "to_name": control.target, "type": control.tag.lower(), "value": value}


def _text_or_none(data: TaskData, name: Literal["text_id", "key"]) -> str | None:
    value = data.get(name)
    if not isinstance(value, str | None):
        raise TypeError(f"{name} is no text")
    return value


def _number_or_none(value: object) -> float | None:
    return None if value is None else as_number(value)


def _annotator(annotation: ExportedAnnotation) -> str:
    """E-mail address where the export has one, else `user <number>`."""
    who = author(annotation)
    return str(who["email"]) if isinstance(who, Mapping) and "email" in who else f"user {who}"


def _prelabel(
    annotation: ExportedAnnotation, result: Sequence[Region], value: Target, task: Task
) -> Literal["accepted", "edited"] | None:
    """Whether the pre-label that was shown stands, by what it said, where the export holds that."""
    if not annotation.get("parent_prediction"):
        return None
    shown = annotation.get("prediction")  # of the project's model version: another one where a backend answered
    if isinstance(shown, Mapping) and shown.get("result") and shown.get("id") == annotation["parent_prediction"]:
        stands = _says(shown["result"], value, task)
    else:
        stands = all(part.get("origin") == "prediction" for part in result)
    return "accepted" if stands else "edited"


def _says(result: Sequence[Region], value: Target, task: Task) -> bool:
    try:
        return as_json(answer_of(result, {}, task)) == as_json(value)
    except Reject:
        return False
