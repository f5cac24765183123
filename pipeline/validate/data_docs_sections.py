"""The sections of the Data Docs, one a column, as Great Expectations renders them.

Sampled values are escaped before (the stock renderer puts them out raw, and a text may hold markup).
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar, cast

from pipeline.core.errors import shorten
from pipeline.validate.finding import Finding

if TYPE_CHECKING:
    from great_expectations.core.expectation_validation_result import ExpectationSuiteValidationResult
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

#: How many characters of a sampled value are shown. A guess: not measured.
SHOWN = 200

_SECTIONS = """{% for section in sections %}
{% set section_loop = loop %}
{% include 'section.j2' %}
{% endfor %}"""

_Value = TypeVar("_Value")


def rendered(findings: Sequence[Finding], outcome: ExpectationSuiteValidationResult) -> str:
    """The sections as HTML. Equal findings give equal text: times and random ids are left out."""
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
    loaders = [DictLoader({"page.j2": _SECTIONS}), *([view.env.loader] if view.env.loader else [])]
    view.env.loader = ChoiceLoader(loaders)
    return str(view.render(document))


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
