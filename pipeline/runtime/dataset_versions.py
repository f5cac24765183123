"""Two versions of a dataset side by side: which records came, went or changed, and how far distributions moved.

A version is known by its index: one row a record, small enough to keep with a release.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TypedDict, cast

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.core.record import as_json

#: Columns of an index. `text` is a digest of the inputs, `target` the target's JSON (long: beginning and digest).
INDEX = pa.schema({name: pa.string() for name in ("id", "split", "source", "label_by", "parent_id", "text", "target")})

_SPLITS = ("train", "dev", "test")
_LONG = 160  # a guess: not measured


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


class _Row(TypedDict):
    """A row of the index."""

    id: str
    split: str
    source: str
    label_by: str | None
    parent_id: str | None


def index_of(table: pa.Table) -> pa.Table:
    """The index of a final table: records of train, dev and test that have a target, sorted by id."""
    wanted = pc.and_(pc.is_in(table.column("split"), pa.array(_SPLITS)), pc.is_valid(table.column("target")))
    table = table.select(["id", "split", "source", "labels_by", "parent_id", "fields", "target"]).filter(wanted)
    parts = []
    for batch in table.to_batches(max_chunksize=8192):
        columns: dict[str, pa.Array | list[str]] = {name: batch[name] for name in ("id", "split", "parent_id")}
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
    columns = ["id", "text", "target", "split"]
    both = (
        old.select(columns).join(new.select(columns), "id", join_type="full outer", right_suffix="_new").sort_by("id")
    )
    before, after = (pc.is_valid(both.column(name)) for name in ("text", "text_new"))
    stayed = both.filter(pc.and_(before, after))

    def changed(name: str) -> list[tuple[str, str, str]]:
        rows = stayed.filter(pc.not_equal(stayed.column(name), stayed.column(f"{name}_new")))
        return list(zip(*(rows.column(one).to_pylist() for one in ("id", name, f"{name}_new")), strict=True))

    return Difference(
        added=both.filter(pc.invert(before)).column("id").to_pylist(),
        removed=both.filter(pc.invert(after)).column("id").to_pylist(),
        relabelled=changed("target"),
        rewritten=[id for id, *_ in changed("text")],
        moved=changed("split"),
        kept=stayed.num_rows,
    )


def why_added(ids: Collection[str], new: pa.Table, known_before: Mapping[str, str]) -> Counter[str]:
    """Added records by reason: made by augmentation, no longer dropped (and why they were), or new from a source.

    `known_before` maps ids that the old version dropped to the reason.
    """
    return Counter(
        "augmented" if row["parent_id"] else f"no longer {known_before[row['id']]}" if row["id"] in known_before
        else f"new from {row['source']}"
        for row in _rows(new, ids)
    )  # fmt: skip


def why_removed(ids: Collection[str], old: pa.Table, dropped_now: Mapping[str, str]) -> Counter[str]:
    """Removed records by the reason for which the new version drops them; others are gone from their source."""

    def reason(row: _Row) -> str:
        if row["id"] in dropped_now:
            return dropped_now[row["id"]]
        return "no longer made by augmentation" if row["parent_id"] else f"no longer in {row['source']}"

    return Counter(map(reason, _rows(old, ids)))


def why_relabelled(changes: Iterable[tuple[str, str, str]], new: pa.Table) -> Counter[str]:
    """Relabelled records by who decides their label now."""
    rows = _rows(new, [id for id, _, _ in changes])
    return Counter(f"decided by {row['label_by'] or 'nobody'}" for row in rows)


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


def _rows(index: pa.Table, ids: Collection[str]) -> list[_Row]:
    """The rows of these records."""
    wanted = pc.is_in(index.column("id"), value_set=pa.array(sorted(ids), pa.string()))
    return cast("list[_Row]", index.filter(wanted).to_pylist())


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def _short(text: str) -> str:
    return text if len(text) <= _LONG else f"{text[: _LONG // 2]}… {_digest(text)}"
