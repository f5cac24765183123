"""Repair text, remove duplicates, find likely label errors, assign splits."""

from __future__ import annotations

from pipeline.clean.run import run
from pipeline.runtime.stage import enter

if __name__ == "__main__":
    enter("clean", __doc__, ("collected", "decisions"), run)
