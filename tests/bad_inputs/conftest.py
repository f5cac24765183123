"""The project folder of the tests of `collect`, and one that is finished."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bad_inputs import built
from tests.collect.conftest import project as project


@pytest.fixture(scope="module")
def finished_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sample project with all stages run, built once a module; the working directory and the cache are its own."""
    folder = tmp_path_factory.mktemp("built")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SFT_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.chdir(folder)
        built.build(folder)
    return folder
