"""Make new training records from the train split, keep those that pass the gate and do not hurt; select."""

from __future__ import annotations

from pipeline.augment.run import run
from pipeline.runtime.stage import enter

if __name__ == "__main__":
    enter("augment", __doc__, ("label",), run)
