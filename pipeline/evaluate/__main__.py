"""Evaluate the trained model on the frozen test split: metrics, slices, calibration, worst errors, robustness."""

from __future__ import annotations

from pipeline.evaluate.run import run
from pipeline.runtime.stage import enter

if __name__ == "__main__":
    enter("evaluate", __doc__, ("dataset", "model"), run, trains=True)
