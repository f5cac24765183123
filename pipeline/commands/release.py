"""`sft release`: make the current version the one that later versions are compared with."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path

from pipeline.commands.json_output import add_json, write_as_json
from pipeline.core.errors import PipelineError
from pipeline.runtime.refused_dataset import is_refused
from pipeline.runtime.releases import HISTORY, read_history, summary_of
from pipeline.runtime.store import read_json

FILES = ("profile.json", "index.parquet")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `sft release`."""
    parser.add_argument("--data", type=Path, default=Path("data"), help="the data folder (default: data)")
    parser.add_argument("--name", default="", help="what to call the release, such as v1.2 (default: its date)")
    parser.add_argument(
        "--refused", action="store_true", help="release the version that validate stopped: its changes are on purpose"
    )
    add_json(parser, "the new line of the history")


def run(arguments: argparse.Namespace) -> None:
    """Copy what describes the version to data/released, and say what to do next."""
    said = release(arguments.data, arguments.refused, arguments.name)
    if arguments.json:
        folder = arguments.data / "released"
        write_as_json({**read_history(folder / HISTORY)[-1], "folder": folder.as_posix()})
        return
    sys.stdout.write("\n".join(said) + "\n")


def release(data: Path, refused: bool = False, name: str = "") -> list[str]:
    """Copy profile and index of the version, add a line to the history; returns what was done, in words."""
    source = data / "validate"
    absent = [name for name in FILES if not (source / name).is_file()]
    if absent:
        raise PipelineError(
            f"{source}: holds no {absent[0]}, so there is no version to release.", "Build it first: dvc repro"
        )
    report = source / "report.json"
    was_refused = report.is_file() and is_refused(read_json(report))
    if refused and not was_refused:
        raise PipelineError(f"{source}: no version was refused here.", "To release the one that is here: sft release")
    if was_refused and not refused:
        raise PipelineError(
            f"{source}: the validate stage refused this version, so it is not released.",
            "Mend the data, then: dvc repro. If its changes are on purpose: sft release --refused",
        )
    target = data / "released"
    target.mkdir(parents=True, exist_ok=True)
    written = _remember(data, source, target, name)
    for file in FILES:
        shutil.copyfile(source / file, target / file)
    return [
        f"released: {written}; later versions are compared with this one ({target.as_posix()}/)",
        f"next: git add {target.as_posix()} && git commit; then dvc repro",
    ]


def _remember(data: Path, source: Path, target: Path, name: str) -> str:
    """Add this release to the history, and before the first one what was released without it; returns its name."""
    path = target / HISTORY
    now = datetime.now(UTC)
    chosen = name.strip() or now.date().isoformat()
    lines = read_history(path)
    if not lines and (target / FILES[0]).is_file():
        lines = [{"name": "", "released_at": "", **summary_of(read_json(target / FILES[0]), {}, {})}]
    reports = [
        read_json(one) if one.is_file() else {}
        for one in (data / part / "report.json" for part in ("clean", "evaluate"))
    ]
    about = summary_of(read_json(source / FILES[0]), *reports)
    lines = [*lines, {"name": chosen, "released_at": now.isoformat(timespec="seconds"), **about}]
    path.write_text("".join(f"{json.dumps(one, ensure_ascii=False, sort_keys=True)}\n" for one in lines), "utf-8")
    return chosen
