"""Holds the final table against the suite of params.yaml; exports the dataset when no error is left."""

from __future__ import annotations

from pipeline.runtime.stage import enter
from pipeline.validate.run import STAGES, run

if __name__ == "__main__":
    enter("validate", __doc__, (*STAGES, "released"), run)
