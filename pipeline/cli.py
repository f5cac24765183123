"""The `sft` command: what people run by hand. Stages are run by DVC (`python -m pipeline.<stage>`)."""

from __future__ import annotations

import argparse
import re
import sys
from difflib import get_close_matches
from importlib import import_module
from importlib.metadata import version
from typing import NamedTuple, NoReturn


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
    "pretrain": Command(
        "pipeline.commands.pretrain", "let encoder or generator read the project's own texts before training"
    ),
    "onnx": Command("pipeline.commands.onnx", "write the trained model as ONNX, checked and timed"),
    "init": Command("pipeline.commands.init", "start a project in an empty folder, or another one in this one"),
    "repro": Command("pipeline.commands.repro", "build what has changed: `dvc repro` without DVC's own advice"),
    "run": Command("pipeline.commands.run_stage", "run one stage, as dvc.yaml of a project without a clone does"),
    "label": Command(
        "pipeline.commands.label", "label with people in Label Studio: up, push, status, pull, backend, down"
    ),
    "trace": Command("pipeline.commands.trace", "tell a record's whole lineage: where from, what changed, why dropped"),
    "retrieve": Command("pipeline.commands.retrieve", "give questions the passages or triples that may answer them"),
    "render": Command("pipeline.commands.render", "show one record as the model sees it, learned tokens marked"),
    "diff": Command(
        "pipeline.commands.diff", "what changed between two versions: records added, removed, relabelled, by reason"
    ),
    "export": Command(
        "pipeline.commands.export", "write the dataset in other forms (messages, alpaca, ...), or push it to a hub"
    ),
    "release": Command("pipeline.commands.release", "make this version the one that later versions are compared with"),
    "completion": Command("pipeline.commands.completion", "print the script that completes commands in your shell"),
    "repair": Command("pipeline.commands.repair", "after a crash: set aside a dvc.lock that DVC cannot read any more"),
    "cache": Command("pipeline.commands.cache", "show or trim the cache of model results"),
}

#: Lines to type, shown at the end of a command's help.
EXAMPLES: dict[str, tuple[str, ...]] = {
    "predict": ('sft predict "I was charged twice"',),
    "serve": ("sft serve",),
    "compare": ("sft compare --minutes 20", "sft compare --json > compared.json"),
    "init": ("sft init --list", "sft init classification"),
    "label": ("sft label up", "sft label push", "sft label status --json", "sft label pull"),
    "trace": ("sft trace 0f3c9a", 'sft trace "charged twice"', "sft trace order-4711  # the source's own key"),
    "diff": ("sft diff HEAD~1", "sft diff HEAD~1 --json"),
    "release": ("sft release", "sft release --name v1.2 --json"),
    "onnx": ("sft onnx", "sft onnx --int8 --agreement 0.97"),
    "repro": ("sft repro", "sft repro validate", "sft repro --json > ran.json"),
    "run": ("sft run clean data/collect data/annotations/decisions data/clean  # what dvc.yaml does",),
    "pretrain": (
        "sft pretrain --out models/adapted",
        "sft pretrain manuals.txt --model generator --out models/adapted",
    ),
    "retrieve": ("sft retrieve questions.jsonl handbook.txt --out data/raw/questions.jsonl",),
    "render": ("sft render 0f3c9a",),
    "export": ("sft export --form alpaca --out exported", "sft export --push owner/name"),
    "repair": ("sft repair",),
    "cache": ("sft cache", "sft cache trim --days 30"),
    "completion": ("source <(sft completion bash)", "sft completion fish > ~/.config/fish/completions/sft.fish"),
}


#: How bytes that are no UTF-8 come in from the command line; NUL only from a program.
_BROKEN = re.compile(r"[\ud800-\udfff\0]")


class Parser(argparse.ArgumentParser):
    """A parser whose message on an unknown command or option says what may have been meant."""

    def error(self, message: str) -> NoReturn:
        """Print usage and message, exit 2."""
        unknown = re.search(r"invalid choice: '([^']*)'|unrecognized arguments: (\S+)", message)
        if unknown:
            word = unknown[2] if unknown[1] is None else unknown[1]
            choices = [str(one) for action in self._actions for one in action.choices or ()]
            near = get_close_matches(word, [*self._option_string_actions, *choices], 1)
            known = f"did you mean '{near[0]}'?" if near else f"see {self.prog} --help"
            message = f"unknown: '{word}'; {known}"
        super().error(message)


def _examples(name: str) -> str:
    """The examples of a command's help."""
    return "\n".join(("examples:", *(f"  {line}" for line in EXAMPLES.get(name, (f"sft {name} --help",)))))


def main() -> None:
    """Parse the command's name, import its module, run it. Without a name, show the help."""
    about = "Build SFT datasets you can trust. Rebuild what changed: sft repro"
    parser = Parser(prog="sft", description=about, epilog="A command's own help and examples: sft COMMAND --help")
    parser.add_argument("--version", action="store_true", help="print the version and exit")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=Parser)
    chosen = next((word for word in sys.argv[1:] if not word.startswith("-")), None)
    for name, command in COMMANDS.items():
        subparser = subparsers.add_parser(
            name,
            help=command.about,
            description=command.about,
            epilog=_examples(name),
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        if name == chosen:
            import_module(command.module).add_arguments(subparser)
    for broken in filter(_BROKEN.search, sys.argv[1:]):
        parser.error(f"{broken!a} is no text: it holds bytes that are no UTF-8")
    arguments, unknown = parser.parse_known_args()
    if unknown:
        (subparsers.choices[chosen] if chosen in COMMANDS else parser).error(f"unrecognized arguments: {unknown[0]}")
    if arguments.version:
        sys.stdout.write(f"sft {version('sft-data-pipeline')}\n")
        return
    if arguments.command is None:
        parser.print_help()
        return

    from pipeline.core.errors import exit_code
    from pipeline.runtime.progress_bars import silence_bars
    from pipeline.runtime.threads import limit_threads

    limit_threads(trains=True)
    silence_bars()
    sys.exit(exit_code(lambda: import_module(COMMANDS[arguments.command].module).run(arguments)))


if __name__ == "__main__":
    main()
