"""`sft label`: the live loop with Label Studio. `dvc repro` never needs it, nor the network."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from pipeline.commands.json_output import add_json, write_as_json


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `sft label` and of its commands."""
    commands = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    up = commands.add_parser(
        "up", help="start Label Studio here (or use the one in LABEL_STUDIO_URL), make the project"
    )
    up.add_argument("--port", type=int, default=8080, help="the port to try first (default: 8080)")
    up.add_argument("--replace-config", action="store_true", help="write our labeling config over the project's")
    down = commands.add_parser("down", help="stop the Label Studio that `up` started; its data stay")
    status = commands.add_parser("status", help="progress, people, agreement so far")
    push = commands.add_parser("push", help="send the most useful records as tasks, with pre-labels")
    push.add_argument("--renew", action="store_true", help="replace tasks that nobody has touched by a new choice")
    pull = commands.add_parser("pull", help="fetch answers into data/annotations/, only what is new")
    pull.add_argument("--all", action="store_true", help="look at every task again, changed or not")
    for parser_of_one in (up, down, status, push, pull):
        add_json(parser_of_one, "what was found" if parser_of_one is status else "what was done, line by line,")
    backend = commands.add_parser("backend", help="answer with the trained model while people work")
    backend.add_argument("--model", type=Path, default=Path("data/train/model"), help="a folder that train wrote")
    backend.add_argument("--host", default="127.0.0.1", help="address to serve on (default: this machine only)")
    backend.add_argument("--port", type=int, default=9090, help="the port to try first (default: 9090)")
    backend.add_argument("--no-register", action="store_true", help="serve only; connect it in Label Studio by hand")


def run(arguments: argparse.Namespace) -> None:
    """Run one command and print what it did."""
    is_json = getattr(arguments, "json", False)
    if is_json and arguments.action == "status":
        write_as_json(_standing())
        return
    said = ACTIONS[arguments.action](arguments)
    if is_json:
        write_as_json({"done": [*said]})
        return
    for line in said:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


def _up(arguments: argparse.Namespace) -> Iterable[str]:
    from pipeline.studio.up import up

    return up(arguments.port, arguments.replace_config)


def _down(arguments: argparse.Namespace) -> Iterable[str]:
    from pipeline.studio.server import stop

    return [stop()]


def _status(arguments: argparse.Namespace) -> Iterable[str]:
    from pipeline.studio.status import status

    return status(Path("data/annotations"))


def _standing() -> Mapping[str, object]:
    from pipeline.studio.status import standing

    return standing(Path("data/annotations"))


def _push(arguments: argparse.Namespace) -> Iterable[str]:
    from pipeline.studio.push import push

    return push(Path("data"), arguments.renew)


def _pull(arguments: argparse.Namespace) -> Iterable[str]:
    from pipeline.studio.pull import pull

    return pull(Path("data/annotations"), arguments.all)


def _backend(arguments: argparse.Namespace) -> Iterable[str]:
    from pipeline.commands.label_backend import backend

    backend(arguments.model, arguments.host, arguments.port, not arguments.no_register)
    return []


ACTIONS: dict[str, Callable[[argparse.Namespace], Iterable[str]]] = {
    "up": _up,
    "down": _down,
    "push": _push,
    "pull": _pull,
    "status": _status,
    "backend": _backend,
}
