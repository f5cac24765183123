"""Mutation fuzz: sound files of every format with damaged bytes.

150 of each format; `SFT_FUZZ_SECONDS` a format instead (hours are fine) and `SFT_FUZZ_SEED` come from the environment.
"""

from __future__ import annotations

import pytest

from tests.bad_inputs.files import SOUND
from tests.bad_inputs.outcome import collect
from tests.bad_inputs.values import mutations
from tests.collect.conftest import Collected, Project
from tests.fixture_types import RecordProperty

COUNT = 150


@pytest.mark.parametrize("format", SOUND)
def test_damaged_files(project: Project, format: str, record_property: RecordProperty) -> None:
    """Every damaged file is read, quarantined in part, or refused in one message; the counts are printed."""
    sound = SOUND[format]
    counts = {"read": 0, "quarantined": 0, "refused": 0}
    for content in mutations(sound.content, COUNT):
        try:
            done = collect(project, sound, content)
        except Exception as error:
            raise AssertionError(f"{type(error).__name__} on {content!r}") from error
        kind = "refused" if not isinstance(done, Collected) else "quarantined" if done.dropped else "read"
        counts[kind] += 1
    record_property("counts", f"{format}: damaged files " + ", ".join(f"{n} {name}" for name, n in counts.items()))
    assert counts["quarantined"] + counts["refused"], "no damage was noticed"
