"""Whose texts a step may send to a service: a test text that has left may be in what the next model learned from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.core.errors import PipelineError
from pipeline.core.json_types import JsonObject


def rows_to_send(table: pa.Table, splits: Collection[str], step: str) -> list[int]:
    """Numbers of the rows in one of `splits`. Raises PipelineError where a record has no split yet."""
    given = table.column("split").to_pylist()
    if None in given:
        raise PipelineError(
            f"params.yaml: clean.steps: {step} asks a service before splits are drawn, so a test text could leave.",
            f"List {step} after `splits`, or leave the endpoint out: models.generator runs on this machine.",
        )
    return [n for n, split in enumerate(given) if split in splits]


def sent_and_kept(table: pa.Table, rows: Collection[int]) -> JsonObject:
    """For the report: by split, how many records go to a service (`sent`), and how many do not (`kept_here`)."""
    is_sent = pc.is_in(pa.array(range(table.num_rows)), pa.array(sorted(rows), pa.int64()))
    split = table.column("split")
    return {
        "sent": dict(sorted(Counter(split.filter(is_sent).to_pylist()).items())),
        "kept_here": dict(sorted(Counter(split.filter(pc.invert(is_sent)).to_pylist()).items())),
    }
