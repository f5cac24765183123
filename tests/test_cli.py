from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from importlib import import_module

import pytest

from pipeline import cli
from tests.conftest import ROOT

HEAVY = ("torch", "pandas", "pyarrow", "transformers", "numpy", "sklearn")


def sft(*words: str, cwd=ROOT) -> subprocess.CompletedProcess:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "pipeline.cli", *words]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)


def test_help_is_quick_and_names_every_command():
    times = []
    for _ in range(3):
        started = time.monotonic()
        shown = sft("--help")
        times.append(time.monotonic() - started)
    assert shown.returncode == 0
    assert all(name in shown.stdout for name in cli.COMMANDS)
    assert min(times) < 1


def test_help_imports_nothing_heavy():
    code = (
        "import sys; sys.argv = ['sft', '--help']\n"
        "from pipeline.cli import main\n"
        "try: main()\nexcept SystemExit: pass\n"
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert shown.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("name", sorted(cli.COMMANDS))
def test_every_command_offers_arguments_and_run(name):
    module = import_module(cli.COMMANDS[name].module)
    module.add_arguments(argparse.ArgumentParser())
    assert callable(module.run)


def test_a_user_error_is_one_plain_message(tmp_path):
    shown = sft("trace", "abc", cwd=tmp_path)
    assert shown.returncode == 1
    assert shown.stderr == "error: data: holds no records yet.\n  Build them first: dvc repro\n"


@pytest.mark.parametrize("words", [(), ("trcae", "x")])
def test_no_or_a_wrong_command_is_refused(words):
    shown = sft(*words)
    assert shown.returncode == 2
    assert "Traceback" not in shown.stderr
