"""`sft repair`: after a crash, sets aside a dvc.lock that DVC cannot read any more.

DVC writes dvc.lock in place, so that a kill or a power cut in that moment leaves a part of it, and every later
`dvc repro` stops at it. The file says only which results belong to which inputs: without it DVC takes results whose
inputs did not change from its cache, and builds the rest anew.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Mapping
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from pipeline.commands.json_output import add_json, write_as_json

#: Where it is put, for whoever wants to see it.
DAMAGED = "dvc.lock.damaged"
#: What DVC calls the hashes of its file systems; with any other name it stops, without a word.
_HASHES = ("md5", "etag", "checksum")
_SAID = {
    "absent": "there is none here yet; dvc repro writes it",
    "sound": "sound",
    "set_aside": f"cut off or damaged; set aside as {DAMAGED}. Go on with: dvc repro",
}
#: Of a file, or of a folder's list of files.
_MD5 = re.compile(r"[0-9a-f]{32}(\.dir)?")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`sft repair` works in the project's root."""
    add_json(parser, "what was done")


def run(arguments: argparse.Namespace) -> None:
    """Set aside a damaged dvc.lock of the working directory; say what was done."""
    state = "absent" if not Path("dvc.lock").exists() else "set_aside" if set_aside() else "sound"
    if arguments.json:
        write_as_json({"dvc.lock": state, "set_aside_as": DAMAGED if state == "set_aside" else None})
    else:
        sys.stdout.write(f"dvc.lock: {_SAID[state]}\n")


def set_aside() -> str | None:
    """Put a damaged dvc.lock of the working directory away; its name now, or None where it is sound or absent."""
    lock = Path("dvc.lock")
    if not lock.exists() or is_readable(lock):
        return None
    lock.replace(DAMAGED)
    return DAMAGED


def is_readable(lock: Path) -> bool:
    """Whether the file is whole: the schema's version, a command for each stage, a path and hash for each file.

    DVC takes every file that is readable by this rule, and some that are not: it ignores a hash that was cut off.
    """
    try:
        found = YAML(typ="safe").load(lock.read_text("utf-8"))
    except (YAMLError, ValueError, RecursionError):  # ValueError: no UTF-8
        return False
    stages = found.get("stages", {}) if isinstance(found, Mapping) and found.get("schema") == "2.0" else None
    return isinstance(stages, Mapping) and all(map(_is_stage, stages.values()))


def _is_stage(stage: object) -> bool:
    if not isinstance(stage, Mapping) or not stage.get("cmd"):
        return False
    parts = [stage.get(name, []) for name in ("deps", "outs")]
    return all(isinstance(part, list) and all(map(_is_file, part)) for part in parts)


def _is_file(file: object) -> bool:
    """A path, and whatever else is known of it; no hash stands where DVC does not know the file's content."""
    if not isinstance(file, Mapping) or "path" not in file or file.get("hash", "md5") not in _HASHES:
        return False
    return None not in file.values() and _MD5.fullmatch(str(file.get("md5", "0" * 32))) is not None
