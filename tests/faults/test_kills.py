"""kill -9 inside every stage of two sample projects: `dvc repro` then ends with the bytes of an undisturbed run.

`SFT_KILLS` a project (default 3, a minute each; 9 is one a stage) and `SFT_FUZZ_SEED` (default 1) are read from the
environment.
"""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest

from tests.faults.kills import survive
from tests.faults.projects import sample_project
from tests.fixture_types import RecordProperty

KILLS = int(os.environ.get("SFT_KILLS", "3"))
SEED = int(os.environ.get("SFT_FUZZ_SEED", "1"))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["classification", "ner"])
def test_killed_runs_end_as_if_nothing_had_happened(name: str, tmp_path: Path, record_property: RecordProperty) -> None:
    project = sample_project(name, tmp_path)
    project.run("git", "add", "--all")
    project.run("git", "-c", "user.name=test", "-c", "user.email=test@localhost", "commit", "-qm", name)
    told = survive(project, KILLS, SEED)
    counts = Counter(end for *_, end in told)
    record_property("counts", f"kill -9, {name}: " + ", ".join(f"{n} {end}" for end, n in sorted(counts.items())))
    assert counts["killed"] >= len(told) / 2, told
