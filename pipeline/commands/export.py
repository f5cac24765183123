"""`sft export`: the finished dataset in other forms, or on a hub."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from pipeline.core.errors import PipelineError
from pipeline.core.registry import pick
from pipeline.core.settings import Task, load_task
from pipeline.export.formats import FORMS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `sft export`."""
    parser.add_argument(
        "--form", action="append", default=[], metavar="NAME", help=f"one of {', '.join(FORMS)}; repeat"
    )
    parser.add_argument("--out", type=Path, default=Path("exported"), help="folder to write to (default: exported)")
    parser.add_argument(
        "--dataset", type=Path, default=Path("data/validate/dataset"), help="the exported dataset's folder"
    )
    parser.add_argument("--push", metavar="OWNER/NAME", help="upload the dataset folder to a hub; needs a token")
    parser.add_argument("--endpoint", help="the hub's address (default: $HF_ENDPOINT, else Hugging Face)")
    parser.add_argument(
        "--public", action="store_true", help="anybody may read it (default: a new repository is private)"
    )
    parser.add_argument(
        "--accept-licence", action="store_true", help="publish although no licence in the card allows it by name"
    )


def run(arguments: argparse.Namespace) -> None:
    """Write the forms asked for; then push, where asked."""
    if not arguments.form and not arguments.push:
        raise PipelineError(
            "sft export: nothing to do.", f"Name a form (--form {' | '.join(FORMS)}) or --push OWNER/NAME."
        )
    task = load_task()
    for name in arguments.form:
        for path, count in write(arguments.dataset, name, task, arguments.out):
            sys.stdout.write(f"{path}  {count:,} rows\n")
    if arguments.push:
        from pipeline.export.push import push

        place = push(arguments.dataset, arguments.push, arguments.endpoint, arguments.public, arguments.accept_licence)
        sys.stdout.write(f"pushed: {place}\n")


def write(dataset: Path, name: str, task: Task, out: Path) -> Iterator[tuple[Path, int]]:
    """Write every split in the form `name` to `out`/<name>/; yields file and number of rows."""
    form = pick(FORMS, name, "sft export --form")
    if form.only and task.type not in form.only:
        fitting = [other for other, one in FORMS.items() if not one.only or task.type in one.only]
        raise PipelineError(
            f"sft export: {name} has no place for {task.type}.", f"Forms that do: {', '.join(fitting)}."
        )
    files = sorted((dataset / "data").glob("*.parquet"))
    if not files:
        raise PipelineError(f"{dataset}: holds no exported dataset.", "Build it first: dvc repro validate")
    for file in files:
        path = out / name / f"{file.name.split('-')[0]}.{form.suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8", newline="\n") as stream:
            stream.writelines(form.function(_rows(file), task))
        yield path, pq.read_metadata(file).num_rows


def _rows(file: Path) -> Iterator[dict[str, Any]]:
    for batch in pq.ParquetFile(file).iter_batches(4096):
        yield from batch.to_pylist()
