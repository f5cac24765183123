"""The rows of one source as tables, built part by part: few of them are Python objects at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import nsmallest
from itertools import islice

import pyarrow as pa

from pipeline.collect.convert import Verdict
from pipeline.core.progress import Progress
from pipeline.core.record import share
from pipeline.runtime.stage import Drop, drop_rows
from pipeline.runtime.store import to_table

ROWS = 1024  # that are Python objects at a time: they may be long; a guess: not measured


@dataclass(frozen=True)
class Chunk:
    """What became of some rows that follow one another: kept ones, dropped ones by step, and what is told of them.

    `keys` are those of the kept rows, None where one has none; `conflicts` by key; `repaired` by record id.
    """

    read: int
    kept: pa.Table
    dropped: Mapping[str, pa.Table]
    reasons: Counter[str]
    first_drop: Verdict | None
    repaired: Mapping[str, str]
    keys: list[str] | None
    conflicts: Mapping[str, str]


def chunk_of(verdicts: Sequence[Verdict], columns: pa.Schema) -> Chunk:
    """The verdicts as tables of these columns."""
    good = [verdict for verdict in verdicts if verdict.drop is None]
    bad = _bad(verdicts)
    return Chunk(
        len(verdicts),
        to_table((verdict.record for verdict in good), columns),
        {step: _all_dropped(step, bad, columns) for step in dict.fromkeys(step for _, step, _ in bad)},
        Counter(drop.reason for *_, drop in bad),
        bad[0][0] if bad else None,
        _repaired(good),
        _keys(good),
        _conflicts(bad),
    )


def _bad(verdicts: Sequence[Verdict]) -> list[tuple[Verdict, str, Drop]]:
    """Those of dropped rows, each with the step and why."""
    return [(one, one.step, one.drop) for one in verdicts if one.step is not None and one.drop is not None]


def _repaired(good: Sequence[Verdict]) -> dict[str, str]:
    return {verdict.record.id: verdict.repaired for verdict in good if verdict.repaired}


def _keys(good: Sequence[Verdict]) -> list[str] | None:
    keys = [verdict.key for verdict in good if verdict.key is not None]
    return keys if len(keys) == len(good) else None


def _conflicts(bad: Sequence[tuple[Verdict, str, Drop]]) -> dict[str, str]:
    """Key -> what is told of it, less the later row itself."""
    told = [(verdict.key, drop) for verdict, _, drop in bad if drop.reason == "conflicting_key"]
    return {key: drop.detail.partition(": {")[0] for key, drop in told if key is not None}


def _all_dropped(step: str, bad: Sequence[tuple[Verdict, str, Drop]], columns: pa.Schema) -> pa.Table:
    """What this step dropped."""
    own = [(verdict.record, drop) for verdict, by, drop in bad if by == step]
    table = to_table((record for record, _ in own), columns)
    return drop_rows(table, step, {n: drop for n, (_, drop) in enumerate(own)}).dropped


class SourceRows:
    """What became of a source's rows, told row by row (`verdicts`) or in `chunks`.

    `kept` and `dropped` (by step) are tables in parts. Records on which votes will be cast are looked up by key and id:
    only with `voted_on` all verdicts stay in memory.
    """

    def __init__(
        self, columns: pa.Schema, verdicts: Iterable[Verdict], voted_on: bool, chunks: Iterable[Chunk] = ()
    ) -> None:
        self.kept: list[pa.Table] = []
        self.dropped: dict[str, list[pa.Table]] = {}
        self.reasons: Counter[str] = Counter()
        self.first_drop: Verdict | None = None
        self.read = 0
        self._keys: list[str] | None = []  # of kept rows; None as soon as one has no key
        self._conflicts: dict[str, str] = {}
        self._repaired: dict[str, str] = {}
        self._late: dict[str, tuple[str, Drop]] = {}  # by id, kept rows that were given up later
        self._verdicts: list[Verdict] = []
        progress = Progress("rows read", 0)
        for chunk in chunks:
            self._add(chunk)
            progress.add(chunk.read)
        left = iter(verdicts)
        while part := list(islice(left, ROWS)):
            self._add(chunk_of(part, columns))
            progress.add(len(part))
            if voted_on:
                self._verdicts += part
        self._drop_conflicts()

    @property
    def rows(self) -> int:
        """How many are kept."""
        return sum(part.num_rows for part in self.kept)

    def sample(self, limit: int, seed: int) -> None:
        """Keep the `limit` records of smallest share: a new record moves at most one old one out."""
        stays = set(nsmallest(limit, self._ids(), key=lambda id: (share(id, str(seed)), id)))
        over = Drop("over_limit", f"not among the {limit:,} sampled with seed {seed}")
        self._give_up("sample", {n: over for n, id in enumerate(self._ids()) if id not in stays})

    def repaired(self) -> dict[str, dict[str, int]]:
        """How many kept rows their reader had to repair, by what; nothing where there were none."""
        counts = Counter(self._repaired.values())
        return {"repaired": dict(sorted(counts.items()))} if counts else {}

    def by_name(self) -> dict[str, Verdict]:
        """The verdicts by native key and by record id.

        Of several rows with one key the first counts, unless a later one is the first that was kept.
        """
        final = [self._final(verdict) for verdict in self._verdicts]
        good = [verdict for verdict in final if verdict.drop is None]
        return _by_key(reversed(final)) | _by_key(good) | {verdict.record.id: verdict for verdict in good}

    def _add(self, chunk: Chunk) -> None:
        self.read += chunk.read
        self.kept.append(chunk.kept)
        for step, table in chunk.dropped.items():
            self.dropped.setdefault(step, []).append(table)
        self.reasons.update(chunk.reasons)
        self.first_drop = self.first_drop or chunk.first_drop
        self._repaired |= chunk.repaired
        self._keys = self._keys + chunk.keys if self._keys is not None and chunk.keys is not None else None
        self._conflicts |= chunk.conflicts

    def _drop_conflicts(self) -> None:
        """Of two rows of one key and two answers the first is dropped too: file order decides nothing."""
        if self._conflicts and self._keys is not None:
            told = {n: self._conflicts.get(key) for n, key in enumerate(self._keys)}
            self._give_up("parse", {n: Drop("conflicting_key", why) for n, why in told.items() if why is not None})

    def _give_up(self, step: str, drops: Mapping[int, Drop]) -> None:
        """Drop rows that were kept so far, by number."""
        if drops:
            ids = dict(zip(drops, _picked(self._ids(), drops), strict=True))
            self._late |= {ids[n]: (step, drop) for n, drop in drops.items()}
            for id in ids.values():
                self._repaired.pop(id, None)
            self.kept = [self._book(step, pa.concat_tables(self.kept), drops)]

    def _book(self, step: str, table: pa.Table, drops: Mapping[int, Drop]) -> pa.Table:
        """The table less its dropped rows, which are noted."""
        outcome = drop_rows(table, step, drops)
        self.dropped.setdefault(step, []).append(outcome.dropped)
        self.reasons.update(drop.reason for drop in drops.values())
        return outcome.kept

    def _ids(self) -> Iterator[str]:
        for part in self.kept:
            yield from part["id"].to_pylist()

    def _final(self, verdict: Verdict) -> Verdict:
        late = self._late.get(verdict.record.id) if verdict.drop is None else None
        return verdict if late is None else Verdict(verdict.record, verdict.key, *late)


def _picked(values: Iterable[str], numbers: Mapping[int, object]) -> Iterator[str]:
    """Those of the values that stand at the numbers, which ascend."""
    return (value for n, value in enumerate(values) if n in numbers)


def _by_key(verdicts: Iterable[Verdict]) -> dict[str, Verdict]:
    return {verdict.key: verdict for verdict in verdicts if verdict.key is not None}
