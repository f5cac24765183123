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
    run(argparse.Namespace(json=False))
    assert "set aside as dvc.lock.damaged" in capsys.readouterr().out
    assert (built / DAMAGED).is_file()
    assert dvc("repro").returncode == 0
    assert (built / "b.txt").read_text("utf-8") == "文本\n"
    assert (built / "dvc.lock").read_text("utf-8") == whole


def test_wherever_it_is_cut_dvc_takes_what_we_call_sound(built: Path) -> None:
    whole = (built / "dvc.lock").read_bytes()
    refused = []
    for at in [0, 1, *range(7, len(whole), 17), len(whole)]:
        (built / "dvc.lock").write_bytes(whole[:at])
        if is_readable(built / "dvc.lock") and dvc("repro", "--dry").returncode != 0:
            refused.append(whole[:at])
    assert not refused


@pytest.mark.parametrize(
    "end", ["make:", "cmd:", "cmd: cat", "- path:", "hash: m", "hash: md5", "md5:", "md5: b0", "size:"]
)
def test_what_is_cut_there_is_not_sound(built: Path, end: str) -> None:
    whole = (built / "dvc.lock").read_text("utf-8")
    (built / "dvc.lock").write_text(whole[: whole.rindex(end.split()[0]) + len(end)], "utf-8")
    found = is_readable(built / "dvc.lock")
    assert found == (end in {"cmd: cat", "hash: md5"})  # these say less than they did, and DVC goes by what they say


def test_a_sound_lock_and_none_stay(built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (built / "dvc.lock").read_bytes()
    run(argparse.Namespace(json=False))
    assert (built / "dvc.lock").read_bytes() == before
    (built / "dvc.lock").unlink()
    run(argparse.Namespace(json=False))
    assert capsys.readouterr().out.splitlines() == [
        "dvc.lock: sound",
        "dvc.lock: there is none here yet; dvc repro writes it",
    ]
    assert not (built / DAMAGED).exists()
