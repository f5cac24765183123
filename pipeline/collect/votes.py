"""Crowd votes, joined to the records they are on by native key."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pipeline.annotation.sound_answers import sound
from pipeline.collect.convert import check_columns, check_unicode
from pipeline.collect.label_studio_tasks import answer_said
from pipeline.collect.rows import AnyRow, BadRow, Part, Row, excerpt, storable
from pipeline.collect.sources.crowd import CrowdSettings
from pipeline.collect.targets import translate, translated
from pipeline.core.record import Record, Reject, Source, Target, Vote, as_json, content_id
from pipeline.core.settings import Task
from pipeline.runtime.stage import Drop
from pipeline.tasks import task_type
from pipeline.text.pseudonyms import pseudonym

#: Kinds of target that are lists.
_LISTS = ("texts", "spans", "answers")


@dataclass
class Ballot:
    """What became of one crowd source: votes by record id, rejected rows, how many rows there were."""

    votes: dict[str, list[Vote]] = field(default_factory=lambda: defaultdict(list))
    dropped: list[tuple[Record, Drop]] = field(default_factory=list)
    read: int = 0

    @property
    def attached(self) -> int:
        """How many votes found their record."""
        return sum(map(len, self.votes.values()))


def _wanted(settings: CrowdSettings) -> dict[str, str]:
    """Setting -> the column that it names and that must be there."""
    wanted = {"item": settings.item, "worker": settings.worker} | ({"time": settings.time} if settings.time else {})
    return wanted if settings.format == "label_studio" else {**wanted, "label": settings.label}


def collect_votes(
    name: str,
    settings: CrowdSettings,
    task: Task,
    parts: Iterable[Part],
    kept: Mapping[str, Record],
    gone: Mapping[str, str],
    where: str,
) -> Ballot:
    """Every vote of a crowd source. `kept` holds records by key and id, `gone` the ids of dropped ones by key.

    Reasons: the format's own, missing_item, missing_worker, missing_label, unknown_item, dropped_item,
    repeated_vote, excluded_label, bad_json, unreadable_result, surface_mismatch, broken_unicode, overlapping_spans,
    unsound_answer and the task type's own.
    """
    ballot = Ballot()
    voted: set[tuple[str, str]] = set()
    seen_rows: Counter[str] = Counter()
    wanted = _wanted(settings)
    for part in parts:
        columns: set[str] = set()
        for row in part.rows:
            ballot.read += 1
            columns |= row.values.keys() if isinstance(row, Row) else set()
            try:
                record, vote = _vote(row, settings, task, kept, gone)
                if (record.id, vote.annotator) in voted:
                    raise Reject("repeated_vote", "this worker voted on this item before; the first vote counts")
                voted.add((record.id, vote.annotator))
                ballot.votes[record.id].append(vote)
            except Reject as reject:
                ballot.dropped.append(_rejected(name, settings, task, row, part.locator, reject, seen_rows))
        if columns:
            check_columns(wanted, columns, part.locator, where)
    return ballot


def attach(record: Record, votes: list[Vote]) -> Record:
    """The record with the votes, in an order that does not depend on the file's."""
    votes = sorted([*record.votes, *votes], key=lambda vote: (vote.annotator, as_json(vote.value)))
    return replace(record, votes=tuple(votes))


def _voted_on(item: str, settings: CrowdSettings, kept: Mapping[str, Record], gone: Mapping[str, str]) -> Record:
    if item in kept:
        return kept[item]
    if item in gone:
        raise Reject("dropped_item", f"the record of '{item}' was dropped", gone[item])
    raise Reject("unknown_item", f"the source '{settings.of}' has no record of the key or id '{item}'")


def _vote(
    row: AnyRow, settings: CrowdSettings, task: Task, kept: Mapping[str, Record], gone: Mapping[str, str]
) -> tuple[Record, Vote]:
    if isinstance(row, BadRow):
        raise Reject(row.reason, row.detail)
    item, worker = _text(row, settings.item, "item"), _text(row, settings.worker, "worker")
    record = _voted_on(item, settings, kept, gone)
    is_export = settings.format == "label_studio"
    said = answer_said(row.values, task, settings.labels) if is_export else _answer(row, settings, task)
    value = sound(record, _parsed(record, said, settings, task), task)
    time = row.values.get(settings.time or "time" if settings.format == "label_studio" else settings.time or "")
    vote = Vote(pseudonym(worker, "annotator"), value, str(time) if time else None)
    check_unicode(vote.annotator, vote.value, vote.time)
    return record, vote


def _parsed(record: Record, said: object, settings: CrowdSettings, task: Task) -> Target:
    try:
        return task_type(task).parse(record.fields, said, task)[1]
    except Reject as reject:
        parts = [part.strip() for part in re.split(r"[|,;/，；、]", said)] if isinstance(said, str) else []
        if len(parts) > 1 and task.multi_label and all(part in task.labels for part in parts):
            hint = "several labels in one cell: set `label_separator` of the source"
            raise Reject(reject.reason, f"{reject.detail}; {hint}") from None
        raise


def _answer(row: Row, settings: CrowdSettings, task: Task) -> object:
    """The vote in our words, as the task type reads it: a list stays a list, also one that a cell holds as JSON."""
    cell = _cell(row, settings.label, "label")
    if isinstance(cell, str):
        cell = _unfolded(cell, settings, task)
    elif not isinstance(cell, list | dict) and task_type(task).target_kind(task) == "text":
        cell = _text(row, settings.label, "label")
    return translated(cell, settings.labels) if isinstance(cell, list) else translate(cell, settings.labels)


def _unfolded(cell: str, settings: CrowdSettings, task: Task) -> object:
    """A cell of several labels, or of spans or placed answers as JSON, as the list that it stands for."""
    if settings.label_separator:
        return [part.strip() for part in cell.split(settings.label_separator) if part.strip()]
    if task_type(task).target_kind(task) not in _LISTS or not cell.lstrip().startswith(("[", "{")):
        return cell
    try:
        return json.loads(cell)
    except (ValueError, RecursionError) as error:
        raise Reject("bad_json", f"the column '{settings.label}': {error}") from None


def _cell(row: Row, column: str, what: str) -> object:
    cell = row.values.get(column)
    if cell is None or cell == "":
        raise Reject(f"missing_{what}", f"the column '{column}' is empty")
    return cell


def _text(row: Row, column: str, what: str) -> str:
    """The cell as text; a whole number that a file holds as 7.0 reads 7, as keys do elsewhere."""
    cell = _cell(row, column, what)
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


def _rejected(
    name: str,
    settings: CrowdSettings,
    task: Task,
    row: AnyRow,
    locator: str,
    reject: Reject,
    seen: Counter[str],
) -> tuple[Record, Drop]:
    raw = row.raw if isinstance(row, BadRow) else excerpt(row.values)
    seen[raw] += 1
    blank: dict[str, Any] = dict.fromkeys(task_type(task).FIELDS)
    source = Source(name, settings.kind, locator, row.number, settings.licence, "vote")
    record = Record(content_id(name, "vote", raw, str(seen[raw] - 1)), blank, source)
    return record, Drop(reject.reason, storable(f"{reject.detail}: {raw}"), reject.other_id)
