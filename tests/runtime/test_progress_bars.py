"""Bars of libraries are off in a fresh process, and a person can have them back."""

from __future__ import annotations

import subprocess
import sys

import pytest

_WORK = """
from pipeline.runtime.progress_bars import silence_bars
silence_bars()
from tqdm.auto import tqdm
list(tqdm(range(3), desc="loading weights"))
"""


@pytest.mark.parametrize(("given", "seen"), [({}, False), ({"TQDM_DISABLE": ""}, True)])
def test_bars_are_off_unless_asked_for(given, seen, monkeypatch):
    monkeypatch.delenv("TQDM_DISABLE", raising=False)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    done = subprocess.run([sys.executable, "-c", _WORK], capture_output=True, text=True, check=True)
    assert ("loading weights" in done.stderr) is seen
