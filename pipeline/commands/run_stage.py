"""`sft run`: one stage, as the dvc.yaml of a project without a clone calls it; `sft run code` writes version files.

A project's stages depend on `.sft/<stage>.version`, one hash of the code that the stage can run, in place of files that
only a clone has. `dvc repro` writes them anew each time (a second), so an upgrade of the package re-runs the stages
whose code it changed, and no others.
"""

from __future__ import annotations

import argparse
import logging
import runpy
import sys
from pathlib import Path

from pipeline.commands.packaged_files import code_version, shipped_stages
from pipeline.commands.scaffold import VERSIONS, project_pipeline
from pipeline.core.registry import pick

log = logging.getLogger("pipeline")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `sft run`."""
    parser.add_argument("stage", help="name of a stage of dvc.yaml, or `code`")
    parser.add_argument(
        "paths", nargs=argparse.REMAINDER, help="what dvc.yaml gives the stage: input folders, then its own"
    )


def run(arguments: argparse.Namespace) -> None:
    """Run the stage's entry module with these paths, or write the version files to the folder given."""
    stages = shipped_stages()
    if arguments.stage == "code":
        write_versions(Path(arguments.paths[0] if arguments.paths else VERSIONS))
        return
    pick(stages, arguments.stage, "sft run")
    sys.argv = [f"sft run {arguments.stage}", *arguments.paths]
    runpy.run_module(f"pipeline.{arguments.stage}", run_name="__main__")


def write_versions(folder: Path) -> None:
    """One file a stage; says so where the project's dvc.yaml is not the one that this version of the package ships."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, stage in shipped_stages().items():
        (folder / f"{name}.version").write_text(code_version(stage["deps"]) + "\n", "utf-8")
    own = folder.parent / "dvc.yaml"
    if own.is_file() and own.read_text("utf-8") != project_pipeline():
        log.warning(
            "dvc.yaml is not that of the installed version; to take it over (yours is kept as .bak): sft init --update"
        )
