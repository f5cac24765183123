"""Doubtful labels: a model that never saw a record says what its label should be.

Sets the score `label_quality` (0 to 1: the odds of the label against the likeliest other one; opinions.py). The
most doubtful go to review as `label_error`. A label is changed only where this run's own measurement on planted noise,
or its estimate from the clearest records, allows it, and never in test, nor where people or a trusted source gave it.
Of the train records, as many of the most doubtful as that estimate says are surely wrong go to review as
`label_set_aside`: the stage `label` keeps them out of training until somebody answers.
Test records take no part in fitting or measuring; a model of all others judges them, for review. Drops nothing. Single
labels are judged here; sets of labels, spans, numbers and answers by a detector of their own (`detectors/`); free
texts are left alone, and the notes say so.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from pipeline.clean.label_errors import decide
from pipeline.clean.label_errors.detector_step import find_by_judge
from pipeline.clean.label_errors.detectors import judge_for
from pipeline.clean.label_errors.noise_rate import clearest
from pipeline.clean.label_errors.out_of_fold import (
    Judged,
    ask,
    ask_of_tested,
    autofix_threshold,
    calibrate,
    noise_by_class,
    verdict,
)
from pipeline.clean.label_errors.protected_labels import is_settled, is_test
from pipeline.clean.label_errors.regularisation import best_strength
from pipeline.clean.label_errors.settings import LabelErrors
from pipeline.clean.step import Context, given, replace_rows, with_scores
from pipeline.core.record import Record
from pipeline.modeling.features.dense import dense_features
from pipeline.runtime.stage import Outcome, keep_all
from pipeline.runtime.store import LEAN, lean_records
from pipeline.tasks import task_type

_FEWEST_GROUPS = 5  # of a class that is judged: with fewer, most folds would not know it
_CLASS_LEFT = 0.5  # share of each class that is never set aside, however little the models know of it


def find_label_errors(table: pa.Table, settings: LabelErrors, context: Context) -> Outcome:
    """Score labels, ask about the worst, mend where that is measured to be right."""
    judge = judge_for(context.task)
    return _by_class(table, settings, context) if judge is None else find_by_judge(table, judge, settings, context)


def _by_class(table: pa.Table, settings: LabelErrors, context: Context) -> Outcome:
    kind = task_type(context.task)
    records = list(lean_records(table.select(LEAN).to_batches()))
    strata = [None if r.source.role in ("benchmark", "unlabelled") else kind.stratum(r) for r in records]
    rows, tested, rare = _judgeable(records, strata, settings.folds)
    if not rows:
        few = f"fewer than two classes with {min(settings.folds, _FEWEST_GROUPS)} groups"
        why = few if any(strata) else "the task has no classes"
        return keep_all(table, notes={"applies": False, "why": why, "classes_too_rare": rare})
    texts = [context.main_text(records[n]) for n in rows + tested]
    vectors = dense_features(texts, context.models.encoder, len(rows))
    members = [records[n] for n in rows + tested]
    labels = [str(strata[n]) for n in rows]
    if not settings.strength:
        strength = best_strength(vectors[: len(rows)], labels, members[: len(rows)], settings.planted, settings.seed)
        settings = settings.model_copy(update={"strength": strength})
    said = [ask(vectors[: len(rows)], labels, members[: len(rows)], settings)]
    if tested:
        said.append(ask_of_tested(said[0], vectors, [str(strata[n]) for n in tested], members, settings))
    size, recipe, measured = calibrate(vectors[: len(rows)], said[0], members[: len(rows)], settings)
    judged, every = verdict(rows, said[:1], recipe), verdict(rows + tested, said, recipe)
    threshold = autofix_threshold(measured, settings.autofix_precision)
    clear = clearest(judged)
    both = (threshold, clear.threshold(settings.autofix_precision))
    threshold = min((one for one in both if one is not None), default=None)
    targets = {str(strata[n]): records[n].target for n in reversed(rows)}
    fixes = {} if threshold is None else _fixes(table, judged, targets, threshold, context)
    most = int(settings.set_aside * clear.wrong * len(rows)) - len(fixes)
    aside = _set_aside(table, _doubtful(records, judged, fixes)[: max(most, 0)], judged, context)
    _ask(records, every, targets, fixes, aside, settings, context)
    quality = dict(zip(every.rows, (1 / (1 + np.exp(-every.evidence))).tolist(), strict=True))
    fixed_table = replace_rows(with_scores(table, "label_quality", quality), fixes)
    notes = {
        "applies": True,
        "judged": len(rows),
        "judged_of_test": len(tested),
        "classes_too_rare": rare,
        "disagree": int((every.evidence < 0).sum()),
        "noise_by_class": noise_by_class(judged, measured),
        "planted": {
            "records": size,
            "recipe": {**recipe._asdict(), "strength": settings.strength},
            **{kind: m.as_notes() for kind, m in measured.items()},
        },
        "set_aside": len(aside),
        "autofix": {**_autofix_notes(threshold, fixes, records, settings), "clearest": clear.as_notes()},
    }
    return keep_all(fixed_table, changed=len(fixes), notes=notes)


def _judgeable(
    records: Sequence[Record], strata: Sequence[str | None], folds: int
) -> tuple[list[int], list[int], list[str]]:
    """Rows outside and in test whose class occurs in enough groups outside; the classes that do not."""
    enough = min(folds, _FEWEST_GROUPS)
    groups: defaultdict[str, set[str]] = defaultdict(set)
    for record, stratum in zip(records, strata, strict=True):
        if stratum is not None:
            groups[stratum].update(() if is_test(record) else (record.group or record.id,))
    rare = sorted(name for name, members in groups.items() if len(members) < enough)
    common = set(groups) - set(rare)
    if len(common) < 2:
        return [], [], rare
    rows = [n for n, stratum in enumerate(strata) if stratum in common]
    return [n for n in rows if not is_test(records[n])], [n for n in rows if is_test(records[n])], rare


def _fixes(
    table: pa.Table, judged: Judged, targets: Mapping[str, Any], threshold: float, context: Context
) -> dict[int, Record]:
    sure = np.flatnonzero((judged.suggested != judged.labels) & (judged.confidence >= threshold)).tolist()
    records = context.records(table, [judged.rows[place] for place in sure])  # whole ones: votes tell who decided
    fixes = {}
    for place, (n, record) in zip(sure, records.items(), strict=True):
        if not is_settled(record):
            target = targets[judged.names[judged.suggested[place]]]
            fixes[n] = decide.mended(record, target, float(judged.confidence[place]))
    return fixes


def _doubtful(records: Sequence[Record], judged: Judged, fixes: Mapping[int, Record]) -> list[int]:
    """Places in `judged` where another label is likelier and none was put in, the most doubtful first."""
    places = np.flatnonzero(judged.evidence < 0).tolist()
    worst = sorted(places, key=lambda place: (judged.evidence[place], records[judged.rows[place]].id))
    return [place for place in worst if judged.rows[place] not in fixes]


def _set_aside(table: pa.Table, doubtful: Sequence[int], judged: Judged, context: Context) -> frozenset[int]:
    """Rows of the doubtful train records that nobody vouches for; no class loses more than its share."""
    left = ((1 - _CLASS_LEFT) * np.bincount(judged.labels, minlength=len(judged.names))).astype(int)
    rows = []
    for place in doubtful:
        if left[judged.labels[place]] > 0:
            left[judged.labels[place]] -= 1
            rows.append(judged.rows[place])
    records = context.records(table, rows)  # whole ones: votes tell who decided
    return frozenset(n for n, r in records.items() if r.split in (None, "train") and not is_settled(r))


def _ask(
    records: Sequence[Record],
    judged: Judged,
    targets: Mapping[str, Any],
    fixes: Mapping[int, Record],
    aside: frozenset[int],
    settings: LabelErrors,
    context: Context,
) -> None:
    limit = int(settings.review_share * len(judged.rows))
    for number, place in enumerate(_doubtful(records, judged, fixes)):
        waits = judged.rows[place] in aside
        if number >= limit and not waits:
            continue
        reason = "label_set_aside" if waits else "label_error"
        target = targets[judged.names[judged.suggested[place]]]
        evidence, sure = float(judged.evidence[place]), float(judged.confidence[place])
        decide.ask(context, records[judged.rows[place]], evidence, target, sure, reason=reason)


def _autofix_notes(
    threshold: float | None, fixes: Mapping[int, Record], records: Sequence[Record], settings: LabelErrors
) -> dict[str, Any]:
    if threshold is None:
        why = f"no confidence reached a precision of {settings.autofix_precision}, on planted noise or by the estimate"
        return {"threshold": None, "changed": 0, "why_none": why}
    moves = Counter(f"{given(records[n])} -> {given(fixed)}" for n, fixed in sorted(fixes.items()))
    return {"threshold": threshold, "changed": len(fixes), "moves": dict(sorted(moves.items()))}
