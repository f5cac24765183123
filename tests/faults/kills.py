"""kill -9 to the whole process tree of `dvc repro` at seeded random moments inside its stages."""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from threading import Event, Thread

from tests.faults.projects import outputs
from tests.project import STAGES, Project


@dataclass
class Undisturbed:
    """What a run that nothing disturbs leaves, and how many seconds each stage takes in it, in the order of the run."""

    outputs: dict[str, bytes]
    seconds: dict[str, float]


@contextmanager
def _repro(project: Project) -> Iterator[subprocess.Popen[str]]:
    command = ["dvc", "repro"]
    environment = {**project.environment, "PYTHONUNBUFFERED": "1"}
    with (project.folder.parent / "repro.log").open("a", encoding="utf-8") as errors:
        run = subprocess.Popen(
            command,
            cwd=project.folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            start_new_session=True,
        )
        try:
            yield run
        finally:
            if run.poll() is None:
                os.killpg(run.pid, signal.SIGKILL)
            run.wait()


def _began(line: str) -> str | None:
    found = re.search(r"Running stage '(\w+)'", line)
    return found[1] if found else None


def undisturbed(project: Project) -> Undisturbed:
    """Run the project to its end."""
    starts: dict[str, float] = {}
    with _repro(project) as run:
        assert run.stdout
        for line in run.stdout:
            stage = _began(line)
            if stage:
                starts[stage] = time.monotonic()
    assert run.returncode == 0
    assert sorted(starts) == sorted(STAGES), list(starts)
    ends = [*list(starts.values())[1:], time.monotonic()]
    return Undisturbed(outputs(project), {s: end - starts[s] for s, end in zip(starts, ends, strict=True)})


def kill_in(project: Project, stage: str, seconds: float) -> str:
    """Run the project and kill it `seconds` after the stage began, at the latest when the next stage begins.

    Returns `killed`, or why it was too late.
    """
    with _repro(project) as run:
        assert run.stdout
        lines = run.stdout
        if not any(_began(line) == stage for line in lines):
            return "the stage was done"
        ended = Event()

        def watch() -> None:
            any(map(_began, lines))
            ended.set()

        watcher = Thread(target=watch, daemon=True)
        watcher.start()
        ended.wait(seconds)  # how long a stage takes differs from run to run where the machine does other work too
        if run.poll() is not None:
            return "the run had ended"
        os.killpg(run.pid, signal.SIGKILL)
        watcher.join()
    return "killed"


def start_over(project: Project) -> None:
    """Remove everything that runs have left: outputs, DVC's cache and the cache of results."""
    project.run("git", "clean", "-fdxq")
    project.run("git", "checkout", "-q", ".")
    for path in (project.folder.parent / "cache").glob("*"):
        if not path.is_symlink():
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def survive(project: Project, kills: int, seed: int) -> list[tuple[str, float, str]]:
    """Kill in stages drawn by seed, one after the other, in rounds; each round ends with the undisturbed bytes.

    Returns (stage, seconds after it began, what happened) of every kill.
    """
    rng = random.Random(seed)
    expected = undisturbed(project)
    told: list[tuple[str, float, str]] = []
    while len(told) < kills:
        start_over(project)
        some = min(kills - len(told), len(expected.seconds))
        for n in sorted(rng.sample(range(len(expected.seconds)), some)):
            stage = list(expected.seconds)[n]
            moment = rng.random() * expected.seconds[stage]
            told.append((stage, round(moment, 2), kill_in(project, stage, moment)))
            project.run(sys.executable, "-m", "pipeline.cli", "repair")  # as `make repro` does
            print(*told[-1])  # noqa: T201 - progress of a run that takes long
        project.run("dvc", "repro")
        found = outputs(project)
        differing = [name for name in expected.outputs.keys() | found if expected.outputs.get(name) != found.get(name)]
        assert not differing, (differing, told)
        check_debris(project)
    return told


def check_debris(project: Project) -> None:
    """Nothing half done lies about, DVC sees nothing to do, and the cache is a sound file."""
    assert not list(project.folder.glob("data/.*.unfinished*"))
    assert project.repro() == []
    with closing(sqlite3.connect(project.folder.parent / "cache" / "records.sqlite")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
