"""The folder of a project that people annotate."""

from __future__ import annotations

from tests.label.conftest import project  # noqa: F401
