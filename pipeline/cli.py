"""The `sft` command: what people run by hand. Stages are run by DVC (`python -m pipeline.<stage>`)."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from typing import NamedTuple


class Command(NamedTuple):
    """A command: the module that offers `add_arguments(parser)` and `run(arguments)`, and one line of help.

    Its settings are its arguments, so this is no `Entry`. The module is imported only when its command is run, so
    `sft --help` stays fast.
    """

    module: str
    about: str


COMMANDS: dict[str, Command] = {
    "predict": Command("pipeline.commands.predict", "answer texts with the trained model"),
    "serve": Command("pipeline.commands.serve", "answer over HTTP, for programs and Label Studio"),
    "compare": Command("pipeline.commands.compare", "try encoders and strategies within one time budget"),
    "onnx": Command("pipeline.commands.onnx", "write the trained model as ONNX, checked and timed"),
    "init": Command("pipeline.commands.init", "start a project in an empty folder, or another one in this one"),
    "run": Command("pipeline.commands.run_stage", "run one stage, as dvc.yaml of a project without a clone does"),
    "label": Command(
        "pipeline.commands.label", "label with people in Label Studio: up, push, status, pull, backend, down"
    ),
    "trace": Command("pipeline.commands.trace", "tell a record's whole story: where from, what changed, why dropped"),
    "render": Command("pipeline.commands.render", "show one record as the model sees it, learned tokens marked"),
    "diff": Command(
        "pipeline.commands.diff", "what changed between two versions: records added, removed, relabelled, by reason"
    ),
    "export": Command(
        "pipeline.commands.export", "write the dataset in other forms (messages, alpaca, ...), or push it to a hub"
    ),
    "release": Command("pipeline.commands.release", "make this version the one that later versions are compared with"),
    "cache": Command("pipeline.commands.cache", "show or trim the cache of model results"),
}


def main() -> None:
    """Parse the command's name, import its module, run it."""
    parser = argparse.ArgumentParser(prog="sft", description="Build SFT datasets you can trust. Rebuild all: dvc repro")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    chosen = next((word for word in sys.argv[1:] if not word.startswith("-")), None)
    for name, command in COMMANDS.items():
        subparser = subparsers.add_parser(name, help=command.about, description=command.about)
        if name == chosen:
            import_module(command.module).add_arguments(subparser)
    arguments = parser.parse_args()

    from pipeline.core.errors import exit_code
    from pipeline.runtime.threads import limit_threads

    limit_threads(trains=True)
    sys.exit(exit_code(lambda: import_module(COMMANDS[arguments.command].module).run(arguments)))


if __name__ == "__main__":
    main()
