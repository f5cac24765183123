"""`sft label`: the live loop with Label Studio. `dvc repro` never needs it, nor the network."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `sft label` and of its commands."""
    commands = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    up = commands.add_parser(
        "up", help="start Label Studio here (or use the one in LABEL_STUDIO_URL), make the project"
    )
    up.add_argument("--port", type=int, default=8080, help="the port to try first (default: 8080)")
    up.add_argument("--replace-config", action="store_true", help="write our labeling config over the project's")
    commands.add_parser("down", help="stop the Label Studio that `up` started; its data stay")
    commands.add_parser("status", help="progress, people, agreement so far")


def run(arguments: argparse.Namespace) -> None:
    """Run one command and print what it did."""
    for line in ACTIONS[arguments.action](arguments):
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


ACTIONS: dict[str, Callable[[argparse.Namespace], Iterable[str]]] = {"up": _up, "down": _down, "status": _status}
