"""`sft completion`: the script that lets a shell complete commands and options."""

from __future__ import annotations

import argparse
import shutil
import subprocess

import pytest

from pipeline.cli import COMMANDS
from pipeline.commands.completion import SHELLS, add_arguments, run, script, words


def test_every_command_has_its_long_options_and_choices() -> None:
    found = words()
    assert set(found) == set(COMMANDS)
    assert all("--help" in options for options in found.values())
    assert {"show", "trim"} <= set(found["cache"])
    assert {"--data", "--refused"} <= set(found["release"])
    assert set(SHELLS) <= set(found["completion"])


@pytest.mark.parametrize("shell", SHELLS)
def test_a_script_names_commands_and_their_options(shell: str) -> None:
    text = script(shell, {"trace": ["--json", "--help"], "run": ["--help"]})
    assert "trace" in text
    assert "--json --help" in text


@pytest.mark.skipif(not shutil.which("bash"), reason="bash is not installed")
@pytest.mark.parametrize(
    ("typed", "completed"), [("sft tr", {"trace"}), ("sft trace --j", {"--json"}), ("sft nothing --", set())]
)
def test_bash_completes_what_was_begun(typed: str, completed: set[str]) -> None:
    words_ = typed.split()
    given = " ".join(f"'{word}'" for word in words_)
    text = script("bash", {"trace": ["--json", "--help"], "run": ["--help"]})
    program = f'{text}\nCOMP_WORDS=({given}); COMP_CWORD={len(words_) - 1}; _sft; echo "${{COMPREPLY[@]}}"'
    said = subprocess.run(["bash", "-c", program], capture_output=True, text=True, check=True).stdout
    assert set(said.split()) == completed


def test_the_command_prints_the_script(capsys) -> None:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    run(parser.parse_args(["fish"]))
    assert capsys.readouterr().out.startswith("complete -c sft")
    with pytest.raises(SystemExit):
        parser.parse_args(["tcsh"])
