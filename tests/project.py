"""A copy of the project that tests run as a user would: with git, DVC and the command line."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.conftest import ROOT

STAGES = ("collect", "clean", "label", "augment", "validate", "train", "evaluate", "value", "report")


class Project:
    """A copy of the project's tracked files in a folder of its own, with its own git and DVC."""

    def __init__(self, folder: Path, cache: Path) -> None:
        self.folder = folder
        self.environment = {
            **os.environ,
            "SFT_CACHE": str(cache),
            "PYTHONPATH": str(folder),  # `sft` runs the copy's code, wherever the package was installed from
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        }
        names = subprocess.run(
            ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True
        )
        for name in names.stdout.splitlines():
            if (ROOT / name).is_file() and name != "dvc.lock":
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, folder / name)
        self.run("git", "init", "--quiet")
        self.run("git", "add", "--all")
        self.run("git", "-c", "user.name=test", "-c", "user.email=test@localhost", "commit", "--quiet", "-m", "start")

    def run(self, *command: str, fails: bool = False) -> str:
        result = subprocess.run(command, cwd=self.folder, env=self.environment, capture_output=True, text=True)
        assert bool(result.returncode) == fails, result.stdout[-3000:] + result.stderr[-3000:]
        return result.stdout + result.stderr

    def repro(self, *more: str, fails: bool = False) -> list[str]:
        """Run `dvc repro`; the names of the stages that ran."""
        return stages_in(self.run("dvc", "repro", *more, fails=fails))

    def make_repro(self) -> list[str]:
        """The README's first command, in the environment that runs the tests where `make` has made it."""
        environment = Path(sys.executable).parent
        if not (environment / ".installed").is_file():  # not made by `make env`: it would install all anew
            return self.repro()
        return stages_in(self.run("make", "repro", f"VENV={environment.parent}"))

    def edit(self, change: Callable[[dict[str, Any]], None]) -> None:
        yaml = YAML()
        file = self.folder / "params.yaml"
        params = yaml.load(file.read_text("utf-8"))
        change(params)
        with file.open("w", encoding="utf-8") as stream:
            yaml.dump(params, stream)

    def json(self, path: str) -> Any:
        return json.loads((self.folder / path).read_text("utf-8"))

    def data(self, path: str) -> bytes:
        return (self.folder / path).read_bytes()


def stages_in(output: str) -> list[str]:
    """The stages that DVC ran, in the order of the pipeline: DVC runs independent ones in any order."""
    return sorted(re.findall(r"Running stage '(\w+)'", output), key=STAGES.index)


def cache_with(*parts: str, folder: Path) -> Path:
    """`folder` as a cache that shares the named parts (packages, models) with this project's, and no results."""
    for part in parts:
        shared = Path(os.environ.get("SFT_CACHE", ROOT / ".cache")) / part
        shared.mkdir(parents=True, exist_ok=True)
        (folder / part).symlink_to(shared.resolve())
    return folder
