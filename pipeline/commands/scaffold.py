"""What makes a folder a project that `dvc repro` builds without a clone: dvc.yaml, ignore files, DVC and git.

Nothing here is read by a clone, whose own files do the same.
"""

from __future__ import annotations

import io
import shutil
import subprocess
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from pipeline.commands.packaged_files import is_code, shipped
from pipeline.core.errors import PipelineError

#: Where a project's version files lie, one a stage.
VERSIONS = ".sft"

_HEAD = """\
# `dvc repro` runs these in order. Written by `sft init`; the code is the installed package sft-data-pipeline, and
# .sft/<stage>.version changes with the code that a stage runs. After an upgrade: sft init --update
"""
_IGNORED = ".cache/\n/data/.*.unfinished/\n.label-studio/\nexported/\n"
#: A merge of two branches line by line would make a dvc.lock of a run that nobody made: see docs/reliability.md.
_LOCK = "dvc.lock -merge"
_ATTRIBUTES = (
    "# A merge that touches dvc.lock is a conflict. To settle it: git checkout --ours dvc.lock; dvc repro; commit.\n"
    f"{_LOCK}\n"
)
_DVC_IGNORED = ".cache/\n.label-studio/\n.venv/\n"


def is_clone(root: Path) -> bool:
    """Whether the folder holds this package's code: its own dvc.yaml then tracks it."""
    return (root / "pipeline/cli.py").is_file()


def project_pipeline() -> str:
    """The text of a project's dvc.yaml: the shipped stages, run by `sft run`, with version files in place of code."""
    yaml = YAML()
    yaml.width = 120
    yaml.indent(mapping=2, sequence=4, offset=2)
    document = yaml.load(shipped("dvc.yaml").read_text("utf-8"))
    stages: dict[str, Any] = document["stages"]
    for name, stage in stages.items():
        data = [dep for dep in stage["deps"] if not is_code(str(dep))]
        stage["deps"] = [*data, f"{VERSIONS}/{name}.version"]
        stage["cmd"] = str(stage["cmd"]).replace("python -m pipeline.", "sft run ", 1)
    code = {
        "desc": "Write a version of each stage's code, which changes when an upgrade changes what the stage runs",
        "cmd": f"sft run code {VERSIONS}",
        "always_changed": True,
        "outs": [{f"{VERSIONS}/{name}.version": {"cache": False}} for name in stages],
    }
    stages.insert(0, "code", code)  # type: ignore[attr-defined]  # ruamel's own dictionary
    written = io.StringIO()
    yaml.dump(document, written)
    return _HEAD + written.getvalue().split("\n", 1)[1]  # our first line speaks of tools that a project lacks


def scaffold(root: Path, with_git: bool) -> list[str]:
    """Write what is missing; nothing that is there is changed. Says in words what was done."""
    done: list[str] = []
    for name, text in (("dvc.yaml", project_pipeline()), (".gitignore", _IGNORED), (".dvcignore", _DVC_IGNORED)):
        if not (root / name).is_file():
            (root / name).write_text(text, "utf-8")
            done.append(name)
    done += _attributes(root)
    for name in ("data/annotations", "data/annotations/decisions", "data/released"):
        if not (root / name / "README.md").is_file():
            shutil.copyfile(shipped(f"{name}/README.md"), root / name / "README.md")
            done.append(f"{name}/README.md")
    if with_git and _repository(root, ".git") is None:
        _git(root)
        done.append(".git: a git repository")
    if _repository(root, ".dvc") is None:
        done += _dvc(root)
    return done


def _attributes(root: Path) -> list[str]:
    """Tell git never to merge dvc.lock line by line; the file's own lines stay."""
    file = root / ".gitattributes"
    before = file.read_text("utf-8") if file.is_file() else ""
    if _LOCK in before.splitlines():
        return []
    file.write_text(before + ("" if before.endswith("\n") or not before else "\n") + _ATTRIBUTES, "utf-8")
    return [".gitattributes: a merge that touches dvc.lock is a conflict"]


def update(root: Path) -> list[str]:
    """Bring the project's dvc.yaml to the installed version; params.yaml is never touched."""
    if is_clone(root):
        raise PipelineError("This is a clone: its dvc.yaml comes with the code.", "Take the new code over with git.")
    file = root / "dvc.yaml"
    if not file.is_file():
        raise PipelineError(f"{file}: no such file.", "Start a project here first: sft init --list")
    (root / "data/annotations/decisions").mkdir(parents=True, exist_ok=True)  # a dependency of `clean` since 0.2
    done = _attributes(root)
    if file.read_text("utf-8") == project_pipeline():
        return done
    file.replace(root / "dvc.yaml.bak")
    file.write_text(project_pipeline(), "utf-8")
    return [*done, "dvc.yaml.bak: the stages until now", "dvc.yaml: the stages of the installed version"]


def _repository(root: Path, mark: str) -> Path | None:
    """The nearest folder, from `root` up, that holds `mark`."""
    return next((folder for folder in (root.resolve(), *root.resolve().parents) if (folder / mark).exists()), None)


def _git(root: Path) -> None:
    try:
        subprocess.run(["git", "init", "--quiet"], cwd=root, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise PipelineError(f"{root}: git init failed: {error}", "Install git, or leave --git out.") from None


def _dvc(root: Path) -> list[str]:
    """What `dvc init` makes, with our plots; without git where there is none."""
    shutil.copytree(shipped(".dvc/plots"), root / ".dvc/plots")
    config = shipped(".dvc/config").read_text("utf-8")
    if _repository(root, ".git") is None:
        config = config.replace("[core]\n", "[core]\n    no_scm = true\n", 1)
    (root / ".dvc/config").write_text(config, "utf-8")
    (root / ".dvc/.gitignore").write_text("/config.local\n/tmp\n/cache\n", "utf-8")
    return [".dvc/: a DVC repository"]
