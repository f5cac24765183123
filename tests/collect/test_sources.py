"""Every kind of source, on the real tool with tiny data."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.collect.sources import KINDS
from pipeline.core.registry import pick
from pipeline.core.settings import parse, read_params


def test_every_kind_is_documented():
    documented = Path("docs/sources.md").read_text("utf-8")
    assert [name for name in KINDS if f"kind: {name}" not in documented] == []


@pytest.mark.parametrize("path", ["params.yaml", "pipeline/commands/templates/chat.yaml"])
def test_the_projects_own_sources_are_valid(path):
    sources = read_params(Path(path))["collect"]["sources"]
    assert sources
    for name, values in sources.items():
        assert parse(values, pick(KINDS, values["kind"], name).settings, name).kind == values["kind"]
