"""Write the quality report: one self-contained HTML page, and the same content as JSON."""

from __future__ import annotations

from pathlib import Path

from pipeline.core.settings import load, load_task
from pipeline.report.data_docs import write_chinese
from pipeline.report.document import build
from pipeline.report.inputs import load_inputs
from pipeline.report.params import Params
from pipeline.report.render import render
from pipeline.report.rows.write import write_lists
from pipeline.runtime.stage import log
from pipeline.runtime.store import write_json


def run(data: Path, out: Path) -> None:
    """Read the stage folders below `data`; write quality.html, quality.json, data_docs.zh.html and tables/ to `out`."""
    params = load("report", Params)
    inputs = load_inputs(data, load_task(), params)
    document = build(inputs, write_lists(inputs, out / "tables"))
    page = render(document)
    write_json(document, out / "quality.json")
    write_chinese(data / "validate/data_docs/index.html", out)
    (out / "quality.html").write_bytes(page.encode("utf-8"))
    log.info("%-9s quality.html  %s KB, verdict: %s", "report", f"{len(page) // 1024:,}", document["verdict"]["state"])
