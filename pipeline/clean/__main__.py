"""Repair text, remove duplicates, find doubtful labels, assign splits."""

from __future__ import annotations

from pathlib import Path

from pipeline.clean.run import run
from pipeline.runtime.stage import enter


def work(collected: Path, decisions: Path, out: Path) -> None:
    """`run`, with its paths in the order of the command line."""
    run(collected, out, decisions)


if __name__ == "__main__":
    enter("clean", __doc__, ("collected", "decisions"), work)
