"""`sft diff`: what changed between two versions of the dataset, record by record and by reason.

A version is a git revision (its data come from DVC's cache or remote), `released`, or a data folder.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypedDict

import pyarrow as pa
from ruamel.yaml import YAML

from pipeline.core.counts import ranked
from pipeline.core.errors import PipelineError, shorten
from pipeline.runtime.dataset_versions import compare, index_of, why_added, why_relabelled, why_removed
from pipeline.runtime.store import files_of, read_table

STAGES = ("collect", "clean", "label", "augment")
FINAL = "augment/records.parquet"


class Side(TypedDict):
    """One of the two versions: its name, and its rows by split."""

    name: str
    splits: dict[str, int]


#: How a record may have changed.
Kind = Literal["added", "removed", "relabelled", "rewritten", "moved"]
_KINDS: tuple[Kind, ...] = ("added", "removed", "relabelled", "rewritten", "moved")


class Changes(TypedDict):
    """Counts, reasons and records of every kind of change."""

    old: Side
    new: Side
    counts: dict[str, int]
    reasons: dict[str, dict[str, int]]
    added: list[str]
    removed: list[str]
    relabelled: list[list[str]]
    rewritten: list[str]
    moved: list[list[str]]


@dataclass(frozen=True)
class Version:
    """One side: its index, the reason of every record it dropped, and what people call it."""

    name: str
    index: pa.Table
    dropped: Mapping[str, str]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `sft diff`."""
    parser.add_argument("old", help="a git revision such as HEAD~1 or v1.0, `released`, or a data folder")
    parser.add_argument("new", nargs="?", default="data", help="the same (default: the working copy's data folder)")
    parser.add_argument("--list", type=int, default=5, metavar="N", help="records named per kind of change (default 5)")
    parser.add_argument("--json", action="store_true", help="print everything as JSON, every record named")


def run(arguments: argparse.Namespace) -> None:
    """Print what changed between two versions."""
    found = difference(read_version(arguments.old), read_version(arguments.new))
    text = json.dumps(found, ensure_ascii=False, indent=2, sort_keys=True) if arguments.json else None
    sys.stdout.write((text or "\n".join(page(found, arguments.list))) + "\n")


def difference(old: Version, new: Version) -> Changes:
    """Counts, reasons and records of every kind of change."""
    found = compare(old.index, new.index)
    before, after = (_splits(version.index) for version in (old, new))
    return {
        "old": {"name": old.name, "splits": before},
        "new": {"name": new.name, "splits": after},
        "counts": found.counts(),
        "reasons": {
            "added": _sorted(why_added(found.added, new.index, old.dropped)),
            "removed": _sorted(why_removed(found.removed, old.index, new.dropped)),
            "relabelled": _sorted(why_relabelled(found.relabelled, new.index)),
        },
        "added": found.added,
        "removed": found.removed,
        "relabelled": [list(one) for one in found.relabelled],
        "rewritten": found.rewritten,
        "moved": [list(one) for one in found.moved],
    }


def page(found: Changes, named: int) -> Iterator[str]:
    """The difference as lines for a terminal."""
    yield f"{found['old']['name']} -> {found['new']['name']}"
    for split in sorted({*found["old"]["splits"], *found["new"]["splits"]}):
        a, b = (found[side]["splits"].get(split, 0) for side in ("old", "new"))
        yield f"  {split:<12} {a:>9,} -> {b:,}" + (f"  ({b - a:+,})" if a != b else "")
    yield ""
    for kind in _KINDS:
        yield from _changes_of(found, kind, named)
    yield f"{'unchanged':<12} {_unchanged(found):>9,}"


def _changes_of(found: Changes, kind: Kind, named: int) -> Iterator[str]:
    count = found["counts"][kind]
    yield f"{kind:<12} {count:>9,}"
    for reason, n in found["reasons"].get(kind, {}).items():
        yield f"{'':<12} {n:>9,}  {reason}"
    yield from (f"{'':<14} {_named(one)}" for one in found[kind][:named])
    if named and count > named:
        yield f"{'':<14} ... and {count - named:,} more (--json names all)"


def _named(one: str | Sequence[str]) -> str:
    """A record's id, and what it was and is where that changed."""
    return one if isinstance(one, str) else f"{one[0]}  {shorten(one[1])} -> {shorten(one[2])}"


def read_version(name: str) -> Version:
    """A version by revision, folder or the word `released`."""
    if name == "released":
        path = Path("data/released/index.parquet")
        if not path.is_file():
            raise PipelineError("sft diff: no version is released yet.", "Release one first: sft release")
        return Version(name, read_table(path), {})
    folder = Path(name)
    if folder.is_dir():
        return _of_folder(name, folder)
    with tempfile.TemporaryDirectory() as place:
        _fetch(name, Path(place))
        return _of_folder(name, Path(place))


def _of_folder(name: str, folder: Path) -> Version:
    path = folder / FINAL
    if not files_of(path):
        raise PipelineError(
            f"sft diff: {folder} holds no {FINAL}.", "Name a data folder of a finished run, or a revision."
        )
    return Version(name, index_of(read_table(path)), _dropped(folder))


def _dropped(folder: Path) -> dict[str, str]:
    reasons: dict[str, str] = {}
    for stage in STAGES:
        path = folder / stage / "dropped.parquet"
        if files_of(path):
            rows = read_table(path, ["id", "step", "reason"])
            ids, steps, why = (rows.column(name).to_pylist() for name in ("id", "step", "reason"))
            reasons |= {id: f"{reason} ({stage}, {step})" for id, step, reason in zip(ids, steps, why, strict=True)}
    return reasons


def _fetch(revision: str, place: Path) -> None:
    """The tables of a git revision, through DVC: from its cache, else from the remote."""
    known = subprocess.run(["git", "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}"], capture_output=True)
    if known.returncode:
        raise PipelineError(
            f"sft diff: '{revision}' is neither a data folder nor a git revision.",
            "Revisions: git log --oneline, git tag. Folders: one that holds augment/records.parquet.",
        )
    cached = _in_cache(revision)
    for name in [FINAL, *(f"{stage}/dropped.parquet" for stage in STAGES)]:
        target = place / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if name in cached and _copied(cached[name], target):
            continue
        command = [
            sys.executable,
            "-m",
            "dvc",
            "get",
            ".",
            f"data/{name}",
            "--rev",
            revision,
            "--out",
            str(target),
            "-q",
        ]
        got = subprocess.run(command, capture_output=True, text=True)
        if got.returncode and name == FINAL:
            raise PipelineError(
                f"sft diff: DVC has no data/{name} of revision {revision}: {shorten(got.stderr, 200)}",
                "Was dvc.lock committed in that revision? If the data are on a remote: dvc fetch --all-commits",
            )


def _outs(
    lock: Mapping[str, Mapping[str, Mapping[str, Sequence[Mapping[str, str]]]] | None],
) -> list[Mapping[str, str]]:
    """What the stages of a dvc.lock wrote: path and hash."""
    return [out for stage in (lock.get("stages") or {}).values() for out in stage.get("outs", ())]


def _in_cache(revision: str) -> dict[str, Path]:
    """Files below data/ of a revision that lie in the project's own DVC cache, by the hashes of its dvc.lock."""
    shown = subprocess.run(["git", "show", f"{revision}:./dvc.lock"], capture_output=True, text=True)
    lock = YAML(typ="safe", pure=True).load(shown.stdout) if shown.returncode == 0 else None
    outs = _outs(lock or {})
    files = {str(o["path"]): _place(o["md5"]) for o in outs if "md5" in o}
    return {name.removeprefix("data/"): path for name, path in files.items() if path.is_file()}


def _place(md5: str) -> Path:
    """Where DVC's cache keeps what has this hash."""
    return Path(".dvc/cache/files/md5") / md5[:2] / md5[2:]


def _copied(cached: Path, target: Path) -> bool:
    """Copy a file of DVC's cache, or the files that the list of a folder (`.dir`) names; False where one is missing."""
    if cached.suffix != ".dir":
        shutil.copyfile(cached, target)
        return True
    files = {one["relpath"]: _place(one["md5"]) for one in json.loads(cached.read_text("utf-8"))}
    if not all(file.is_file() for file in files.values()):
        return False
    for name, file in files.items():
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target / name)
    return True


def _splits(index: pa.Table) -> dict[str, int]:
    return dict(sorted(Counter(index.column("split").to_pylist()).items()))


def _sorted(counts: Counter[str]) -> dict[str, int]:
    return dict(ranked(counts))


def _unchanged(found: Changes) -> int:
    touched = {*found["rewritten"], *(one[0] for kind in ("relabelled", "moved") for one in found[kind])}
    return int(found["counts"]["kept"]) - len(touched)
