"""Missing values: filled where a rule says so, else records without text go, and records without a label as it says.

Writes what `fill` names; the history shows the value. Reasons: empty_text, missing_label, and the task type's own where
a value from another column is no answer (unknown_label).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Literal

import pyarrow as pa
from pydantic import model_validator

from pipeline.clean.step import Context, Ledger, Row, rows_of
from pipeline.core.errors import PipelineError
from pipeline.core.record import Decision, Record, Reject, Target, as_json
from pipeline.core.registry import did_you_mean
from pipeline.core.settings import Settings, Task
from pipeline.runtime.stage import Drop, Outcome, per_record
from pipeline.tasks import task_type
from pipeline.tasks.texts import target_text

#: (what is missing, source) -> what most records of the source have there, and their share.
Majorities = Mapping[tuple[str, str], tuple[Target, float]]


_META = "meta."


class Fill(Settings):
    """One rule for what stands where a value is missing: exactly one of `constant`, `column` and `majority`."""

    what: str  # `target`, or a text field of the task
    constant: str | float | None = None  # this value
    column: str | None = None  # that of another text field of the record, or `meta.NAME`: a column that `meta` names
    majority: Literal["source"] | None = None  # the most frequent value of the record's source

    @model_validator(mode="after")
    def _one_way(self) -> Fill:
        ways = (self.constant, self.column, self.majority)
        if sum(way is not None for way in ways) != 1:
            raise ValueError("set one of constant, column and majority")
        return self


class Missing(Settings):
    """Section `clean.missing`."""

    fill: tuple[Fill, ...] = ()  # tried in order, before anything is dropped; never the answers of test records
    target: Literal["drop", "unlabelled"] = "unlabelled"  # what becomes of a record that is left without a label


def drop_missing(table: pa.Table, settings: Missing, context: Context) -> Outcome:
    """Fill what `fill` names; drop records whose main text is blank; those without a target stay as unlabelled, or go.

    Notes: without_label, and filled: how often each rule filled. Raises PipelineError where a rule names no field of
    the task, or its constant is no answer.
    """
    _check_rules(settings, context.task)
    _check_meta(table, settings)
    filled = _filled(table, settings, context) if settings.fill else None
    rest = filled.kept if filled else table
    outcome = context.drop_where(rest, "missing", partial(_problem, settings=settings))
    notes: dict[str, object] = {"without_label": outcome.notes.get("labels", {}).get("missing", 0)}
    if filled is None:
        return replace(outcome, notes=notes)
    dropped = pa.concat_tables([filled.dropped, outcome.dropped])
    return replace(outcome, dropped=dropped, changed=filled.changed, notes={**notes, **filled.notes})


def _check_rules(settings: Missing, task: Task) -> None:
    kind = task_type(task)
    texts = [name for name, of in kind.FIELDS.items() if of == "text"]
    columns = [rule.column for rule in settings.fill if rule.column is not None and rule.column.startswith(_META)]
    for n, rule in enumerate(settings.fill):
        where = f"params.yaml: clean.missing.fill.{n}"
        for name, known in ((rule.what, [*texts, "target"]), (rule.column, [*texts, *columns])):
            if name is not None and name not in known:
                problem = f"{where}: '{name}' is no text field of the task '{task.type}'."
                raise PipelineError(problem, did_you_mean(name, known))
        if rule.what == "target" and rule.constant is not None:
            _check_constant(rule.constant, task, where)


def _check_constant(constant: Target, task: Task, where: str) -> None:
    try:
        task_type(task).parse(_example(task), constant, task)
    except Reject as reject:
        raise PipelineError(f"{where}.constant: {reject.detail}.", "Name an answer of the task.") from None


def _check_meta(table: pa.Table, settings: Missing) -> None:
    """Raises PipelineError where a rule names a meta that no record has."""
    wanted = {n: rule.column for n, rule in enumerate(settings.fill) if rule.column and rule.column.startswith(_META)}
    if not wanted or not table.num_rows:
        return
    known = {f"{_META}{key}" for pairs in table.column("meta").to_pylist() for key in dict(pairs or ())}
    for n, column in wanted.items():
        if column not in known:
            raise PipelineError(
                f"params.yaml: clean.missing.fill.{n}.column: no record has '{column}'.",
                f"Name the column in `meta` of its source. {did_you_mean(column, known)}",
            )


def _example(task: Task) -> dict[str, object]:
    """Fields of some record: what is no text and no conversation is left out."""
    parts: dict[str, object] = {"text": "-", "messages": [{"role": "user", "content": "-"}]}
    return {name: parts.get(of) for name, of in task_type(task).FIELDS.items()}


def _filled(table: pa.Table, settings: Missing, context: Context) -> Outcome:
    majorities = _majorities(table, settings, context.task)
    return context.by_part(table, partial(_fill_part, settings=settings, task=context.task, majorities=majorities))


def _fill_part(part: pa.Table, ledger: Ledger, settings: Missing, task: Task, majorities: Majorities) -> Outcome:
    def work(record: Record) -> Record:
        for rule in settings.fill:
            if not _is_blank(_value(record, rule.what)) or (rule.what == "target" and not _may_fill_target(record)):
                continue
            value, sure = _found(record, rule, majorities)
            if not _is_blank(value):
                record = _with(record, rule.what, value, sure, task)
                ledger.counts["filled"][rule.what] += 1
        return record

    return per_record(part, "missing", work)


def _may_fill_target(record: Record) -> bool:
    return record.source.role == "train"


def _value(record: Record, what: str) -> Target:
    value: Target = record.target if what == "target" else record.fields.get(what)
    return value


def _is_blank(value: Target) -> bool:
    return value is None or (isinstance(value, str | dict) and not target_text(value).strip())


def _found(record: Record, rule: Fill, majorities: Majorities) -> tuple[Target, float | None]:
    if rule.majority is not None:
        return majorities.get((rule.what, record.source.name), (None, None))
    if rule.column is None:
        return rule.constant, None
    own = rule.column.startswith(_META)
    return record.meta.get(rule.column.removeprefix(_META)) if own else record.fields.get(rule.column), None


def _with(record: Record, what: str, value: Target, sure: float | None, task: Task) -> Record:
    if what != "target":
        return record.derive("missing", fields={**record.fields, what: str(value)})
    if sure is None:  # a majority is an answer already
        value = task_type(task).parse(record.fields, value, task)[1]
    return record.derive("missing", target=value, labels_by=Decision(f"source:{record.source.name}", sure))


def _majorities(table: pa.Table, settings: Missing, task: Task) -> Majorities:
    """Counted in batches; of values that are as frequent the first by JSON."""
    wanted = {rule.what for rule in settings.fill if rule.majority}
    counts: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    values: dict[str, Target] = {}
    for batch in table.to_batches(max_chunksize=4096) if wanted else ():
        for row in rows_of(pa.Table.from_batches([batch]), task):
            name = row.part.column("source")[row.number].as_py()["name"]
            for what in wanted:
                value = _value(row.record, what)
                if not _is_blank(value) and not row.is_held_out:
                    counts[what, name][as_json(value)] += 1
                    values[as_json(value)] = value
    found = {key: min(count.items(), key=lambda item: (-item[1], item[0])) for key, count in counts.items()}
    return {key: (values[text], n / counts[key].total()) for key, (text, n) in found.items()}


def _problem(row: Row, ledger: Ledger, settings: Missing) -> Drop | None:
    missing = _is_blank(row.record.target)
    ledger.counts["labels"]["missing"] += missing
    if not row.text.strip():
        return Drop("empty_text", row.place)
    if missing and settings.target == "drop" and row.role not in ("unlabelled", "benchmark"):
        return Drop("missing_label", row.place)
    return None
