"""`sft repro`: what DVC says without its advice, its exit status, a damaged dvc.lock out of the way."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.commands.repro import without_advice
from tests.conftest import ROOT

SAID = """Running stage 'collect':
> sft run collect data/raw data/collect
collect   mails   300 rows: 300 records
Generating lock file 'dvc.lock'
Updating lock file 'dvc.lock'

Running stage 'clean':
clean     标签  12 -> 12

To track the changes with git, run:

\tgit add dvc.lock data/clean/.gitignore

To enable auto staging, run:

\tdvc config core.autostage true
Use `dvc push` to send your updates to remote storage.
"""


def test_advice_goes_and_what_stages_say_stays():
    assert "".join(without_advice(SAID.splitlines(keepends=True))) == (
        "Running stage 'collect':\n> sft run collect data/raw data/collect\ncollect   mails   300 rows: 300 records\n"
        "\nRunning stage 'clean':\nclean     标签  12 -> 12\n"
    )
    assert [*without_advice([])] == []
    assert [*without_advice(["To track the changes with git, run: mine\n"])] == [
        "To track the changes with git, run: mine\n"
    ]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Two stages; the second fails while there is no file `go`."""
    for name in ("git", "dvc"):
        program = [sys.executable, "-m", "dvc"] if name == "dvc" else ["git"]
        subprocess.run([*program, "init", "--quiet"], cwd=tmp_path, check=True)
    stages = {"one": "{cmd: echo first, outs: [one.txt: {cache: false}]}".replace("first", "first > one.txt")}
    stages["two"] = "{cmd: test -f go, deps: [one.txt]}"
    text = "".join(f"  {name}: {stage}\n" for name, stage in stages.items())
    (tmp_path / "dvc.yaml").write_text(f"stages:\n{text}", "utf-8")
    return tmp_path


def repro(folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "DVC_NO_ANALYTICS": "1"}
    command = [sys.executable, "-m", "pipeline.cli", "repro", *more]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


def test_a_real_run_of_dvc_fails_as_dvc_does_then_works_and_names_what_ran(project: Path):
    page = project / "data/report/quality.html"
    page.parent.mkdir(parents=True)
    page.write_text("of yesterday", "utf-8")
    failed = repro(project)
    assert failed.returncode not in (0, 1)
    assert not page.exists()
    assert "data/report/quality.html was of an earlier run and is removed" in failed.stdout
    assert "failed to run: test -f go" in failed.stdout
    assert "Traceback" not in failed.stdout + failed.stderr
    (project / "go").touch()
    (project / "dvc.lock").write_text("schema: '2.0'\nstages:\n  one:\n", "utf-8")  # cut off in a crash
    done = repro(project, "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout) == {"ok": True, "ran": ["one", "two"], "report": None}
    assert "set aside as dvc.lock.damaged" in done.stderr
    again = repro(project)
    assert "Running stage" not in again.stdout
    assert not [one for one in ("git add", "autostage", "dvc push", "lock file") if one in again.stdout + done.stderr]
