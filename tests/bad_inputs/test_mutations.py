"""Mutation fuzz: sound files of every format with damaged bytes.

`SFT_FUZZ_SECONDS` a format (default 3; hours are fine) and `SFT_FUZZ_SEED` (default 1) come from the environment.
"""

from __future__ import annotations

import os
import time

import pytest

from tests.bad_inputs.files import SOUND
from tests.bad_inputs.outcome import collect
from tests.bad_inputs.values import mutations
from tests.collect.conftest import Collected, Project

SECONDS = float(os.environ.get("SFT_FUZZ_SECONDS", "3"))
SEED = int(os.environ.get("SFT_FUZZ_SEED", "1"))


@pytest.mark.parametrize("format", SOUND)
def test_damaged_files(project: Project, format: str, record_property: pytest.RecordProperty) -> None:
    """Every damaged file is read, quarantined in part, or refused in one message; the counts are printed."""
    sound = SOUND[format]
    end = time.monotonic() + SECONDS
    counts = {"read": 0, "quarantined": 0, "refused": 0}
    for content in mutations(sound.content, SEED):
        if time.monotonic() > end and sum(counts.values()) >= 5:
            break
        try:
            done = collect(project, sound, content)
        except Exception as error:
            raise AssertionError(f"{type(error).__name__} on {content!r}") from error
        kind = "refused" if not isinstance(done, Collected) else "quarantined" if done.dropped else "read"
        counts[kind] += 1
    record_property("counts", f"{format}: damaged files " + ", ".join(f"{n} {name}" for name, n in counts.items()))
    assert counts["quarantined"] + counts["refused"], "no damage was noticed"
