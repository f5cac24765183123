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
    assert {name.split()[0] for name in found} == {name for name in found if " " not in name} == set(COMMANDS)
    assert all("--help" in options for place, options in found.items() if " --" not in place)
    assert {"show", "trim"} <= set(found["cache"])
    assert {"--data", "--refused"} <= set(found["release"])
    assert set(SHELLS) <= set(found["completion"])
    assert {"--days", "--size", "--step"} <= set(found["cache trim"])
    assert {"--renew", "--json"} <= set(found["label push"])
    assert {"classification", "ner", "--git"} <= set(found["init"])
    assert {"sharegpt", "alpaca"} <= set(found["export --form"])
    assert {"collect", "report"} <= set(found["run"]) & set(found["repro"])


@pytest.mark.parametrize("shell", SHELLS)
def test_a_script_names_commands_and_their_options(shell: str) -> None:
    text = script(shell, {"trace": ["--json", "--help"], "run": ["--help"]})
    assert "trace" in text
    assert "--json --help" in text


#: A command with an action that has an option, and an option with choices.
SOME = {
    "trace": ["--json", "--help"],
    "run": ["--help"],
    "cache": ["show", "trim", "--json"],
    "cache trim": ["--days", "--size"],
    "export": ["--form", "--out"],
    "export --form": ["alpaca", "trl"],
}


@pytest.mark.skipif(not shutil.which("bash"), reason="bash is not installed")
@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("sft tr", {"trace"}),
        ("sft trace --j", {"--json"}),
        ("sft nothing --", set()),
        ("sft cache ", {"show", "trim", "--json"}),
        ("sft cache tr", {"trim"}),
        ("sft cache trim", {"trim"}),
        ("sft cache trim --", {"--days", "--size"}),
        ("sft cache trim --days 3 --s", {"--size"}),
        ("sft export --form ", {"alpaca", "trl"}),
        ("sft export --form trl --o", {"--out"}),
    ],
)
def test_bash_completes_what_was_begun(typed: str, completed: set[str]) -> None:
    parts = typed.split(" ")
    given = " ".join(f"'{word}'" for word in parts)
    program = (
        f'{script("bash", SOME)}\nCOMP_WORDS=({given}); COMP_CWORD={len(parts) - 1}; _sft; echo "${{COMPREPLY[@]}}"'
    )
    said = subprocess.run(["bash", "-c", program], capture_output=True, text=True, check=True).stdout
    assert set(said.split()) == completed


def test_the_command_prints_the_script(capsys) -> None:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    run(parser.parse_args(["fish"]))
    assert capsys.readouterr().out.startswith("complete -c sft")
    with pytest.raises(SystemExit):
        parser.parse_args(["tcsh"])
