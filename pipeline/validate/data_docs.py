"""Data Docs as one page that needs no network and runs no script.

Great Expectations renders the sections; the page around them is ours, because the stock one loads
a dozen files from other servers. Sampled values are escaped before rendering (the stock renderer
puts them out raw, and a text may hold markup), and a content security policy forbids scripts anyway.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

from pipeline.core.errors import shorten
from pipeline.validate.data_docs_page import PAGE, STYLE
from pipeline.validate.gx import Finding
from pipeline.validate.report_types import Totals

if TYPE_CHECKING:
    from great_expectations.core.expectation_validation_result import ExpectationSuiteValidationResult
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

#: How many characters of a sampled value are shown. A guess: not measured.
SHOWN = 200


_Value = TypeVar("_Value")


def write_data_docs(
    findings: Sequence[Finding], outcome: ExpectationSuiteValidationResult, totals: Totals, folder: Path
) -> None:
    """Write `folder/index.html`. Equal findings give equal bytes: times and random ids are left out."""
    from great_expectations.render.renderer.page_renderer import ValidationResultsPageRenderer
    from great_expectations.render.view.view import DefaultJinjaPageView
    from jinja2 import ChoiceLoader, DictLoader

    for finding, result in zip(findings, outcome.results, strict=True):
        result.result = escaped(result.result)
        _name(finding, result.expectation_config)
    outcome.meta = {"great_expectations_version": outcome.meta["great_expectations_version"]}
    document = ValidationResultsPageRenderer(run_info_at_end=True).render(outcome)
    # The first section holds statistics, the last one times and ids: ours says more, and the same on every run.
    document.sections = document.sections[1:-1]
    view = DefaultJinjaPageView()
    view.env.loader = ChoiceLoader([DictLoader({"page.j2": PAGE}), *([view.env.loader] if view.env.loader else [])])
    page = view.render(
        document,
        style=STYLE,
        findings=[finding.as_dict() for finding in findings],
        failed=[finding for finding in findings if not finding.passed],
        totals=totals,
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


def escaped(value: _Value) -> _Value:
    """`value` with every string in it, keys too, cut to a readable length and made safe to stand in HTML."""
    return cast("_Value", _escaped(value))


def _escaped(value: object) -> object:
    if isinstance(value, str):
        return html.escape(shorten(value, SHOWN))
    if isinstance(value, Mapping):
        return {_escaped(key): _escaped(item) for key, item in value.items()}
    return [_escaped(item) for item in value] if isinstance(value, list | tuple) else value


def _name(finding: Finding, config: ExpectationConfiguration | None) -> None:
    """Escape what the library shows of the expectation, and show helper columns by the expectation's name."""
    if config is None:
        return
    config.description = escaped(finding.title)
    if str(config.kwargs.get("column", "")).startswith("verdict "):
        config.kwargs["column"] = finding.expect
