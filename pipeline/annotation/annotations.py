"""What people answered: `data/annotations/*.jsonl`, and Label Studio exports (`*.json`) beside them.

The folder is input: nothing here writes to it. A file that cannot be read stops the run with file
and line; an annotation that cannot be used (unknown record, unknown label, nothing chosen, skipped,
an older text) is set aside with its reason and place, and stays where it is.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from pipeline.annotation.sound_values import REASON, UnsoundValue, check_regions, decoded, document
from pipeline.core.errors import PipelineError, shorten
from pipeline.core.json_types import JsonObject
from pipeline.core.record import Reject, Target, as_json
from pipeline.core.settings import Settings


class Line(Settings):
    """One line of a `.jsonl` file: docs/labelling.md describes each field."""

    record_id: str | None = None  # or the source's own `key` alone
    annotator: str
    value: Any
    created_at: str
    lead_time: float | None = None
    prelabel: Literal["accepted", "edited"] | None = None
    text_id: str | None = None
    key: str | None = None  # the source's own id of the record
    studio: str | None = None  # where Label Studio keeps it: project mark/task/annotation
    comment: str | None = None  # a remark beside the answer
    unsure: bool = False  # the annotator said so
    more: list[dict[str, Any]] | None = None  # what controls of somebody else hold: regions of Label Studio
    adjudicated: bool = False  # decided over the answers of others: docs/labelling.md
    overwrote: str | None = None  # whose answer this one was put over
    state: Literal["skipped", "deleted", "unreadable", "overwritten"] | None = None  # set: kept here, not used
    detail: str | None = None  # why it is unreadable
    result: Any = None  # what Label Studio holds, where it is unreadable


#: Why an annotation with a state is set aside.
STATES = {
    "skipped": "skipped_by_annotator",
    "deleted": "deleted_in_label_studio",
    "unreadable": "unreadable_in_label_studio",
    "overwritten": "overwritten_by_another",
}
#: Reasons for which an annotation is set aside without anybody having to do something about it.
SETTLED = frozenset({STATES["skipped"], STATES["deleted"], STATES["overwritten"], "text_changed"})


@dataclass(frozen=True)
class Annotation:
    """One person's answer on one record. `place` is file and line (or task number), for messages."""

    record_id: str
    annotator: str
    value: Target
    created_at: datetime
    place: str
    lead_time: float | None = None
    prelabel: Literal["accepted", "edited"] | None = None
    text_id: str | None = None
    key: str | None = None
    studio: str | None = None
    comment: str | None = None
    unsure: bool = False
    more: Any = None
    adjudicated: bool = False
    shown: Mapping[str, str] = field(default_factory=dict)  # content ids of what the task showed, where told


@dataclass(frozen=True)
class SetAside:
    """An annotation that was not used, and why. `studio` is its place in Label Studio, `created_at` its time."""

    reason: str
    detail: str
    place: str
    record_id: str | None = None
    annotator: str = ""
    studio: str | None = None
    created_at: datetime | None = None
    comment: str | None = None


@dataclass
class Reading:
    """All annotations of a folder. `read = used + superseded + set aside`."""

    used: list[Annotation] = field(default_factory=list)
    superseded: int = 0
    set_aside: list[SetAside] = field(default_factory=list)

    def summary(self, examples: int = 20) -> JsonObject:
        """For report.json: counts, and the first annotations that were set aside."""
        kinds = Counter(annotation.prelabel or "from_scratch" for annotation in self.used)
        return {
            "read": len(self.used) + self.superseded + len(self.set_aside),
            "used": len(self.used),
            "superseded": self.superseded,
            "set_aside": dict(sorted(Counter(item.reason for item in self.set_aside).items())),
            "set_aside_examples": [f"{item.place}: {item.reason}: {item.detail}" for item in self.set_aside[:examples]],
            "set_aside_by_annotator": self.set_aside_by_annotator(),
            "unsure": sum(annotation.unsure for annotation in self.used),
            "comments": [_remark(one) for one in (*self.used, *self.set_aside) if one.comment][:examples],
            "annotators": len({annotation.annotator for annotation in self.used}),
            "prelabel": dict(sorted(kinds.items())),
            "seconds_per_task": _median([a.lead_time for a in self.used if a.lead_time is not None]),
        }

    def votes(self) -> list[tuple[str, str, str]]:
        """(record, annotator, value as JSON) of the answers used, without those of an adjudicator."""
        return [(one.record_id, one.annotator, as_json(one.value)) for one in self.used if not one.adjudicated]

    def set_aside_by_annotator(self) -> dict[str, dict[str, int]]:
        """Annotator -> reason -> how many answers were set aside."""
        people: dict[str, Counter[str]] = {}
        for item in self.set_aside:
            people.setdefault(item.annotator, Counter())[item.reason] += 1
        return {name: dict(sorted(reasons.items())) for name, reasons in sorted(people.items())}

    def unsettled(self) -> list[SetAside]:
        """Answers that were set aside and that their annotator has not answered anew: somebody must do something."""
        answered = {(one.record_id, one.annotator) for one in self.used}
        return [
            item
            for item in self.set_aside
            if item.reason not in SETTLED and (item.record_id, item.annotator) not in answered
        ]

    def changed_texts(self) -> set[str]:
        """Records whose annotations were all for an earlier text."""
        answered = {annotation.record_id for annotation in self.used}
        changed = {item.record_id for item in self.set_aside if item.reason == "text_changed" and item.record_id}
        return changed - answered


def latest_answers(found: Iterable[Annotation | SetAside], check: Callable[[Annotation], Target]) -> Reading:
    """Each annotation checked; of one person's several answers on a record the latest is used."""
    reading = Reading()
    latest: dict[tuple[str, str], Annotation] = {}
    everything = list(found)
    copies = _copies(everything)
    for item in everything:
        if isinstance(item, SetAside):
            reading.set_aside.append(item)
            continue
        if item.place in copies:
            reading.superseded += 1
            continue
        try:
            value = check(item)
        except Reject as reject:
            whose = (item.place, item.record_id, item.annotator, item.studio, item.created_at, item.comment)
            reading.set_aside.append(SetAside(reject.reason, reject.detail, *whose))
            continue
        annotation = replace(item, value=value)
        known = latest.setdefault((item.record_id, item.annotator), annotation)
        if known is not annotation:
            reading.superseded += 1
            latest[item.record_id, item.annotator] = max(known, annotation, key=_age)
    reading.used = [latest[key] for key in sorted(latest)]
    return reading


def _copies(found: Iterable[Annotation | SetAside]) -> set[str]:
    """Places of answers that stand here twice: pulled with the person's name, and in an export as `user 7`.

    An export names nobody; that record and instant (to the microsecond) are equal tells that the answer is.
    """
    named: set[tuple[str, datetime]] = set()
    numbered: dict[tuple[str, datetime], list[str]] = {}
    for item in found:
        if isinstance(item, Annotation) and item.created_at.microsecond:
            mark = (item.record_id, item.created_at)
            if item.annotator.startswith("user ") and ".json:" in item.place:
                numbered.setdefault(mark, []).append(item.place)
            else:
                named.add(mark)
    return set(chain.from_iterable(numbered[mark] for mark in named & numbered.keys()))


def read_lines(path: Path) -> Iterator[Annotation | SetAside]:
    """The annotations of a `.jsonl` file. Raises PipelineError that names every unreadable line."""
    problems: list[str] = []
    for place, text in placed_lines(path):
        try:
            line = Line.model_validate_json(json.dumps(decoded(text)), strict=True)
            yield _from_line(line, place)
        except UnsoundValue as error:
            yield SetAside(REASON, str(error), place)
        except ValidationError as error:
            problems += [f"{place}: {'.'.join(map(str, e['loc'])) or 'line'}: {e['msg']}" for e in error.errors()]
        except ValueError as error:
            problems.append(f"{place}: {error}: {shorten(text, 60)}")
    stop(path, problems)


def _from_line(line: Line, place: str) -> Annotation | SetAside:
    created_at, record_id = parse_time(line.created_at), line.record_id or line.key
    if record_id is None:
        raise ValueError("an answer needs a record_id, or the source's own key")
    check_regions(line.more)
    if line.state is not None:
        detail = line.detail or f"by {line.annotator}"
        whose = (record_id, line.annotator, line.studio, created_at, line.comment)
        return SetAside(STATES[line.state], detail, place, *whose)
    names = [each.name for each in fields(Annotation) if each.name in Line.model_fields]
    values = {name: getattr(line, name) for name in names}
    return Annotation(**{**values, "record_id": record_id, "created_at": created_at}, place=place)


def stop(path: Path, problems: Sequence[str]) -> None:
    """Raise PipelineError with the first of `problems`, if there are any."""
    if problems:
        more = f"\n(and {len(problems) - 3:,} more in this file)" if len(problems) > 3 else ""
        told = "\n".join(shorten(one, 400) for one in problems[:3])
        raise PipelineError(told + more, f"Fix {path}; docs/labelling.md shows the format.")


def parse_time(text: str) -> datetime:
    """An ISO 8601 time; one without a zone counts as UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"created_at '{shorten(text, 40)}' is no ISO 8601 time such as 2026-01-31T12:00:00Z") from None
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError:  # the first or the last day of the calendar, in another zone
        raise ValueError(f"created_at '{shorten(text, 40)}' lies outside the years 1 to 9999") from None


def read_document(path: Path) -> list[object]:
    """The elements of the list that a JSON file holds; UnsoundValue in the place of one that no table could hold."""
    try:
        return list(document(read_text(path)))
    except ValueError as error:
        raise PipelineError(
            f"{path}: not readable as JSON: {shorten(error)}", "Export it from Label Studio again."
        ) from None


def placed_lines(path: Path) -> Iterator[tuple[str, str]]:
    """The lines of a UTF-8 file that hold something, each with its place, `name:number`."""
    for number, text in enumerate(read_text(path).split("\n"), 1):
        if text.strip():
            yield f"{path.name}:{number}", text


def read_text(path: Path) -> str:
    """The text of a UTF-8 file."""
    try:
        return path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise PipelineError(f"{path}: not UTF-8 at byte {error.start:,}.", "Save the file as UTF-8.") from None


def _age(annotation: Annotation) -> tuple[datetime, str]:
    return annotation.created_at, as_json(annotation.value)


def _remark(one: Annotation | SetAside) -> dict[str, str]:
    return {"record_id": one.record_id or "", "annotator": one.annotator, "comment": one.comment or ""}


def _median(values: Sequence[float]) -> float | None:
    ordered = sorted(values)
    return ordered[len(ordered) // 2] if ordered else None


Reader = Callable[[Path], Iterable[Annotation | SetAside]]


def read_folder(folder: Path, readers: Mapping[str, Reader]) -> Iterator[Annotation | SetAside]:
    """Everything in `folder`, by file ending; README.md and hidden files are no annotations."""
    if not folder.is_dir():
        raise PipelineError(f"{folder}: no such folder.", "Create it; it may be empty.")
    for path in sorted(folder.rglob("*")):
        if path.is_dir() or path.name == "README.md" or path.name.startswith("."):
            continue
        if path.relative_to(folder).parts[0] == "decisions":  # what a lead decided in the report: review_decisions.py
            continue
        if path.suffix not in readers:
            known = ", ".join(sorted(readers))
            raise PipelineError(
                f"{path}: neither annotations nor a README.", f"Files here end in {known}. Move it out."
            )
        yield from readers[path.suffix](path)
