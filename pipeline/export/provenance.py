"""The dataset folder as it leaves the house: its card and Croissant file say from which commit and settings it is.

The stage `validate` leaves these out: equal data must give equal bytes, whatever the commit, or every commit would
train a new model. What is sent or copied carries them.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from pipeline.core.errors import PipelineError

_CARD, _CROISSANT, _SUMS = "README.md", "croissant.json", "checksums.txt"
_PLACE = "\n## Columns\n"


def stamped(folder: Path, out: Path, root: Path = Path()) -> dict[str, str]:
    """Copy the dataset folder to `out`, stamped; returns what the stamp says.

    The stamp: git commit (with `+changes` where files differ from it), sha256 of params.yaml and dvc.lock, and the day.
    A publication date that `validate.date` sets stays. Checksums are those of the stamped files.
    """
    if not (folder / _CARD).is_file():
        raise PipelineError(f"{folder}: holds no exported dataset.", "Build it first: dvc repro validate")
    stamp = _stamp(root)
    shutil.copytree(folder, out, dirs_exist_ok=True)
    card = (out / _CARD).read_text("utf-8")
    told = "\n".join(f"| {name} | {value} |" for name, value in stamp.items())
    place = card.find(_PLACE) if _PLACE in card else len(card)
    section = f"\n## Built from\n\n| what | which |\n|---|---|\n{told}\n"
    (out / _CARD).write_text(card[:place] + section + card[place:], "utf-8")
    if (out / _CROISSANT).is_file():
        _stamp_croissant(out / _CROISSANT, stamp)
    _write_sums(out)
    return stamp


def _write_sums(folder: Path) -> None:
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != _SUMS)
    sums = "".join(f"{_sha256(path)}  {path.relative_to(folder).as_posix()}\n" for path in files)
    (folder / _SUMS).write_text(sums, "utf-8")


def _stamp_croissant(path: Path, stamp: dict[str, str]) -> None:
    found = json.loads(path.read_text("utf-8"))
    found.setdefault("datePublished", stamp["published"])
    found["identifier"] = ", ".join(f"{name} {value}" for name, value in stamp.items())
    path.write_text(json.dumps(found, ensure_ascii=False, indent=2, sort_keys=True) + "\n", "utf-8")


def _stamp(root: Path) -> dict[str, str]:
    found = {"commit": _commit(root)}
    for name in ("params.yaml", "dvc.lock"):
        path = root / name
        found[name] = f"sha256 {_sha256(path)[:16]}" if path.is_file() else "none"
    return {**found, "published": datetime.now(UTC).date().isoformat()}


def _commit(root: Path) -> str:
    """The commit of the project; `none` outside of git."""
    try:
        head = _git(root, "rev-parse", "HEAD")
        return head + ("+changes" if _git(root, "status", "--porcelain", "--untracked-files=no") else "")
    except (OSError, subprocess.CalledProcessError):
        return "none"


def _git(root: Path, *words: str) -> str:
    return subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, check=True).stdout.strip()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
