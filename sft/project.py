"""A project's folder from Python: its settings, its stages one at a time, its results."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

import pyarrow as pa

from pipeline.commands.packaged_files import shipped_stages
from pipeline.core.registry import pick
from pipeline.core.settings import Task, load, read_params
from pipeline.modeling.models import Models
from pipeline.runtime.params_sections import check_sections
from pipeline.runtime.stage import in_temporary_folder
from pipeline.runtime.store import read_json, read_table
from sft.rows import Result
from sft.steps import step

if TYPE_CHECKING:
    from sft.rows import AnyRows

Rows = TypeVar("Rows", bound="AnyRows")


class Project:
    """The folder of a project: where params.yaml stands. `sft init` makes one.

    Raises PipelineError where params.yaml is missing, or a section of it is not sound.
    """

    def __init__(self, folder: str | Path = ".") -> None:
        self.folder = Path(folder)
        check_sections(self.folder / "params.yaml")

    @cached_property
    def task(self) -> Task:
        """The section `task`."""
        return load("task", Task, self.folder / "params.yaml")

    @cached_property
    def models(self) -> Models:
        """The section `models`."""
        return load("models", Models, self.folder / "params.yaml")

    def run(self, stage: str) -> Mapping[str, object]:
        """Run one stage on what the stages before it left; its report.

        As `dvc repro -s <stage> --force` does, without DVC's records of it. The working directory is the project's
        while it runs, so one thread alone may run stages.
        """
        declared = pick(shipped_stages(), stage, "sft.Project.run")
        *inputs, out = (Path(path) for path in str(declared["cmd"]).split()[3:])
        with contextlib.chdir(self.folder):
            work = import_module(f"pipeline.{stage}.run").run
            in_temporary_folder(out, lambda folder: work(*inputs, folder))
        return self.report(stage)

    def step(
        self, name: str, rows: Rows, *, columns: Mapping[str, str] | None = None, target: str | None = None
    ) -> Result[Rows]:
        """One cleaning step with the project's task, encoder and settings of it, on rows of yours (see `sft.step`).

        As while `run` runs, the working directory is the project's: its files and its cache are found there.
        """
        cleaning = cast("Mapping[str, object]", read_params(self.folder / "params.yaml").get("clean") or {})
        settings = cast("Mapping[str, object]", cleaning.get(name) or {})
        encoder, task = self.models.encoder, self.task
        with contextlib.chdir(self.folder):
            return step(name, rows, task=task, columns=columns, target=target, settings=settings, encoder=encoder)

    def records(self, stage: str) -> pa.Table:
        """The records that a stage kept."""
        return read_table(self.folder / f"data/{stage}/records.parquet")

    def dropped(self, stage: str) -> pa.Table:
        """The records that a stage dropped, with step, reason and evidence."""
        return read_table(self.folder / f"data/{stage}/dropped.parquet")

    def report(self, stage: str) -> Mapping[str, object]:
        """What a stage says of its run. The stage `report` writes quality.json."""
        name = "quality" if stage == "report" else "report"
        return cast("Mapping[str, object]", read_json(self.folder / f"data/{stage}/{name}.json"))
