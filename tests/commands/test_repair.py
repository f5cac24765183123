"""`sft repair`: a dvc.lock that was cut off anywhere stops nobody, a sound one stays as it is."""

from __future__ import annotations

import argparse
import subprocess
from pathlib import Path

import pytest

from pipeline.commands.repair import DAMAGED, is_readable, run

YAML = """stages:
  make:
    cmd: cat a.txt > b.txt
    deps:
    - a.txt
    outs:
    - b.txt
"""


def dvc(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["dvc", *words], capture_output=True, text=True)


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A built project of one stage, the working directory."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dvc.yaml").write_text(YAML, "utf-8")
    (tmp_path / "a.txt").write_text("文本\n", "utf-8")
    assert dvc("init", "--no-scm", "-q").returncode == 0
    assert dvc("repro").returncode == 0
    return tmp_path


def test_a_lock_that_was_cut_off_is_set_aside(built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole = (built / "dvc.lock").read_text("utf-8")
    (built / "dvc.lock").write_text(whole[: whole.index("    cmd:")], "utf-8")
    (built / "b.txt").unlink()
    assert dvc("repro").returncode != 0  # what DVC makes of it
    run(argparse.Namespace())
    assert "set aside as dvc.lock.damaged" in capsys.readouterr().out
    assert (built / DAMAGED).is_file()
    assert dvc("repro").returncode == 0
    assert (built / "b.txt").read_text("utf-8") == "文本\n"
    assert (built / "dvc.lock").read_text("utf-8") == whole


def test_wherever_it_is_cut_dvc_and_we_agree(built: Path) -> None:
    whole = (built / "dvc.lock").read_bytes()
    other = []
    for at in [0, 1, *range(7, len(whole), 23)]:
        (built / "dvc.lock").write_bytes(whole[:at])
        if is_readable(built / "dvc.lock") != (dvc("repro", "--dry").returncode == 0):
            other.append(whole[:at])
    assert not other


def test_a_sound_lock_and_none_stay(built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (built / "dvc.lock").read_bytes()
    run(argparse.Namespace())
    assert (built / "dvc.lock").read_bytes() == before
    (built / "dvc.lock").unlink()
    run(argparse.Namespace())
    assert capsys.readouterr().out.splitlines() == [
        "dvc.lock: sound",
        "dvc.lock: there is none here yet; dvc repro writes it",
    ]
    assert not (built / DAMAGED).exists()
