"""Format `parquet`, read batch by batch; rows are numbered from 1."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.collect.params import FileOptions
from pipeline.collect.rows import AnyRow, Row
from pipeline.core.errors import PipelineError, shorten


def read(path: Path, options: FileOptions, where: str) -> Iterator[AnyRow]:
    """Every row with its own types."""
    number = 0
    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=4096):
                for values in batch.to_pylist():
                    number += 1
                    yield Row(number, values)
    except (pa.ArrowInvalid, OSError) as error:
        raise PipelineError(f"{where}: not a readable Parquet file: {shorten(error, 200)}", "Fetch it again.") from None
