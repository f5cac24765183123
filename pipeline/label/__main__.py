"""Decide one label a record from people, crowd votes, the source and a model; queue what people should look at."""

from __future__ import annotations

from pipeline.label.run import run
from pipeline.runtime.stage import enter

if __name__ == "__main__":
    enter("label", __doc__, ("clean", "annotations"), run)
