"""What stands where `validate` refused to export: a note in the dataset's folder, and results that say so.

The stages after it read the dataset, find the note and stop; the report reads the results and tells why.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from pipeline.core.errors import PipelineError

#: Stands in the dataset's folder in the place of a dataset.
MARK = "NOT_EXPORTED.md"


def write_refused(dataset: Path, why: str) -> None:
    """Leave the note in the folder, and nothing else; `why` is what the expectations found."""
    shutil.rmtree(dataset, ignore_errors=True)
    dataset.mkdir(parents=True)
    (dataset / MARK).write_text(f"# Not exported\n\n{why}\n", "utf-8")


def is_refused(report: Mapping[str, object]) -> bool:
    """Whether a report of `validate` tells of an expectation of severity error that failed."""
    found = report.get("expectations")
    return isinstance(found, list) and any(not one["passed"] and one["severity"] == "error" for one in found)


def check_exported(dataset: Path) -> None:
    """Raises PipelineError where `validate` refused to export the dataset."""
    if (dataset / MARK).is_file():
        raise PipelineError(
            f"{dataset}: the validate stage found errors in the data and exported nothing.",
            f"Read {dataset / MARK}, mend the data, then: dvc repro",
        )
