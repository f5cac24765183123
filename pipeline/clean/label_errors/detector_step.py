"""What the step `label_errors` does where the task's targets have a judge: spans, answers, numbers, sets of labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from pipeline.clean.label_errors.decide import ask, mended
from pipeline.clean.label_errors.detect import FEWEST_GROUPS, Findings, at_most, examine
from pipeline.clean.label_errors.detectors.contract import Judge
from pipeline.clean.label_errors.out_of_fold import autofix_threshold
from pipeline.clean.label_errors.protected_labels import is_settled, is_test
from pipeline.clean.step import Context, replace_rows, with_scores
from pipeline.core.record import Record
from pipeline.runtime.stage import Outcome, keep_all

if TYPE_CHECKING:
    from pipeline.clean.label_errors.settings import LabelErrors


def find_by_judge(table: pa.Table, judge: Judge, settings: LabelErrors, context: Context) -> Outcome:
    """Score targets, ask about the worst, mend where that is measured to be right."""
    records = list(context.records(table).values())
    apart = ("benchmark", "unlabelled")
    usable = [n for n, r in enumerate(records) if r.source.role not in apart and judge.usable(r, context.task)]
    rows = [n for n in usable if not is_test(records[n])]
    tested = [n for n in usable if is_test(records[n])]
    groups = len({records[n].group or records[n].id for n in rows})
    if groups < FEWEST_GROUPS:
        why = f"{groups} groups of labelled records outside test, fewer than {FEWEST_GROUPS}"
        return keep_all(table, notes={"applies": False, "why": why})
    members, held_out = [records[n] for n in rows], [records[n] for n in tested]
    findings = examine(judge, members, held_out, context.task, context.models.encoder, settings)
    threshold = autofix_threshold({"planted": findings.measured}, settings.autofix_precision)
    numbers = [*rows, *tested]
    fixes = {} if threshold is None else _fixes(records, numbers, findings, threshold)
    _ask(records, numbers, findings, fixes, settings, context)
    quality = {n: verdict.quality for n, verdict in zip(numbers, findings.verdicts, strict=True)}
    notes = {
        "applies": True,
        "judged": len(rows),
        "judged_of_test": len(tested),
        "not_judged": sum(r.target is not None for r in records) - len(usable),
        "disagree": sum(verdict.evidence < 0 for verdict in findings.verdicts),
        "noise_at_most": at_most(findings, len(rows)),
        "planted": {"records": findings.measured.records, "recipe": findings.recipe, **findings.measured.as_notes()},
        "autofix": _autofix_notes(threshold, fixes, settings),
    }
    mended = replace_rows(with_scores(table, "label_quality", quality), fixes)
    return keep_all(mended, changed=len(fixes), notes=notes)


def _fixes(
    records: Sequence[Record], numbers: Sequence[int], findings: Findings, threshold: float
) -> dict[int, Record]:
    fixes = {}
    for n, verdict in zip(numbers, findings.verdicts, strict=True):
        doubted = verdict.evidence < 0 and verdict.confidence >= threshold and verdict.suggested is not None
        if doubted and not is_settled(records[n]):
            fixes[n] = mended(records[n], verdict.suggested, verdict.confidence)
    return fixes


def _ask(
    records: Sequence[Record],
    numbers: Sequence[int],
    findings: Findings,
    fixes: Mapping[int, Record],
    settings: LabelErrors,
    context: Context,
) -> None:
    verdicts = findings.verdicts
    limit = int(settings.review_share * len(numbers))
    worst = sorted(range(len(numbers)), key=lambda place: (verdicts[place].evidence, records[numbers[place]].id))
    below = max(findings.measured.doubtful_below, 0.0)
    doubtful = [place for place in worst if verdicts[place].evidence <= below and numbers[place] not in fixes]
    for place in doubtful[:limit]:
        verdict = verdicts[place]
        record = records[numbers[place]]
        ask(context, record, verdict.evidence, verdict.suggested, verdict.confidence, f"; {verdict.detail}")


def _autofix_notes(threshold: float | None, fixes: Mapping[int, Record], settings: LabelErrors) -> dict[str, Any]:
    if threshold is None:
        why = f"no confidence reached a measured precision of {settings.autofix_precision} (lower 95 % bound)"
        return {"threshold": None, "changed": 0, "why_none": why}
    return {"threshold": threshold, "changed": len(fixes)}
