"""What stages do while nobody has labelled a record: results that say so, so that `dvc repro` ends with a queue.

`label` then leaves no record in train, dev or test. `augment` and `validate` see that in the records they read, `train`
and `evaluate` in a file that `validate` puts in the place of the dataset.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.runtime.stage import log
from pipeline.runtime.store import write_json, write_table

WHY = "no record has a label that can be trained on yet: label these first (data/label/queue.parquet; sft label push)"
#: Stands in the exported dataset's folder where there is none.
MARK = "AWAITING_LABELS.md"
_SPLITS = pa.array(["train", "dev", "test"])


def awaits_labels(table: pa.Table) -> bool:
    """Whether no record of the table is in train, dev or test."""
    return not pc.any(pc.is_in(table.column("split"), _SPLITS)).as_py()


def dataset_awaits_labels(dataset: Path) -> bool:
    """Whether `validate` had nothing to export."""
    return (dataset / MARK).is_file()


def write_awaiting(
    stage: str,
    out: Path,
    tables: Mapping[str, pa.Schema] | None = None,
    columns: Mapping[str, Sequence[str]] | None = None,
    folders: Sequence[str] = (),
) -> None:
    """Results where nothing is labelled: report and metrics, empty `tables`, CSV files of `columns`, `folders`."""
    log.info("%-9s %s", stage, WHY)
    write_json({"stage": stage, "awaiting_labels": True, "why": WHY}, out / "report.json")
    write_json({"applies": 0}, out / "metrics.json")
    for name, kinds in (tables or {}).items():
        write_table(kinds.empty_table(), out / name)
    for name, titles in (columns or {}).items():
        with (out / name).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerow(titles)
    for name in folders:
        (out / name).mkdir(parents=True)
        (out / name / MARK).write_text(f"# Awaiting labels\n\n{WHY[0].upper()}{WHY[1:]}.\n", "utf-8")
