"""The suite: entries of params.yaml, checked and made ready to run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline.core.errors import PipelineError
from pipeline.core.progress import Progress
from pipeline.core.registry import did_you_mean, pick
from pipeline.core.settings import parse
from pipeline.validate.dataset_view import View
from pipeline.validate.expectations import EXPECTATIONS, RENAMED_EXPECTATIONS
from pipeline.validate.expectations.base import Check, Rule
from pipeline.validate.params import Params


def read_suite(entries: Sequence[Mapping[str, object]], where: str = "params.yaml: validate.suite") -> list[Rule]:
    """The entries as typed rules. Entries are counted from 1 in errors."""
    if not entries:
        raise PipelineError(
            f"{where} is empty.", "Name at least one expectation, or remove the key for the basic ones."
        )
    rules = []
    for n, entry in enumerate(entries, 1):
        place = f"{where}, entry {n}"
        name = entry.get("expect")
        if not isinstance(name, str):
            raise PipelineError(
                f"{place} names no expectation.", f"Write it as `expect: <name>`. {did_you_mean('', EXPECTATIONS)}"
            )
        kind = pick(EXPECTATIONS, name, place, RENAMED_EXPECTATIONS).settings
        rules.append(parse(dict(entry), kind, f"{place} ({name})"))
    return rules


def check_suite(params: Params) -> None:
    """Raises PipelineError for the first entry of the suite that is not sound."""
    read_suite(params.suite)


def make_checks(rules: Sequence[Rule], view: View) -> list[Check]:
    """What each rule comes down to on this table."""
    for n, rule in enumerate(rules, 1):
        column = getattr(rule, "column", None)
        if column is not None and column not in view.columns:
            raise PipelineError(
                f"params.yaml: validate.suite, entry {n} ({rule.expect}): the table has no column '{column}'.",
                did_you_mean(column, view.columns),
            )
    progress = Progress("expectations checked", len(rules))
    found = []
    for rule in rules:
        found.append(EXPECTATIONS[rule.expect].function(rule, view))
        progress.add()
    return found
