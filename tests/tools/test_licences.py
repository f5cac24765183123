"""docs/licences.md lists what requirements.lock installs; nothing under GPL alone is needed beyond what DVC brings."""

from __future__ import annotations

import re

from tests.conftest import ROOT, load_tool


def test_every_locked_package_is_listed() -> None:
    tool = load_tool("licences")
    rows = (ROOT / "docs/licences.md").read_text("utf-8").splitlines()
    listed = {tuple(row.strip("| ").split(" | ")[:2]) for row in rows if row.startswith("| ")}
    missing = sorted(set(tool.locked().items()) - listed)
    assert not missing, "write it anew: make licences"


def test_the_core_needs_nothing_under_gpl_alone() -> None:
    named = [row for row in (ROOT / "docs/licences.md").read_text("utf-8").splitlines() if row.startswith("- ")]
    assert any("codespell" in row for row in named), "a GPL package that is there is not named"
    assert [row for row in named if row.endswith("needed by run") and "MPL" not in row and "Apache" not in row] == []


def test_actions_are_pinned_by_commit() -> None:
    used = re.findall(r"uses: (\S+)", (ROOT / ".github/workflows/ci.yml").read_text("utf-8"))
    assert used
    assert [name for name in used if not re.search(r"@[0-9a-f]{40}$", name)] == []
