"""`make audit`: what pip-audit could not look up is no good news."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tools import audit

SOUND: audit.Package = {"name": "a", "version": "1", "vulns": []}
SKIPPED: audit.Package = {"name": "b", "skip_reason": "Dependency not found on PyPI"}
BAD: audit.Package = {"name": "c", "version": "2", "vulns": [{"id": "CVE-1", "fix_versions": ["3"]}]}


@pytest.mark.parametrize(
    ("found", "code", "words"),
    [
        ([SOUND], 0, "1 of 1 packages looked up, 0 vulnerable"),
        ([SOUND, SKIPPED], 2, "error: 1 were not looked up (b ...): Dependency not found"),
        ([SKIPPED], 2, "0 of 1 packages looked up"),
        ([], 2, "0 of 0"),
        ([SOUND, BAD], 1, "c 2: CVE-1, fixed in 3"),
        ([SKIPPED, BAD], 1, "1 were not looked up"),
    ],
)
def test_an_end_for_each_finding(found: list[audit.Package], code: int, words: str) -> None:
    assert audit.verdict(found)[0] == code
    assert words in audit.verdict(found)[1]


@pytest.mark.parametrize("said", ["", "{", "{}"])
def test_a_database_that_cannot_be_reached_is_one_message(
    said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    failed = subprocess.CompletedProcess([sys.executable], 1, said, "Traceback\nConnectionError: no route")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: failed)
    assert audit.main([]) == 2
    told = capsys.readouterr().out
    assert told.startswith("error: the advisory database could not be asked: ConnectionError: no route\n")
    assert "Run it where the database can be reached" in told
