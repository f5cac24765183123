"""Files that a project starts from and that stand outside the package in a clone: dvc.yaml, plots, samples.

A wheel carries them in `pipeline/_project/` (setup.py copies them there), so that `sft init` needs no clone.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from pipeline.core.registry import plugin_versions

_PACKAGE = Path(__file__).parents[1]


def shipped(name: str) -> Path:
    """The file or folder `name` of the repository's root, from a clone or from an installed wheel."""
    carried = _PACKAGE / "_project"
    return (carried if carried.is_dir() else _PACKAGE.parent) / name


def shipped_stages() -> dict[str, dict[str, Any]]:
    """The stages of dvc.yaml as they are shipped, by name: command, dependencies, outputs."""
    stages: dict[str, dict[str, Any]] = YAML(typ="safe", pure=True).load(shipped("dvc.yaml").read_text("utf-8"))[
        "stages"
    ]
    return stages


def is_code(dependency: str) -> bool:
    """Whether a dependency of a shipped stage is part of this package, not of the project's data."""
    return dependency.split("/")[0] == "pipeline"


def code_version(dependencies: list[str]) -> str:
    """One hash of the code among a stage's dependencies: names and bytes of all its files, and versions of plugins.

    dvc.yaml lists each stage's exact import closure, which a test holds; so the hash changes when, and only when, code
    changes that the stage can run.
    """
    digest = hashlib.sha256()
    for file in sorted({file for name in dependencies if is_code(name) for file in _files(_PACKAGE.parent / name)}):
        name = file.relative_to(_PACKAGE.parent).as_posix()
        digest.update(f"{name}\x1f{hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    for plugin in plugin_versions():
        digest.update(f"{plugin}\n".encode())
    return digest.hexdigest()


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    return [file for file in path.rglob("*") if file.is_file() and "__pycache__" not in file.parts]
