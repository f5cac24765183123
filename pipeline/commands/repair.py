"""`sft repair`: after a crash, sets aside a dvc.lock that DVC cannot read any more.

DVC writes dvc.lock in place, so that a kill or a power cut in that moment leaves a part of it, and every later
`dvc repro` stops at it. The file says only which results belong to which inputs: without it DVC takes results whose
inputs did not change from its cache, and builds the rest anew.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

#: Where it is put, for whoever wants to see it.
DAMAGED = "dvc.lock.damaged"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`sft repair` has no arguments: it works in the project's root."""


def run(arguments: argparse.Namespace) -> None:
    """Set aside a damaged dvc.lock of the working directory; say what was done."""
    lock = Path("dvc.lock")
    if not lock.exists():
        sys.stdout.write("dvc.lock: there is none here yet; dvc repro writes it\n")
    elif is_readable(lock):
        sys.stdout.write("dvc.lock: sound\n")
    else:
        lock.replace(DAMAGED)
        sys.stdout.write(f"dvc.lock: cut off or damaged; set aside as {DAMAGED}. Go on with: dvc repro\n")


def is_readable(lock: Path) -> bool:
    """Whether DVC takes the file: YAML with the schema's version, and a command and paths for each stage."""
    try:
        found = YAML(typ="safe").load(lock.read_text("utf-8"))
    except (YAMLError, ValueError, RecursionError):  # ValueError: no UTF-8
        return False
    stages = found.get("stages", {}) if isinstance(found, Mapping) and found.get("schema") == "2.0" else None
    return isinstance(stages, Mapping) and all(map(_is_stage, stages.values()))


def _is_stage(stage: object) -> bool:
    if not isinstance(stage, Mapping) or "cmd" not in stage:
        return False
    parts = [stage.get(name, []) for name in ("deps", "outs")]
    return all(isinstance(part, list) and all(map(_is_file, part)) for part in parts)


def _is_file(file: object) -> bool:
    """A path, and whatever else is known of it; DVC takes a hash that is empty, nothing else."""
    if not isinstance(file, Mapping) or "path" not in file:
        return False
    return None not in [value for name, value in file.items() if name != "md5"]
