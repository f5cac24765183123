"""Exact duplicates: texts equal but for case, white space and punctuation (not symbols), with the same label or none.

One survives (see duplicate_to_keep.py) and keeps everybody's votes. Different labels never merge.
Benchmark records are left alone here; `splits` drops what repeats them. Reasons: exact_duplicate.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.clean.duplicate_to_keep import rank
from pipeline.clean.step import Context, replace_rows
from pipeline.core.record import Record, Vote, as_json
from pipeline.core.settings import Settings
from pipeline.runtime.stage import Drop, Outcome, drop_rows
from pipeline.tasks import task_type


class ExactDuplicates(Settings):
    """Section `clean.exact_duplicates`."""

    sources: tuple[str, ...] = ()  # source names, preferred first, where nothing better tells members apart


def drop_exact_duplicates(table: pa.Table, settings: ExactDuplicates, context: Context) -> Outcome:
    """Merge equal texts. Notes: clusters, the sizes they had, 20 of the largest."""
    roles = pc.struct_field(table.column("source"), "role").to_pylist()
    clusters = context.equal_texts(table, [role != "benchmark" for role in roles])
    records = context.records(table, sorted(n for rows in clusters for n in rows))
    texts = {n: context.main_text(record) for n, record in records.items()}
    says = task_type(context.task).says
    drops: dict[int, Drop] = {}
    merged: dict[int, Record] = {}
    found = []
    for rows in clusters:
        rows = sorted(rows, key=lambda n: rank(records[n], texts[n], settings.sources))
        for first, others in _mergeable(rows, records, says):
            drops.update({n: Drop("exact_duplicate", "", records[first].id) for n in others})
            votes = all_votes(records[n] for n in (first, *others))
            if votes != records[first].votes:
                merged[first] = replace(records[first], votes=votes)
            found.append((-len(others) - 1, records[first].id, texts[first]))
    notes = {**_about(found), "votes_merged": len(merged)}
    return drop_rows(replace_rows(table, merged), "exact_duplicates", drops, notes=notes)


def _about(clusters: Sequence[tuple[int, str, str]]) -> dict[str, object]:
    """Notes on (minus the size, id of the record that is kept, its text) of each cluster."""
    sizes = Counter(-size for size, *_ in clusters)
    return {
        "clusters": len(clusters),
        "sizes": {str(size): sizes[size] for size in sorted(sizes)},
        "largest": [{"size": -size, "survivor": id, "text": text[:200]} for size, id, text in sorted(clusters)[:20]],
    }


def all_votes(records: Iterable[Record]) -> tuple[Vote, ...]:
    """Everybody's votes, each once, in a fixed order."""
    votes = {(v.annotator, as_json(v.value), v.time or ""): v for record in records for v in record.votes}
    return tuple(votes[key] for key in sorted(votes))


def _mergeable(
    rows: list[int], records: Mapping[int, Record], says: Callable[[Record], str]
) -> list[tuple[int, list[int]]]:
    """The best row of each label with the rows that merge into it; unlabelled rows join the best of all."""
    by_target: dict[str, list[int]] = {}
    for n in rows:
        labelled = records[n].target is not None or not by_target
        key = says(records[n]) if labelled else next(iter(by_target))
        by_target.setdefault(key, []).append(n)
    return [(members[0], members[1:]) for members in by_target.values() if len(members) > 1]
