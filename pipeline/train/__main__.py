"""Fine-tune the task's model on the exported dataset: `python -m pipeline.train DATASET OUT`."""

from __future__ import annotations

from pipeline.runtime.stage import enter
from pipeline.train.run import run

if __name__ == "__main__":
    enter("train", __doc__, ("dataset",), run, trains=True)
