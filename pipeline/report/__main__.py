"""Write the quality report: one self-contained HTML page, and the same content as JSON."""

from __future__ import annotations

from pipeline.report.run import run
from pipeline.runtime.stage import enter

if __name__ == "__main__":
    enter("report", __doc__, ("data",), run)
