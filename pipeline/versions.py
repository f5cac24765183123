"""Two versions of a dataset side by side: which records came, went or changed, and how far distributions moved.

A version is known by its index: one row a record, small enough to keep with a release.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.record import as_json

#: Columns of an index. `text` is a digest of the inputs, `target` the target's JSON (long: beginning and digest).
INDEX = pa.schema({name: pa.string() for name in ("id", "split", "source", "label_by", "parent_id", "text", "target")})

_SPLITS = ("train", "dev", "test")
_LONG = 160


@dataclass(frozen=True)
class Difference:
    """Ids by what became of them between two versions; each list is sorted.

    `relabelled` holds (id, target before, target after), `moved` (id, split before, split after).
    """

    added: list[str]
    removed: list[str]
    relabelled: list[tuple[str, str, str]]
    rewritten: list[str]
    moved: list[tuple[str, str, str]]
    kept: int

    def counts(self) -> dict[str, int]:
        """How many records each list holds, and how many are in both versions."""
        lists = {name: len(getattr(self, name)) for name in ("added", "removed", "relabelled", "rewritten", "moved")}
        return {**lists, "kept": self.kept}


def index_of(table: pa.Table) -> pa.Table:
    """The index of a final table: records of train, dev and test that have a target, sorted by id."""
    wanted = pc.and_(pc.is_in(table.column("split"), pa.array(_SPLITS)), pc.is_valid(table.column("target")))
    table = table.select(["id", "split", "source", "labels_by", "parent_id", "fields", "target"]).filter(wanted)
    parts = []
    for batch in table.to_batches(max_chunksize=8192):
        columns: dict[str, Any] = {name: batch[name] for name in ("id", "split", "parent_id")}
        columns["source"] = pc.struct_field(batch["source"], "name")
        columns["label_by"] = pc.struct_field(batch["labels_by"], "who")
        columns["text"] = [_digest(as_json(value)) for value in batch["fields"].to_pylist()]
        columns["target"] = [_short(as_json(value)) for value in batch["target"].to_pylist()]
        parts.append(pa.table({name: columns[name] for name in INDEX.names}, schema=INDEX))
    return pa.concat_tables([INDEX.empty_table(), *parts]).sort_by("id")


def split_digest(index: pa.Table, split: str) -> str:
    """One hash for a split: equal as long as its records, their texts and their targets are."""
    part = index.filter(pc.equal(index.column("split"), split)).sort_by("id")
    joined = hashlib.sha256()
    for row in zip(*(part.column(name).to_pylist() for name in ("id", "text", "target")), strict=True):
        joined.update("\x1f".join(row).encode("utf-8", "surrogatepass") + b"\n")
    return joined.hexdigest()


def compare(old: pa.Table, new: pa.Table) -> Difference:
    """What happened between two indexes."""
    before, after = _by_id(old), _by_id(new)
    both = sorted(before.keys() & after.keys())
    return Difference(
        added=sorted(after.keys() - before.keys()),
        removed=sorted(before.keys() - after.keys()),
        relabelled=[(id, before[id][1], after[id][1]) for id in both if before[id][1] != after[id][1]],
        rewritten=[id for id in both if before[id][0] != after[id][0]],
        moved=[(id, before[id][2], after[id][2]) for id in both if before[id][2] != after[id][2]],
        kept=len(both),
    )


def why_added(ids: Iterable[str], new: pa.Table, known_before: Mapping[str, str]) -> Counter[str]:
    """Added records by reason: made by augmentation, no longer dropped (and why they were), or new from a source.

    `known_before` maps ids that the old version dropped to the reason.
    """
    rows = dict(zip(new.column("id").to_pylist(), new.select(["source", "parent_id"]).to_pylist(), strict=True))
    return Counter(
        "augmented" if rows[id]["parent_id"] else f"no longer {known_before[id]}" if id in known_before
        else f"new from {rows[id]['source']}"
        for id in ids
    )  # fmt: skip


def why_removed(ids: Iterable[str], old: pa.Table, dropped_now: Mapping[str, str]) -> Counter[str]:
    """Removed records by the reason for which the new version drops them; others are gone from their source."""
    rows = dict(zip(old.column("id").to_pylist(), old.select(["source", "parent_id"]).to_pylist(), strict=True))

    def reason(id: str) -> str:
        if id in dropped_now:
            return dropped_now[id]
        return "no longer made by augmentation" if rows[id]["parent_id"] else f"no longer in {rows[id]['source']}"

    return Counter(reason(id) for id in ids)


def why_relabelled(changes: Iterable[tuple[str, str, str]], new: pa.Table) -> Counter[str]:
    """Relabelled records by who decides their label now."""
    deciders = dict(zip(new.column("id").to_pylist(), new.column("label_by").to_pylist(), strict=True))
    return Counter(f"decided by {deciders[id] or 'nobody'}" for id, _, _ in changes)


def shift(before: Mapping[str, float], after: Mapping[str, float]) -> float:
    """Total variation distance of two distributions given as counts: 0 equal, 1 nothing in common.

    `shift({"a": 1, "b": 1}, {"a": 1})` is 0.5. Where one side is empty and the other is not, it is 1.
    """
    totals = sum(before.values()), sum(after.values())
    if not all(totals):
        return float(any(totals))
    names = sorted({*before, *after})
    return sum(abs(before.get(n, 0) / totals[0] - after.get(n, 0) / totals[1]) for n in names) / 2


def gap(before: Sequence[int], after: Sequence[int]) -> float:
    """Kolmogorov-Smirnov distance of two histograms over the same bins: the largest gap of their cumulated shares."""
    totals = sum(before), sum(after)
    if not all(totals):
        return float(any(totals))
    pairs = zip(accumulate(before), accumulate(after), strict=True)
    return max(abs(a / totals[0] - b / totals[1]) for a, b in pairs)


def _by_id(index: pa.Table) -> dict[str, tuple[str, str, str]]:
    columns = [index.column(name).to_pylist() for name in ("text", "target", "split")]
    return dict(zip(index.column("id").to_pylist(), zip(*columns, strict=True), strict=True))


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def _short(text: str) -> str:
    return text if len(text) <= _LONG else f"{text[: _LONG // 2]}… {_digest(text)}"
