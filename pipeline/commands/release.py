"""`sft release`: make the current version the one that later versions are compared with."""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

from pipeline.core.cache import cache_folder
from pipeline.core.errors import PipelineError

FILES = ("profile.json", "index.parquet")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `sft release`."""
    parser.add_argument("--data", type=Path, default=Path("data"), help="the data folder (default: data)")
    parser.add_argument(
        "--refused", action="store_true", help="release the version that validate stopped: its changes are on purpose"
    )


def run(arguments: argparse.Namespace) -> None:
    """Copy what describes the version to data/released, and say what to do next."""
    sys.stdout.write("\n".join(release(arguments.data, arguments.refused)) + "\n")


def release(data: Path, refused: bool = False) -> list[str]:
    """Copy profile and index of the version; returns what was done, in words."""
    source = cache_folder() / "validate-failed" if refused else data / "validate"
    absent = [name for name in FILES if not (source / name).is_file()]
    if absent:
        hint = "No version was refused." if refused else "Build it first: dvc repro"
        raise PipelineError(f"{source}: holds no {absent[0]}, so there is no version to release.", hint)
    target = data / "released"
    target.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        shutil.copyfile(source / name, target / name)
    return [
        f"released: later versions are compared with this one ({target.as_posix()}/)",
        f"next: git add {target.as_posix()} && git commit; then dvc repro",
    ]
