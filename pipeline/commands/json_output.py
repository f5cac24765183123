"""`--json`: what a command tells, as one JSON object on standard output, for programs."""

from __future__ import annotations

import argparse
import json
import sys


def add_json(parser: argparse.ArgumentParser, what: str) -> None:
    """The option `--json`; `what` it prints."""
    parser.add_argument("--json", action="store_true", help=f"print {what} as JSON")


def write_as_json(told: object) -> None:
    """Keys in order, so that equal results are equal text; other alphabets as they are."""
    sys.stdout.write(json.dumps(told, ensure_ascii=False, indent=2, sort_keys=True) + "\n")
