"""What a run made of an input: the only three ends that are right."""

from __future__ import annotations

from typing import Any

from pipeline.core.errors import PipelineError
from tests.bad_inputs.files import Sound
from tests.collect.conftest import Collected, Project

#: Longest message a person is asked to read.
MOST_SIGNS = 1_500


def collect(project: Project, sound: Sound, content: bytes, **settings: Any) -> Collected | PipelineError:
    """Run `collect` on the file with this content: records and dropped rows that add up, or one clear message.

    Any other exception goes through, and fails the test.
    """
    project.write(sound.name, content)
    try:
        # `Project.collect` asserts: in + added = kept + dropped, no id twice.
        done = project.collect(sound.task, path=sound.name, **{**sound.settings, **settings})
    except PipelineError as error:
        return checked(error, sound.name)
    for row in done.dropped:
        assert row["step"], row
        assert row["reason"], row
        assert row["source"]["locator"] == sound.name, row
        assert row["source"]["row"] is not None, row
    return done


def checked(error: PipelineError, name: str) -> PipelineError:
    """The error, if a person can act on it: words, not too many, and the file or the setting."""
    assert str(error).strip(), "a message without words"
    assert len(str(error)) <= MOST_SIGNS, f"a message of {len(str(error)):,} signs"
    assert name in str(error) or "collect.sources.s" in str(error), f"names neither file nor setting: {error}"
    return error
