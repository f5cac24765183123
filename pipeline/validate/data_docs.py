"""Data Docs as one page that needs no network and runs no script.

Great Expectations renders the sections (data_docs_sections.py); the page around them is ours, because the stock one
loads a dozen files from other servers. A content security policy forbids scripts.
"""

from __future__ import annotations

import re
from pathlib import Path

from pipeline.validate.data_docs_page import PAGE, STYLE
from pipeline.validate.expectation_results import Results
from pipeline.validate.report_types import Totals


def write_data_docs(results: Results, totals: Totals, folder: Path) -> None:
    """Write `folder/index.html`. Equal results give equal bytes: times and random ids are left out."""
    from jinja2 import Environment

    page = (
        Environment()
        .from_string(PAGE)
        .render(
            style=STYLE,
            findings=[finding.as_dict() for finding in results.findings],
            failed=[finding for finding in results.findings if not finding.passed],
            sections=results.sections,
            ge_version=results.version,
            totals=totals,
        )
    )
    folder.mkdir(parents=True, exist_ok=True)
    lines = "\n".join(line.rstrip() for line in page.splitlines() if line.strip())
    (folder / "index.html").write_text(in_plain_words(lines), "utf-8")


#: What the stock renderer says of results, and what it means: a verdict that is null is a record without fault.
_PLAIN = (
    (re.compile(r"(\d[\d.]*%) null"), r"\1 of the records pass"),
    (re.compile(r"(\d[\d.]*%) not null"), r"\1 of the records have a value"),
    (re.compile(r"\b([\d,]+) unexpected values? found\.\s*"), r"\1 records fail: "),
    (re.compile(r"\b(\S+%) of ([\d,]+) total rows\."), r"\1 of \2."),
    (re.compile("Sampled Unexpected Values"), "Examples"),
    (re.compile("Unexpected Value"), "Example"),
    (re.compile(r"(\d[\d.]*%) unexpected<"), r"\1 of the records fail<"),
    (re.compile(r">\s*Status\s*<"), ">Result<"),
    (re.compile(r">\s*Observed Value\s*<"), ">Found<"),
    (re.compile(r">\s*Table-Level Expectations\s*<"), ">The whole table<"),
)


def in_plain_words(page: str) -> str:
    """The page without the library's own terms for results."""
    for pattern, plain in _PLAIN:
        page = pattern.sub(plain, page)
    return page
