"""From a source's rows to records: ids, fields, target, language, trust. What cannot become one is told why."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pipeline.collect.conditions import first_failed
from pipeline.collect.contents import Contents
from pipeline.collect.conversations import conversation_reader, dialect_of
from pipeline.collect.label_studio_tasks import LABEL_STUDIO, agreed, one_row_a_task
from pipeline.collect.languages import language_reader
from pipeline.collect.nested_columns import with_decoded, with_nested, with_spans
from pipeline.collect.params import RecordSource
from pipeline.collect.references import one_row_a_reference, takes_references
from pipeline.collect.rows import AnyRow, BadRow, Part, Row, excerpt, storable
from pipeline.collect.targets import confidence_of, is_missing, target_of
from pipeline.core.conversation import told
from pipeline.core.errors import PipelineError, shorten
from pipeline.core.record import Decision, Fields, Record, Reject, Source, Split, Target, Vote, as_json, content_id
from pipeline.core.registry import did_you_mean
from pipeline.core.settings import Task
from pipeline.runtime.stage import Drop
from pipeline.tasks import TaskType, task_type

_PRESET_SPLIT: dict[str, Split] = {"test": "test", "dev": "dev", "benchmark": "benchmark"}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one row: its record, its native key, and (unless kept) the step and reason that dropped it.

    `repaired` is what the reader repaired in a kept row.
    """

    record: Record
    key: str | None = None
    step: str | None = None
    drop: Drop | None = None
    repaired: str | None = None


def to_verdicts(maker: RecordMaker, parts: Iterable[Part], where: str) -> Iterator[Verdict]:
    """One verdict for every row of the source.

    Steps and reasons: `read` (a format's own), `select` (filtered_out), `parse` (the task type's own,
    unknown_label, excluded_label, missing_target, bad_confidence, unknown_language, missing_key,
    repeated_key, conflicting_key, broken_unicode).
    """
    for count, part in enumerate(parts):
        if count and maker.settings.key == "row":
            raise PipelineError(
                f"{where}.key: 'row' needs a source of one file.", "Name a column, or split the source."
            )
        seen: set[str] = set()
        for raw in maker.whole(part.rows):
            row = maker.shaped(raw)
            if isinstance(row, Row):
                seen |= row.values.keys()
            yield maker.verdict(row, part.locator)
        if seen:
            check_columns(maker.wanted, seen, part.locator, where)


def check_columns(wanted: Mapping[str, str], seen: set[str], locator: str, where: str) -> None:
    """Raises PipelineError where a column that a setting names is in no row of the part."""
    for setting, column in wanted.items():
        if column not in seen:
            hint = did_you_mean(column, seen).replace("Known:", "Its columns:")
            raise PipelineError(f"{where}.{setting}: no column '{column}' in {locator}.", hint)


class RecordMaker:
    """Makes one source's records; remembers how often a content came by, and the keys of what is kept."""

    def __init__(self, name: str, settings: RecordSource, task: Task, where: str, voted_on: bool = False) -> None:
        self.name, self.settings, self.task, self.where = name, settings, task, where
        self._splits = takes_references(settings, task)
        self._reading = settings.model_copy(update={"target_separator": None}) if self._splits else settings
        self._answered = not (voted_on or settings.target or settings.target_value)
        self.kind: TaskType = task_type(task)
        _check_fields(settings, task, where)
        self.fields = {field: settings.fields.get(field, field) for field in self.kind.FIELDS}
        self.conversations = conversation_reader(settings, task, where)
        given = self.kind.FIELDS if self.conversations and dialect_of(settings) else self.kind.OPTIONAL
        needed = [f for f in self.fields if f in settings.fields or f not in given]
        self.wanted = {f"fields.{field}": self.fields[field] for field in needed} | settings.named_columns()
        self.language_of = language_reader(settings, task, where)
        _check_labels(settings, task, where)
        self.contents = Contents(name)
        self._kept: dict[str, str] = {}  # key -> the target of the record that is kept

    def whole(self, rows: Iterable[AnyRow]) -> Iterable[AnyRow]:
        """The rows, one a record: an export of Label Studio has one an annotation, some rows have several answers."""
        if self._splits:  # answers of unlabelled rows are not looked at: such a row is one record
            return rows if self.settings.role == "unlabelled" else one_row_a_reference(rows, self.settings)
        if self.settings.references:
            problem = f"{self.where}.references: only for answers that are texts, beside a `target`."
            raise PipelineError(problem, "Leave it out.")
        if getattr(self.settings, "format", None) != LABEL_STUDIO:
            return rows
        answered = self._answered and self.settings.role not in ("unlabelled", "benchmark")
        return one_row_a_task(rows, self.task, self.settings.labels, answered)

    def shaped(self, row: AnyRow) -> AnyRow:
        """The row with nested columns taken out, JSON in its target read, tokens and tags as a text and its spans."""
        if not isinstance(row, Row):
            return row
        row = with_nested(row, self.wanted.values())
        if not self._splits:  # answers that are texts stay texts
            row = with_decoded(row, self.settings.target, {*self.task.labels, *self.settings.labels})
        if self.task.type == "ner":
            return with_spans(row, self.fields["text"], self.settings.target, self.settings.labels)
        return row

    def verdict(self, row: AnyRow, locator: str) -> Verdict:
        """The row as a record, or why not."""
        source = Source(self.name, self.settings.kind, locator, row.number, self.settings.licence, self.settings.role)
        if isinstance(row, BadRow):
            record = Record(self.contents.new_id("unreadable", row.raw), self._blank({}), source)
            return Verdict(record, None, "read", Drop(row.reason, storable(f"{row.detail}: {row.raw}")))
        values: dict[str, Any] = {f: self._cell(row.values.get(column)) for f, column in self.fields.items()}
        key, refused = self._key(row), None
        source = replace(source, key=key if key is None else storable(key))
        if self.conversations is not None:
            try:
                values = {"messages": self.conversations.read(row.values)}
            except Reject as reject:
                refused = reject
        record = Record(self._row_id(key, values), self._blank(values), source)
        failed = first_failed(self.settings.where, row.values)
        if failed:
            return Verdict(record, key, "select", Drop("filtered_out", storable(failed)))
        try:
            if refused is not None:
                raise refused
            verdict = Verdict(self._complete(record, key, values, row), key, repaired=row.repaired)
            if key is not None:
                self._kept[key] = as_json(verdict.record.target)
            return verdict
        except OverflowError as error:
            return Verdict(
                record, key, "parse", Drop("number_out_of_range", storable(f"{error}: {excerpt(row.values)}"))
            )
        except Reject as reject:
            whole = (
                json.dumps(row.values, ensure_ascii=False, default=str) if self.conversations else excerpt(row.values)
            )
            detail = storable(f"{reject.detail}: {whole}")
            return Verdict(record, key, "parse", Drop(reject.reason, detail, reject.other_id))

    def _complete(self, record: Record, key: str | None, values: dict[str, object], row: Row) -> Record:
        settings = self.settings
        if settings.key is not None and key is None:
            raise Reject("missing_key", f"the column '{settings.key}' is empty")
        fields, target = self._fields_and_target(values, row)
        self._check_key(key, target)
        lang = self.language_of(fields, target, row.values)
        group = self._group(row)
        meta = meta_of(row.values, settings)
        votes = self._votes(values, row)
        check_unicode(fields, target, group, meta, [(vote.annotator, vote.value, vote.time) for vote in votes])
        check_offsets(target)
        source, decision = record.source, None
        if target is not None:
            who = "crowd" if len(row.answers) > 1 else "source"
            decision = Decision(f"{who}:{self.name}", confidence_of(row.values, settings))
            if settings.trusted_when and first_failed(settings.trusted_when, row.values) is None:
                source = replace(source, trusted=True)
        split = _PRESET_SPLIT.get(settings.role)
        return Record(record.id, fields, source, target, lang, split, group, votes, labels_by=decision, meta=meta)

    def _fields_and_target(self, values: Fields, row: Row) -> tuple[Fields, Target]:
        settings = self.settings
        if settings.role == "unlabelled":
            return self.kind.parse(values, None, self.task)[0], None
        answer = agreed(row.answers) if row.answers else target_of(row.values, self._reading)
        fields, target = self.kind.parse(values, answer, self.task)
        if target is None and (settings.role == "test" or settings.missing_target == "quarantine"):
            raise Reject("missing_target", f"a {settings.role} row without an answer")
        return fields, target

    def _votes(self, values: Fields, row: Row) -> tuple[Vote, ...]:
        """What several annotators said of the row; one annotator's answer is the target, and no vote."""
        votes = row.answers if len(row.answers) > 1 else ()
        return tuple(replace(vote, value=self.kind.parse(values, vote.value, self.task)[1]) for vote in votes)

    def _row_id(self, key: str | None, values: dict[str, object]) -> str:
        """By native key, else by content without the target: relabelling and reordering keep ids."""
        if key is not None:
            return content_id(self.name, "key", key)
        try:
            # A target inside the fields (a chat's reply) is taken out by the task type.
            content: Any = self.kind.parse(values, None, self.task)[0]
            if "messages" in content:
                content = told(content)
        except Reject:
            content = values
        return self.contents.new_id("content", json.dumps(content, ensure_ascii=False, sort_keys=True, default=str))

    def _check_key(self, key: str | None, target: Target) -> None:
        if key is None or key not in self._kept:
            return
        other, id = self._kept[key], content_id(self.name, "key", key)
        if target is not None and other != "null" and as_json(target) != other:
            answers = f"{shorten(other, 60)} and {shorten(as_json(target), 60)}"
            raise Reject("conflicting_key", f"the key '{key}' comes with two answers: {answers}", id)
        raise Reject("repeated_key", f"the key '{key}' came before", id)

    def _key(self, row: Row) -> str | None:
        column = self.settings.key
        if column is None:
            return None
        more = f"#{row.part + 1}" if row.part else ""  # of several answers in one row
        if column == "row" and "row" not in row.values:
            return f"{row.number}{more}"
        cell = row.values.get(column)
        if isinstance(cell, float) and cell.is_integer():  # a column of numbers with gaps
            cell = int(cell)
        return None if is_missing(cell, self.settings) else f"{cell}{more}"

    def _group(self, row: Row) -> str | None:
        cell = row.values.get(self.settings.group) if self.settings.group else None
        return None if is_missing(cell, self.settings) else f"{self.name}:{cell}"

    def _cell(self, cell: object) -> object:
        """An input cell that means "nothing" becomes an empty text, for the clean stage to decide on."""
        return "" if isinstance(cell, str) and cell in self.settings.missing_values else cell

    def _blank(self, values: Mapping[str, object]) -> dict[str, object]:
        """What of a row that is no record can be stored: its texts."""
        texts = {f: values.get(f) for f, kind in self.kind.FIELDS.items() if kind == "text"}
        return {f: excerpt(texts[f]) if isinstance(texts.get(f), str) else None for f in self.kind.FIELDS}


def check_unicode(*parts: object) -> None:
    """Raises Reject (broken_unicode) where a text among `parts` cannot be stored."""
    try:
        as_json(parts).encode("utf-8")
    except UnicodeEncodeError as error:
        raise Reject("broken_unicode", f"half a surrogate pair: {error.reason}") from None


def meta_of(values: Mapping[str, object], settings: RecordSource) -> dict[str, str]:
    """What `meta` names of a row, as texts: lists and objects as JSON, personal ones as a hash, empty ones left out."""
    found = {name: values.get(column) for name, column in settings.meta.items()}
    texts = {n: v if isinstance(v, str) else as_json(v) for n, v in found.items() if not is_missing(v, settings)}
    return {name: content_id(name, text) if name in settings.hash_meta else text for name, text in texts.items()}


def check_offsets(target: Target) -> None:
    """Raises Reject (offset_out_of_range) where a span or an answer has an offset that no text can have."""
    if isinstance(target, list):
        for part in target:
            for name in ("start", "end"):
                offset = part.get(name, 0) if isinstance(part, dict) else 0
                if isinstance(offset, int) and not -_LARGEST_OFFSET <= offset <= _LARGEST_OFFSET:
                    raise Reject("offset_out_of_range", f"{name} has {len(str(abs(offset))):,} digits")


#: Offsets are stored as 32-bit numbers.
_LARGEST_OFFSET = 2**31 - 1


def _check_fields(settings: RecordSource, task: Task, where: str) -> None:
    known = task_type(task).FIELDS
    strange = next((field for field in settings.fields if field not in known), None)
    if strange is not None:
        problem = f"{where}.fields: '{strange}' is no field of the task '{task.type}'."
        raise PipelineError(problem, did_you_mean(strange, known))


def _check_labels(settings: RecordSource, task: Task, where: str) -> None:
    ours = {**settings.labels, "target_value": settings.target_value} if task.labels else {}
    for given, label in ours.items():
        if label is not None and label not in task.labels and not _is_tag(label, task):
            place = "target_value" if given == "target_value" else f"labels.{given}"
            raise PipelineError(
                f"{where}.{place}: '{label}' is not among task.labels.", did_you_mean(label, task.labels)
            )


def _is_tag(label: str, task: Task) -> bool:
    """B-PER, or O."""
    return task.type == "ner" and (label == "O" or label[2:] in task.labels)
