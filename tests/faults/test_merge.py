"""Two branches merged: dvc.lock then describes a run that nobody made. git must say so, `dvc repro` sets it right.

Each branch changes a setting of its own, runs, and commits; line by line nothing conflicts.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from pipeline.commands.init import start
from pipeline.commands.scaffold import update
from tests.conftest import ROOT

_STAGES = """
stages:
  clean:
    cmd: cp params.yaml cleaned.txt
    params: [clean, repair]
    outs: [cleaned.txt]
"""
_PARAMS = "clean:\n  min_chars: {}\n# ---\n# ---\n# ---\n# ---\nrepair:\n  tags: {}\n"


class Repository:
    """A git repository with one stage; `dvc` makes its dvc.lock where the test wants the real one."""

    def __init__(self, folder: Path, attributes: str | None, real: bool = False) -> None:
        self.folder, self.real = folder, real
        folder.mkdir(parents=True, exist_ok=True)
        self.run("git", "init", "--quiet", "--initial-branch", "main")
        if real:
            self.run("dvc", "init", "--quiet")
            self.write("dvc.yaml", _STAGES)
        if attributes is not None:
            self.write(".gitattributes", attributes)
        self.commit(2, "false")

    def run(self, *command: str, fails: bool = False) -> str:
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True)
        assert bool(done.returncode) == fails, done.stdout + done.stderr
        return done.stdout + done.stderr

    def git(self, *words: str, fails: bool = False) -> str:
        return self.run("git", "-c", "user.name=test", "-c", "user.email=test@localhost", *words, fails=fails)

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text, "utf-8")

    def commit(self, min_chars: int, tags: str) -> None:
        """Set both, run, commit."""
        self.write("params.yaml", _PARAMS.format(min_chars, tags))
        if self.real:
            self.run("dvc", "repro")
        else:  # equal outputs, as in the case that this test is about
            self.write("dvc.lock", _PARAMS.format(min_chars, tags) + "outs: the same\n")
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", f"{min_chars} {tags}")

    def branches(self) -> None:
        """`one` and `two`, each with a setting of its own; `two` is checked out."""
        self.git("checkout", "--quiet", "-b", "one")
        self.commit(8, "false")
        self.git("checkout", "--quiet", "-b", "two", "main")
        self.commit(2, "true")


def of_a_project(folder: Path) -> str:
    """The .gitattributes that `sft init` writes."""
    start("classification", folder)
    return (folder / ".gitattributes").read_text("utf-8")


def test_without_attributes_git_merges_in_silence(tmp_path: Path) -> None:
    """The zero case: what the tests below are about."""
    found = Repository(tmp_path / "merged", None)
    found.branches()
    found.git("merge", "--quiet", "--message", "both", "one")
    assert (found.folder / "dvc.lock").read_text("utf-8") == _PARAMS.format(8, "true") + "outs: the same\n"


@pytest.mark.parametrize("whose", ["clone", "project"])
@pytest.mark.parametrize("command", ["merge", "rebase", "cherry-pick"])
def test_a_merge_that_touches_dvc_lock_is_a_conflict(tmp_path: Path, whose: str, command: str) -> None:
    attributes = of_a_project(tmp_path / "new") if whose == "project" else (ROOT / ".gitattributes").read_text("utf-8")
    found = Repository(tmp_path / "merged", attributes)
    found.branches()
    assert "dvc.lock" in found.git(command, "one", fails=True)
    assert found.git("diff", "--name-only", "--diff-filter=U").split() == ["dvc.lock"]


def test_an_older_project_gets_the_line_and_keeps_its_own(tmp_path: Path) -> None:
    start("classification", tmp_path)
    (tmp_path / ".gitattributes").write_text("*.csv text", "utf-8")
    assert any(".gitattributes" in line for line in update(tmp_path))
    assert (tmp_path / ".gitattributes").read_text("utf-8").startswith("*.csv text\n")
    assert "\ndvc.lock -merge\n" in (tmp_path / ".gitattributes").read_text("utf-8")
    assert update(tmp_path) == []


@pytest.mark.slow
@pytest.mark.parametrize("side", ["--ours", "--theirs"])
def test_either_side_and_dvc_repro_settle_it(tmp_path: Path, side: str) -> None:
    found = Repository(tmp_path / "merged", (ROOT / ".gitattributes").read_text("utf-8"), real=True)
    found.branches()
    found.git("merge", "one", fails=True)
    found.git("checkout", side, "dvc.lock")
    assert "Running stage 'clean'" in found.run("dvc", "repro")
    assert (found.folder / "cleaned.txt").read_text("utf-8") == _PARAMS.format(8, "true")
