"""All sources read: records first, then the votes on them."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipeline.collect.convert import RecordMaker, Verdict, to_verdicts, without_conflicts
from pipeline.collect.params import Common, Params, RecordSource
from pipeline.collect.rows import joined_notes
from pipeline.collect.sources import KINDS, read_sources, setting
from pipeline.collect.sources.crowd import CrowdSettings
from pipeline.collect.votes import Ballot, attach, collect_votes
from pipeline.core.errors import PipelineError, shorten
from pipeline.core.record import Record, share
from pipeline.core.registry import did_you_mean
from pipeline.core.settings import Task
from pipeline.runtime.stage import Drop

log = logging.getLogger("pipeline")

#: Steps in their order; the last three can only drop what the ones before let through.
STEPS = ("read", "select", "parse", "sample")


@dataclass
class Gathered:
    """What came of all sources."""

    kept: list[Record] = field(default_factory=list)
    dropped: dict[str, list[tuple[Record, Drop]]] = field(default_factory=lambda: {step: [] for step in STEPS})
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
    found = Gathered()
    voted = {crowd.of for crowd in crowds.values()}
    keys = {
        name: _read_source(RecordMaker(name, settings, task, setting(name), name in voted), raw, found)
        for name, settings in of_records.items()
    }
    for name, crowd in crowds.items():
        _read_votes(name, crowd, task, raw, keys[crowd.of], found)
    return found


def _repaired(good: Sequence[Verdict]) -> dict[str, dict[str, int]]:
    """How many rows their readers had to repair, by what; nothing where there were none."""
    repaired = Counter(verdict.repaired for verdict in good if verdict.repaired)
    return {"repaired": dict(sorted(repaired.items()))} if repaired else {}


def _read_source(maker: RecordMaker, raw: Path, found: Gathered) -> dict[str, Verdict]:
    """Read one source into `found`; returns its verdicts by native key and by record id."""
    started, name, settings = time.monotonic(), maker.name, maker.settings
    notes: dict[str, Any] = {}
    parts = joined_notes(KINDS[settings.kind].function(settings, raw, setting(name)), notes)
    verdicts = without_conflicts(list(to_verdicts(maker, parts, setting(name))))
    if settings.limit is not None:
        verdicts = _sample(verdicts, settings.limit, settings.seed)
    good = [verdict for verdict in verdicts if verdict.drop is None]
    reasons = _book_drops(verdicts, found)
    if not good:
        raise PipelineError(f"{setting(name)}: no record came of it. {_first_reason(verdicts, reasons)}", _LOOK)
    found.kept += [verdict.record for verdict in good]
    found.notes[name] = _note(settings, len(verdicts), len(good), reasons) | _repaired(good)
    if settings.is_live:
        found.notes[name]["read_at"] = datetime.now(UTC).isoformat(timespec="minutes")
        log.info("%-9s %-22s DVC does not see it change; to read it again: dvc repro -f collect", "collect", name)
    found.notes[name] |= notes
    if maker.talks is not None:
        found.notes[name] |= maker.talks.notes()
    _log(name, len(verdicts), f"{len(good):,} records", reasons, started)
    # Of several rows with one key the first counts, unless a later one is the first that was kept.
    return _by_key(reversed(verdicts)) | _by_key(good) | {verdict.record.id: verdict for verdict in good}


def _book_drops(verdicts: Iterable[Verdict], found: Gathered) -> Counter[str]:
    """The dropped rows under their step; returns how many went for each reason."""
    reasons: Counter[str] = Counter()
    for verdict in verdicts:
        if verdict.drop is not None and verdict.step is not None:
            found.dropped[verdict.step].append((verdict.record, verdict.drop))
            reasons[verdict.drop.reason] += 1
    return reasons


def _by_key(verdicts: Iterable[Verdict]) -> dict[str, Verdict]:
    return {verdict.key: verdict for verdict in verdicts if verdict.key is not None}


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
    found.kept = [attach(r, ballot.votes[r.id]) if r.id in ballot.votes else r for r in found.kept]
    found.voted_on = sum(bool(record.votes) for record in found.kept)


def _sample(verdicts: list[Verdict], limit: int, seed: int) -> list[Verdict]:
    """Keep the `limit` records of smallest share: a new record moves at most one old one out."""
    ids = [v.record.id for v in verdicts if v.drop is None]
    stays = set(sorted(ids, key=lambda i: (share(i, str(seed)), i))[:limit])
    over = Drop("over_limit", f"not among the {limit:,} sampled with seed {seed}")
    return [
        v if v.drop is not None or v.record.id in stays else Verdict(v.record, v.key, "sample", over) for v in verdicts
    ]


def _check_of(name: str, settings: CrowdSettings, sources: Mapping[str, RecordSource]) -> None:
    if settings.of not in sources:
        problem = f"{setting(name)}.of: no source of records is called '{settings.of}'."
        raise PipelineError(problem, did_you_mean(settings.of, sources))


def _note(settings: Common, read: int, kept: int, reasons: Counter[str]) -> dict[str, Any]:
    role = settings.role if isinstance(settings, RecordSource) else "votes"
    about = {"kind": settings.kind, "role": role, "licence": settings.licence}
    return {**about, "read": read, "kept": kept, "dropped": dict(sorted(reasons.items()))}


def _log(name: str, read: int, made: str, reasons: Counter[str], started: float) -> None:
    why = "".join(f"  -{n:,} {reason}" for reason, n in reasons.most_common())
    log.info("%-9s %-22s %9s rows: %s%s  %.1f s", "collect", name, f"{read:,}", made, why, time.monotonic() - started)


def _first_reason(verdicts: list[Verdict], reasons: Counter[str]) -> str:
    if not verdicts:
        return "It has no rows."
    counts = ", ".join(f"{n:,} {reason}" for reason, n in reasons.most_common(3))
    first = next(v for v in verdicts if v.drop is not None)
    detail = first.drop.detail if first.drop else ""
    return f"{counts}. First, {first.record.source.locator}:{first.record.source.row}: {shorten(detail, 200)}"


_LOOK = "Look at its settings in params.yaml and at the file it names."
