"""Read every source of params.yaml into records; quarantine what cannot be read.

In: data/raw, task, collect. Out: records, and dropped rows with file, row, reason and the raw text.
"""

from __future__ import annotations

from pipeline.collect.run import run
from pipeline.runtime.stage import enter

if __name__ == "__main__":
    enter("collect", __doc__, ("raw",), run)
