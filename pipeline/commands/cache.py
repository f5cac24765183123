"""`sft cache`: how much the cache of per-record results holds, and how to make it smaller."""

from __future__ import annotations

import argparse
import json
import re
import sys

from pipeline.core.cache import cache_folder, trim, usage
from pipeline.core.errors import PipelineError

_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `sft cache`."""
    parser.add_argument("--json", action="store_true", help="print what the cache holds as JSON")
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    actions.add_parser("show", help="rows and bytes per step (the default)")
    less = actions.add_parser("trim", help="remove results; what is needed again is computed again")
    less.add_argument("--step", help="only results of this step")
    less.add_argument("--days", type=float, help="results stored longer ago than this")
    less.add_argument("--size", help="oldest first, until this much is left: 500M, 2G")


def run(arguments: argparse.Namespace) -> None:
    """Show the cache, or make it smaller."""
    removed = _trimmed(arguments) if arguments.action == "trim" else None
    found = usage()
    if arguments.json:
        steps = {step: {"rows": rows, "bytes": size} for step, rows, size in found}
        told = {"folder": cache_folder().as_posix(), "removed": removed, "steps": steps}
        sys.stdout.write(json.dumps(told, ensure_ascii=False, indent=2, sort_keys=True) + "\n")
        return
    if removed is not None:
        sys.stdout.write(f"removed {removed:,} results\n")
    sys.stdout.write(f"{cache_folder()}\n")
    lines = [f"{step:<40} {rows:>12,} rows {show_size(size):>10}\n" for step, rows, size in found]
    total = (sum(rows for _, rows, _ in found), sum(size for *_, size in found))
    sys.stdout.write("".join(lines) + f"{'all':<40} {total[0]:>12,} rows {show_size(total[1]):>10}\n")


def _trimmed(arguments: argparse.Namespace) -> int:
    if arguments.step is None and arguments.days is None and arguments.size is None:
        raise PipelineError("sft cache trim: nothing says what to remove.", "Give --step, --days or --size.")
    size = None if arguments.size is None else read_size(arguments.size)
    return trim(arguments.step, arguments.days, size)


def read_size(text: str) -> int:
    """`500M` -> 500 000 000 bytes; units k, M, G, T, with or without a B."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kmgt]?)b?", text.strip().lower())
    if not match:
        raise PipelineError(f"sft cache trim: --size {text} is not a size.", "Write it as 500M or 2G.")
    return int(float(match[1]) * _UNITS[match[2]])


def show_size(size: float) -> str:
    """Bytes in the largest unit that leaves a figure above one."""
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:,.0f} B" if unit == "B" else f"{size:,.1f} {unit}"
        size /= 1000
    return f"{size:,.1f} TB"
