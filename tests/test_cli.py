from __future__ import annotations

import argparse
import os
import re
import shlex
import shutil
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


def test_a_wrong_command_is_refused_with_the_one_that_was_meant():
    shown = sft("trcae", "x")
    assert shown.returncode == 2
    assert "did you mean 'trace'?" in shown.stderr
    assert "Traceback" not in shown.stderr


def test_a_wrong_option_is_refused_with_the_one_that_was_meant():
    shown = sft("compare", "--minute5s", "1")
    assert shown.returncode == 2
    assert "did you mean '--minutes'?" in shown.stderr


def test_alone_it_shows_its_help_and_it_tells_its_version():
    shown = sft()
    assert shown.returncode == 0
    assert all(name in shown.stdout for name in cli.COMMANDS)
    told = sft("--version")
    assert told.returncode == 0
    assert re.fullmatch(r"sft \d+\.\d+\S*\n", told.stdout)


def test_examples_stand_in_the_help_of_a_command():
    assert 'examples:\n  sft trace 0f3c9a\n  sft trace "charged twice"' in sft("trace", "--help").stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_knows_every_command_and_its_options(shell):
    script = sft("completion", shell).stdout
    assert all(name in script for name in cli.COMMANDS)
    assert "--minutes" in script


def test_bash_completes_commands_and_options(tmp_path):
    (tmp_path / "sft.bash").write_text(sft("completion", "bash").stdout, "utf-8")
    line = (
        f"source {tmp_path}/sft.bash; COMP_WORDS=(sft comp); COMP_CWORD=1; _sft; echo ${{COMPREPLY[@]}}; "
        "COMP_WORDS=(sft compare --mi); COMP_CWORD=2; _sft; echo ${COMPREPLY[@]}"
    )
    shown = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=True)
    assert shown.stdout.splitlines() == ["compare completion", "--minutes"]


def test_compare_without_a_dataset_is_one_message_and_fails(tmp_path):
    shutil.copy(ROOT / "pipeline/commands/templates/classification.yaml", tmp_path / "params.yaml")
    shown = sft("compare", cwd=tmp_path)
    assert shown.returncode == 1
    assert shown.stdout == ""
    assert shown.stderr.count("no such dataset folder") == 1


@pytest.mark.parametrize(
    ("name", "line"),
    [(name, line) for name, lines in cli.EXAMPLES.items() for line in lines if line.startswith("sft ")],
)
def test_examples_of_the_help_are_read_by_their_own_command(name, line):
    _, command, *rest = shlex.split(line.partition(" > ")[0], comments=True)
    parser = argparse.ArgumentParser()
    import_module(cli.COMMANDS[name].module).add_arguments(parser)
    assert command == name
    assert parser.parse_known_args(rest)[1] == []
