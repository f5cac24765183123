"""Later batches against what is already in: records that a past dataset holds, or nearly so.

Not among the default steps. `paths` name `records.parquet` tables of past datasets of the same task (or the folders
that hold them, such as a checked-out `data/clean`); they are read, never changed. A record whose text is at least
`similarity` like one of theirs (as in `near_duplicates`: Jaccard index of character n-grams, every part of the record
alike) goes, and names it; with `found: review` it stays and is listed. Test and benchmark sources always stay and
are listed. Reasons: already_in.

DVC does not see these files: name them among the `deps` of the stage in dvc.yaml if they may change.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa
from pydantic import Field

from pipeline.clean.similar_records import SimilarPairs, similar_pairs, similarity_of_parts
from pipeline.clean.step import Context, ReviewItem, given
from pipeline.clean.steps.near_duplicates import NearDuplicates
from pipeline.core.errors import PipelineError
from pipeline.core.settings import Settings, Task
from pipeline.runtime.stage import Drop, Outcome, drop_rows, keep_all
from pipeline.runtime.store import files_of, read_table


class EarlierRecords(Settings):
    """Section `clean.earlier_records`."""

    paths: tuple[str, ...] = ()  # records.parquet of past datasets, or folders that hold one; from the project's root
    # `similarity` is a guess: not measured.
    similarity: float = Field(default=0.9, gt=0, le=1)  # at least so like an earlier record: it is already in
    found: Literal["drop", "review"] = "drop"  # review: such records stay, listed in review.parquet
    sources: tuple[str, ...] = ()  # names of the sources to check; empty: all


def drop_earlier_records(table: pa.Table, settings: EarlierRecords, context: Context) -> Outcome:
    """Drop or list what is already in. Notes: earlier records, how many new ones are like them, by source."""
    if not settings.paths:
        return keep_all(table, notes={"applies": False, "why": "clean.earlier_records.paths names no past dataset"})
    past = pa.concat_tables([_past(Path(path), context.task, table.schema) for path in settings.paths])
    both = pa.concat_tables([past, table])
    similarity = NearDuplicates(drop=settings.similarity, review=settings.similarity)
    near = similar_pairs(both, similarity, context)
    found = near.pairs
    crosses = (found.min(axis=1, initial=both.num_rows) < past.num_rows) & (
        found.max(axis=1, initial=0) >= past.num_rows
    )
    found = found[crosses]
    records = context.records(both, np.unique(found).tolist())
    alike = similarity_of_parts(records, SimilarPairs(found, near.similarity[crosses], near.shared), context)
    best: dict[int, tuple[float, str]] = {}
    for pair, value in zip(found.tolist(), alike.tolist(), strict=True):
        old, new = sorted(pair)
        name = records[new].source.name
        if value >= settings.similarity and (not settings.sources or name in settings.sources):
            best[new] = min(best.get(new, (0.0, "")), (-value, records[old].id))
    drops: dict[int, Drop] = {}
    for new, (value, earlier) in sorted(best.items()):
        record, detail = records[new], f"similarity {-value:.3f}"
        if settings.found == "drop" and record.source.role not in ("test", "benchmark"):
            drops[new - past.num_rows] = Drop("already_in", detail, earlier)
        else:
            context.review_items.append(
                ReviewItem(record.id, "already_in", given(record), None, -value, None, f"like {earlier}")
            )
    notes = {"applies": True, "earlier": past.num_rows, "already_in": len(best), "dropped": len(drops)}
    return drop_rows(table, "earlier_records", drops, notes=notes)


def _past(path: Path, task: Task, kind: pa.Schema) -> pa.Table:
    file = path if files_of(path) else path / "records.parquet"
    where = f"params.yaml: clean.earlier_records.paths: {path}"
    if not files_of(file):
        raise PipelineError(f"{where}: no such file.", "Name a records.parquet, or the folder that holds one.")
    table = read_table(file)
    lacking = sorted(set(kind.names) - set(table.column_names))
    if lacking or table.schema.field("fields").type != kind.field("fields").type:
        what = f"the column '{lacking[0]}' is missing" if lacking else f"the fields are not those of '{task.type}'"
        raise PipelineError(f"{where}: {what}.", "Name a records.parquet that a stage of a project of this task wrote.")
    return table.select(kind.names).cast(kind)
