"""Nothing vanished on the way: the books of all stages add up."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.core.report_types import Rows
from pipeline.validate.dataset_view import View
from pipeline.validate.expectations.base import Check, Rule, totals


def conserved_counts(rule: Rule, view: View) -> Check:
    """In every step and stage `in + added = kept + dropped`, and each stage takes all that the last one kept."""
    problems = list(_problems(view))
    flow = " -> ".join(f"{stage} {report.get('kept')}" for stage, report in view.reports.items())
    return totals("no record vanished in any stage", problems, flow)


def _problems(view: View) -> Iterator[str]:
    before: tuple[str, int | None] | None = None
    for stage, report in view.reports.items():
        yield from _books(stage, report)
        if before and before[1] != report.get("in"):
            yield f"{before[0]} kept {before[1]} records, {stage} took {report.get('in')}"
        for step in report.get("steps", ()):
            yield from _books(f"{stage}.{step.get('step')}", step)
        before = (stage, report.get("kept"))
    if before and before[1] != view.rows:
        yield f"{before[0]} kept {before[1]} records by its report, its table has {view.rows}"


def _books(where: str, entry: Rows) -> Iterator[str]:
    values = (entry.get("in"), entry.get("added"), entry.get("kept"), entry.get("dropped"))
    if not all(isinstance(value, int) for value in values):
        yield f"{where}: the report does not say in, added, kept and dropped"
        return
    start, added, kept, dropped = (int(value) for value in values if value is not None)
    if start + added != kept + dropped:
        yield f"{where}: {start} in + {added} added, but {kept} kept + {dropped} dropped"
