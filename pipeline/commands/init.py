"""`sft init`: start a project, by writing its params.yaml, making the folders that stages read, and copying its sample.

In a clone of this repository dvc.yaml and the code are there; elsewhere the folder becomes a project of its own
(scaffold.py), which `dvc repro` builds with the installed package. Samples are copied into data/raw, where DVC sees
changes: a project's data are its own from the first day.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pipeline.commands.json_output import add_json, write_as_json
from pipeline.commands.packaged_files import shipped
from pipeline.commands.scaffold import is_clone, scaffold, update
from pipeline.core.errors import PipelineError
from pipeline.core.registry import pick
from pipeline.core.settings import read_params

_HERE = Path(__file__).parent / "templates"
FOLDERS = ("data/raw", "data/annotations", "data/annotations/decisions", "data/released")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `sft init`."""
    parser.add_argument("project", nargs="?", help="name of the project to start from")
    parser.add_argument("--list", action="store_true", help="list the projects that can be started from")
    parser.add_argument(
        "--force", action="store_true", help="replace another params.yaml; it is kept as params.yaml.bak"
    )
    parser.add_argument("--into", type=Path, default=Path(), metavar="FOLDER", help="start it there, as projects/x")
    parser.add_argument("--git", action="store_true", help="make the folder a git repository too")
    parser.add_argument(
        "--update", action="store_true", help="after an upgrade: take the new dvc.yaml over; params.yaml stays as it is"
    )
    add_json(parser, "the projects, or what was written,")


def run(arguments: argparse.Namespace) -> None:
    """List the projects, or start one in the current folder."""
    if not arguments.update and (arguments.list or not arguments.project):
        _list(arguments.json)
        return
    said = _updated(arguments.into) if arguments.update else _started(arguments)
    if arguments.json:
        written, following = (_after(said, word) for word in ("wrote ", "next: "))
        write_as_json({"folder": arguments.into.as_posix(), "wrote": written, "next": following})
    else:
        sys.stdout.write("\n".join(said) + "\n")


def _list(as_json: bool) -> None:
    if as_json:
        write_as_json({"projects": projects()})
    else:
        sys.stdout.write("".join(f"{name:<12} {about}\n" for name, about in projects().items()))


def _updated(root: Path) -> list[str]:
    return [f"wrote {one}" for one in update(root)] or ["nothing to do: dvc.yaml is up to date"]


def _started(arguments: argparse.Namespace) -> list[str]:
    place = "" if arguments.into == Path() else f"cd {arguments.into} && "
    done = start(arguments.project, arguments.into, arguments.force, arguments.git)
    return [line.replace("next: ", f"next: {place}", 1) for line in done]


def _after(said: Sequence[str], word: str) -> list[str]:
    """The lines that begin with a word, without it."""
    return [line.removeprefix(word) for line in said if line.startswith(word)]


def projects() -> dict[str, str]:
    """Project name -> the first line of its file."""
    files = sorted(_HERE.glob("*.yaml"))
    return {file.stem: file.read_text("utf-8").splitlines()[0].removeprefix("#").strip() for file in files}


def start(project: str, root: Path, force: bool = False, with_git: bool = False) -> list[str]:
    """Write `root`/params.yaml, make the folders, copy the sample; says in words what was done.

    What else makes a project is written where `root` is no clone. `with_git`: make it a git repository too.
    """
    pick(projects(), project, "sft init")
    root.mkdir(parents=True, exist_ok=True)
    done = _write_params(project, root, force)
    for name in FOLDERS:
        if not (root / name).is_dir():
            (root / name).mkdir(parents=True)
            done.append(f"{name}/")
    for path in sample_files(project):
        copy = root / "data/raw" / path
        if not copy.exists():
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(shipped("data") / path, copy)
            done.append(f"data/raw/{path}")
    if not is_clone(root):
        done += scaffold(root, with_git)
    if not done:
        return ["nothing to do: all is in place"]
    return [*(f"wrote {one}" for one in done), f"next: {_next_command()}"]


def _next_command() -> str:
    """Without the extra `train` the stages up to `validate` run, which build the dataset."""
    return (
        "dvc repro"
        if find_spec("torch")
        else "dvc repro validate (to train too: pip install 'sft-data-pipeline[train]')"
    )


def _write_params(project: str, root: Path, force: bool) -> list[str]:
    wanted, file = _settings(_HERE / f"{project}.yaml"), root / "params.yaml"
    if file.is_file() and file.read_bytes() == wanted:
        return []
    written = f"params.yaml: settings of the project '{project}'"
    if not file.is_file() or _is_shipped(file):
        file.write_bytes(wanted)
        return [written]
    if not force:
        raise PipelineError(
            f"{file}: holds other settings than the project '{project}'.",
            f"Keep them and replace the file: sft init {project} --force (the old one becomes params.yaml.bak)",
        )
    file.replace(root / "params.yaml.bak")
    file.write_bytes(wanted)
    return ["params.yaml.bak: the settings until now", written]


def _is_shipped(file: Path) -> bool:
    """Whether nobody has edited it: replacing it loses nothing."""
    return any(file.read_bytes() in (one.read_bytes(), _settings(one)) for one in _HERE.glob("*.yaml"))


def _settings(template: Path) -> bytes:
    """The project's file; without the extra `train` with features that need no torch in place of its encoder."""
    text = template.read_text("utf-8")
    if not find_spec("torch"):
        plain = (
            "  encoder:\n    name: tfidf  # needs no torch; with the extra `train` name an encoder (docs/training.md)\n"
        )
        text = re.sub(r"^  encoder:.*\n(?:    .*\n)+", plain, text, count=1, flags=re.M)
    return text.encode()


def sample_files(project: str) -> list[str]:
    """The files under data/ that the sources of a shipped project read as data/raw/samples/..."""
    params: dict[str, Any] = read_params(_HERE / f"{project}.yaml")
    sources = params["collect"]["sources"].values()
    patterns = [source["path"] for source in sources if str(source.get("path", "")).startswith("samples/")]
    data = shipped("data")
    return [path.relative_to(data).as_posix() for pattern in patterns for path in sorted(data.glob(pattern))]
