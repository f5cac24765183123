"""Sample projects through all nine stages with a tiny random model, so that a whole run takes a minute."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.modeling.conftest import save_bert
from tests.project import STAGES, Project, cache_with

#: What a stage leaves beside its data: when it ran, and for whom.
_NOT_DATA = (".gitignore",)


def small(params: dict[str, Any]) -> None:
    """The tiny model, one short epoch, few resamples."""
    params["models"] = {"encoder": {"name": "tiny"}}
    params["train"] |= {"epochs": 1, "evaluations": 1, "freeze": "none", "max_train_rows": 32}
    params["evaluate"] |= {"resamples": 200, "robustness_rows": 4}
    params["value"] |= {"seeds": 3}


def sample_project(name: str, folder: Path) -> Project:
    """The sample project `name` in `folder`, not yet run, with a cache of its own beside it."""
    cache = folder / "cache"
    cache.mkdir(parents=True)
    (folder / "project").mkdir()
    project = Project(folder / "project", cache_with("packages", folder=cache))
    project.run("sft", "init", name, "--force")
    save_bert(project.folder / "tiny")
    project.edit(small)
    return project


def outputs(project: Project) -> dict[str, bytes]:
    """The bytes of every file that the nine stages leave."""
    files = sorted(path for stage in STAGES for path in (project.folder / "data" / stage).rglob("*") if path.is_file())
    return {
        path.relative_to(project.folder).as_posix(): path.read_bytes() for path in files if path.name not in _NOT_DATA
    }
