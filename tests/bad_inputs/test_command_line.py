"""Each option of each `sft` command with what it cannot use: exit code 0, 1 or 2, one message, no traceback."""

from __future__ import annotations

import sys
import traceback
from collections import Counter
from pathlib import Path

import pytest

from pipeline import cli
from tests.bad_inputs.commands import lines
from tests.fixture_types import RecordProperty


def test_bad_command_lines(
    finished_project: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    record_property: RecordProperty,
) -> None:
    monkeypatch.chdir(finished_project)
    monkeypatch.setenv("SFT_CACHE", str(tmp_path / "cache"))
    ends, wrong = Counter[object](), list[str]()
    for words in lines(tmp_path):
        shown = " ".join(words)[:100]
        monkeypatch.setattr(sys, "argv", ["sft", *words])
        code: object = 0
        try:
            cli.main()
        except SystemExit as error:
            code = error.code or 0
        except Exception:
            wrong.append(f"{shown!r}: {traceback.format_exc()[-400:]}")
        told = capsys.readouterr().err
        if code in (1, 2) and "error:" not in told:
            wrong.append(f"{shown!r} ends with {code} and says nothing")
        ends[code] += 1
    record_property("counts", f"command lines: {sum(ends.values())}, by exit code {dict(sorted(ends.items()))}")
    assert not wrong, "\n".join(wrong)
    assert set(ends) <= {0, 1, 2}
    assert ends[1] > 100
    assert ends[2] > 30
