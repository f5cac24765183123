"""`sft completion`: the script that lets a shell complete commands and options."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from itertools import chain

SHELLS = ("bash", "zsh", "fish")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `sft completion`."""
    parser.add_argument("shell", choices=SHELLS, help="which shell's script is printed")


def run(arguments: argparse.Namespace) -> None:
    """Print the script: every command, and the options of each."""
    sys.stdout.write(script(arguments.shell, words()))


def words() -> dict[str, list[str]]:
    """Command -> its options, long ones; the names of what it takes where they are a choice."""
    from pipeline.cli import COMMANDS

    found = {}
    for name, command in COMMANDS.items():
        parser = argparse.ArgumentParser(prog=name, add_help=False)
        import_module(command.module).add_arguments(parser)
        actions = parser._actions
        found[name] = sorted([*chain.from_iterable(map(_words_of, actions)), "--help"])
    return found


def _words_of(action: argparse.Action) -> list[str]:
    """The long names of an option; the choices of what is no option."""
    if action.option_strings:
        return [option for option in action.option_strings if option.startswith("--")]
    return list(map(str, action.choices or ()))


def script(shell: str, found: dict[str, list[str]]) -> str:
    """The script for `shell`; to try it in this session: `source <(sft completion bash)`."""
    if shell == "fish":
        commands = "".join(f"complete -c sft -n __fish_use_subcommand -f -a {name}\n" for name in found)
        rest = "".join(
            f"complete -c sft -n '__fish_seen_subcommand_from {name}' -a '{' '.join(options)}'\n"
            for name, options in found.items()
        )
        return commands + rest
    cases = "".join(f"    {name}) words='{' '.join(options)}' ;;\n" for name, options in found.items())
    head = "autoload -U +X bashcompinit && bashcompinit\n" if shell == "zsh" else ""
    return (
        f"{head}_sft() {{\n  local words\n"
        '  case "${COMP_WORDS[1]}" in\n'
        f'{cases}    *) words="" ;;\n  esac\n'
        f"  [ \"$COMP_CWORD\" = 1 ] && words='{' '.join(found)} --help --version'\n"
        '  COMPREPLY=($(compgen -W "$words" -- "${COMP_WORDS[COMP_CWORD]}"))\n}\n'
        "complete -o default -F _sft sft\n"
    )
