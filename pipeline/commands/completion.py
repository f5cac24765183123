"""`sft completion`: the script that lets a shell complete commands and options."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module

SHELLS = ("bash", "zsh", "fish")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `sft completion`."""
    parser.add_argument("shell", choices=SHELLS, help="which shell's script is printed")


def run(arguments: argparse.Namespace) -> None:
    """Print the script: every command, its actions, and the options and choices of each."""
    sys.stdout.write(script(arguments.shell, words()))


def words() -> dict[str, list[str]]:
    """What may follow `command`, `command action` and `command --option`: long options, actions, choices, names."""
    from pipeline.cli import COMMANDS

    found: dict[str, list[str]] = {}
    for name, command in COMMANDS.items():
        parser = argparse.ArgumentParser(prog=name, add_help=False)
        import_module(command.module).add_arguments(parser)
        for place, options in _words_of(name, parser).items():
            found[place] = [*options, *_names(place)]
    found["export --form"] = _names("export --form")
    return found


def _words_of(name: str, parser: argparse.ArgumentParser) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {name: []}
    for action in parser._actions:
        options = [option for option in action.option_strings if option.startswith("--")]
        choices = [str(one) for one in action.choices or ()]
        found[name] += options or choices
        found |= {f"{name} {option}": choices for option in options if choices}
        if isinstance(action, argparse._SubParsersAction):
            for part, one in action.choices.items():
                found |= _words_of(f"{name} {part}", one)
    found[name] = sorted({*found[name], "--help"}, key=lambda word: (word.startswith("-"), word))
    return found


def _names(command: str) -> list[str]:
    """What a command takes that its parser does not list: projects, stages, forms."""
    if command == "init":
        from pipeline.commands.init import projects

        return sorted(projects())
    if command in ("run", "repro"):
        from pipeline.commands.packaged_files import shipped_stages

        return [*shipped_stages()]
    if command == "export --form":
        from pipeline.export.formats import FORMS

        return sorted(FORMS)
    return []


def script(shell: str, found: Mapping[str, Sequence[str]]) -> str:
    """The script for `shell`; to try it in this session: `source <(sft completion bash)`."""
    commands = [name for name in found if " " not in name]
    if shell == "fish":
        heads = (f"complete -c sft -n __fish_use_subcommand -f -a {name}\n" for name in commands)
        return "".join(heads) + "".join(_fish(name, options) for name, options in found.items())
    cases = "".join(f"    '{name}') words='{' '.join(options)}' ;;\n" for name, options in found.items())
    head = "autoload -U +X bashcompinit && bashcompinit\n" if shell == "zsh" else ""
    return (
        f"{head}_sft_words() {{\n  case \"$1\" in\n{cases}    *) words='' ;;\n  esac\n}}\n"
        "_sft() {\n"
        '  local words="" command="${COMP_WORDS[1]}"\n'
        '  if [ "$COMP_CWORD" = 1 ]; then\n'
        f"    words='{' '.join(commands)} --help --version'\n"
        "  else\n"  # first what the word before asks for, then the action, then the command alone
        '    [ "$COMP_CWORD" -gt 2 ] && _sft_words "$command ${COMP_WORDS[COMP_CWORD-1]}"\n'
        '    [ -z "$words" ] && [ "$COMP_CWORD" -gt 2 ] && case "${COMP_WORDS[2]}" in\n'
        '      -*) ;;\n      *) _sft_words "$command ${COMP_WORDS[2]}" ;;\n    esac\n'
        '    [ -z "$words" ] && _sft_words "$command"\n'
        "  fi\n"
        '  COMPREPLY=($(compgen -W "$words" -- "${COMP_WORDS[COMP_CWORD]}"))\n}\n'
        "complete -o default -F _sft sft\n"
    )


def _fish(name: str, options: Sequence[str]) -> str:
    """What fish offers where every word of `name` stands in the line."""
    seen = "; and ".join(
        f"__fish_seen_subcommand_from {word}" if not word.startswith("-") else f"__fish_prev_arg_in {word}"
        for word in name.split()
    )
    return f"complete -c sft -n '{seen}' -a '{' '.join(options)}'\n"
