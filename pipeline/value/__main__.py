"""Measure the effect of each data step: one cheap model per state of the training data, one frozen test split."""

from __future__ import annotations

from pipeline.runtime.stage import enter
from pipeline.value.run import run

if __name__ == "__main__":
    enter("value", __doc__, ("collect", "clean", "label", "augment", "validate"), run)
