"""Fixtures of the cleaning tests."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.clean.step import Context
from tests.clean.records import TASK


@pytest.fixture
def context() -> Context:
    return Context(TASK)


@pytest.fixture
def shared_data() -> Callable[[str], Path]:
    """The path of a public data set; skips the test where the folder is missing."""

    def find(name: str) -> Path:
        folder = Path(os.environ.get("SHARED_DATA", Path(__file__).parents[2].parent / "shared" / "data"))
        if not (folder / name).exists():
            pytest.skip(f"{folder / name} is not there; set SHARED_DATA")
        return folder / name

    return find
