"""All sources read: records first, then the votes on them."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.collect.convert import RecordMaker, Verdict, to_verdicts
from pipeline.collect.kept_chunks import keeps, to_chunks
from pipeline.collect.params import Common, Params, RecordSource
from pipeline.collect.rows import joined_notes
from pipeline.collect.source_rows import SourceRows
from pipeline.collect.sources import KINDS, read_sources, setting
from pipeline.collect.sources.crowd import CrowdSettings
from pipeline.collect.votes import Ballot, attach, collect_votes
from pipeline.core.errors import PipelineError, shorten
from pipeline.core.record import Record
from pipeline.core.registry import did_you_mean
from pipeline.core.settings import Task
from pipeline.runtime.columns import schema
from pipeline.runtime.parts import take_rows
from pipeline.runtime.stage import Drop, replace_rows
from pipeline.runtime.store import to_records

log = logging.getLogger("pipeline")

#: Steps in their order; the last three can only drop what the ones before let through.
STEPS = ("read", "select", "parse", "sample")


@dataclass
class Gathered:
    """What came of all sources: tables in parts, dropped ones by step and with their reasons."""

    columns: pa.Schema
    kept: list[pa.Table] = field(default_factory=list)
    dropped: dict[str, list[pa.Table]] = field(default_factory=lambda: {step: [] for step in STEPS})
    bad_votes: list[tuple[Record, Drop]] = field(default_factory=list)
    notes: dict[str, Any] = field(default_factory=dict)
    voted_on: int = 0


def _crowds(sources: Mapping[str, Common], of_records: Mapping[str, RecordSource]) -> dict[str, CrowdSettings]:
    """The sources of votes, each of which says whose records it voted on."""
    crowds = {name: source for name, source in sources.items() if isinstance(source, CrowdSettings)}
    for name, crowd in crowds.items():
        _check_of(name, crowd, of_records)
    return crowds


def gather(params: Params, task: Task, raw: Path) -> Gathered:
    """Read every source of `params`. Raises PipelineError for a source that gives nothing."""
    sources = read_sources(params)
    of_records = {name: s for name, s in sources.items() if isinstance(s, RecordSource)}
    if not of_records:
        raise PipelineError("params.yaml: collect.sources names no source of records.", "See docs/sources.md.")
    crowds = _crowds(sources, of_records)
    found = Gathered(schema(task))
    voted = {crowd.of for crowd in crowds.values()}
    keys = {
        name: _read_source(RecordMaker(name, settings, task, setting(name), name in voted), raw, found, name in voted)
        for name, settings in of_records.items()
    }
    for name, crowd in crowds.items():
        _read_votes(name, crowd, task, raw, keys[crowd.of], found)
    return found


def _read_source(maker: RecordMaker, raw: Path, found: Gathered, voted_on: bool) -> dict[str, Verdict]:
    """Read one source into `found`; returns its verdicts by native key and by record id where it is `voted_on`."""
    started, name, settings = time.monotonic(), maker.name, maker.settings
    notes: dict[str, Any] = {}
    parts = joined_notes(KINDS[settings.kind].function(settings, raw, setting(name)), notes)
    if keeps(maker, voted_on):
        rows = SourceRows(found.columns, (), voted_on, to_chunks(maker, parts, found.columns))
    else:
        rows = SourceRows(found.columns, to_verdicts(maker, parts, setting(name)), voted_on)
    if settings.limit is not None:
        rows.sample(settings.limit, settings.seed)
    if not rows.rows:
        raise PipelineError(f"{setting(name)}: no record came of it. {_first_reason(rows)}", _LOOK)
    found.kept += rows.kept
    for step, tables in rows.dropped.items():
        found.dropped[step] += tables
    found.notes[name] = _note(settings, rows.read, rows.rows, rows.reasons) | rows.repaired()
    if settings.is_live:
        found.notes[name]["read_at"] = datetime.now(UTC).isoformat(timespec="minutes")
        log.info("%-9s %-22s DVC does not see it change; to read it again: dvc repro -f collect", "collect", name)
    found.notes[name] |= notes
    if maker.conversations is not None:
        found.notes[name] |= maker.conversations.notes()
    _log(name, rows.read, f"{rows.rows:,} records", rows.reasons, started)
    return rows.by_name()


def _kept_and_gone(verdicts: Mapping[str, Verdict]) -> tuple[dict[str, Record], dict[str, str]]:
    """By key and id: the records that were kept, and the ids of those that were dropped."""
    kept = {item: verdict.record for item, verdict in verdicts.items() if verdict.drop is None}
    return kept, {item: verdict.record.id for item, verdict in verdicts.items() if verdict.drop is not None}


def _read_votes(
    name: str, settings: CrowdSettings, task: Task, raw: Path, verdicts: Mapping[str, Verdict], found: Gathered
) -> None:
    started = time.monotonic()
    kept, gone = _kept_and_gone(verdicts)
    parts = KINDS[settings.kind].function(settings, raw, setting(name))
    ballot = collect_votes(name, settings, task, parts, kept, gone, setting(name))
    reasons = Counter(drop.reason for _, drop in ballot.dropped)
    if not ballot.attached:
        raise _no_vote(name, settings, ballot, keyed=any(verdict.key is not None for verdict in verdicts.values()))
    if ballot.read != ballot.attached + len(ballot.dropped):
        raise RuntimeError(f"{name}: votes vanished")
    _attach_all(ballot, found)
    found.bad_votes += ballot.dropped
    note = _note(settings, ballot.read, ballot.attached, reasons)
    found.notes[name] = {**note, "of": settings.of, "records_voted_on": len(ballot.votes)}
    _log(name, ballot.read, f"{ballot.attached:,} votes on {len(ballot.votes):,} records", reasons, started)


def _no_vote(name: str, settings: CrowdSettings, ballot: Ballot, keyed: bool) -> PipelineError:
    """What is said where not one vote counts: why most were refused, and the remedy for that."""
    if not ballot.dropped:
        return PipelineError(f"{setting(name)}: its files hold no votes.", _LOOK)
    drops = [drop for _, drop in ballot.dropped]
    (reason, count), *_ = Counter(drop.reason for drop in drops).most_common(1)
    first = shorten(next(drop.detail for drop in drops if drop.reason == reason), 200)
    if reason != "unknown_item":
        return PipelineError(f"{setting(name)}: no vote counts: {count} of {ballot.read} are {reason}. {first}", _LOOK)
    problem = f"{setting(name)}: no vote found its record. {first}"
    if not keyed:
        hint = f"Name the column that '{settings.item}' speaks of: {setting(settings.of)}.key: <column>."
        return PipelineError(f"{problem} That source has no `key`.", hint)
    return PipelineError(problem, f"Compare the column '{settings.item}' with the column that `key` names.")


def _attach_all(ballot: Ballot, found: Gathered) -> None:
    table = pa.concat_tables(found.kept)
    numbers = np.flatnonzero(pc.is_in(table["id"], value_set=pa.array(sorted(ballot.votes), pa.string())).to_numpy())
    records = zip(numbers.tolist(), to_records(take_rows(table, numbers)), strict=True)
    found.kept = [replace_rows(table, {n: attach(record, ballot.votes[record.id]) for n, record in records})]
    found.voted_on = sum(pc.sum(pc.greater(votes_on(part), 0)).as_py() or 0 for part in found.kept)


def votes_on(table: pa.Table) -> pa.ChunkedArray:
    """How many votes each record has."""
    return pc.list_value_length(table["votes"])


def _check_of(name: str, settings: CrowdSettings, sources: Mapping[str, RecordSource]) -> None:
    if settings.of not in sources:
        problem = f"{setting(name)}.of: no source of records is called '{settings.of}'."
        raise PipelineError(problem, did_you_mean(settings.of, sources))


def _note(settings: Common, read: int, kept: int, reasons: Counter[str]) -> dict[str, object]:
    role = settings.role if isinstance(settings, RecordSource) else "votes"
    about = {"kind": settings.kind, "role": role, "licence": settings.licence}
    return {**about, "read": read, "kept": kept, "dropped": dict(sorted(reasons.items()))}


def _log(name: str, read: int, made: str, reasons: Counter[str], started: float) -> None:
    why = "".join(f"  -{n:,} {reason}" for reason, n in reasons.most_common())
    log.info("%-9s %-22s %9s rows: %s%s  %.1f s", "collect", name, f"{read:,}", made, why, time.monotonic() - started)


def _first_reason(rows: SourceRows) -> str:
    if rows.first_drop is None:
        return "It has no rows."
    counts = ", ".join(f"{n:,} {reason}" for reason, n in rows.reasons.most_common(3))
    drop, source = rows.first_drop.drop, rows.first_drop.record.source
    return f"{counts}. First, {source.locator}:{source.row}: {shorten(drop.detail if drop else '', 200)}"


_LOOK = "Look at its settings in params.yaml and at the file it names."
