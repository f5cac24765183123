"""Doubtful labels: a model that never saw a record says what its label should be.

Sets the score `label_quality` (0 to 1, from the normalised margin). The most doubtful go to review as
`label_error`. A label is changed only where this run's own measurement on planted noise allows it, and
never in test, nor where people or a trusted source gave it. Test records take no part in fitting or
measuring; a model of all others judges them, for review. Drops nothing. Tasks without classes are left
alone, and the notes say so.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
from pydantic import Field

from pipeline.clean.noise import Floats, Labels, Mending, average_precision, margin, mendings, plant, wilson
from pipeline.clean.step import Context, Doubt, given, replace_rows, with_scores
from pipeline.modeling.encoder import features
from pipeline.modeling.linear import fit, fit_temperature, out_of_sample, softmax
from pipeline.record import Decision, Record, as_json, share
from pipeline.settings import Settings
from pipeline.stage import Outcome, keep_all
from pipeline.tasks import task_type

#: Sparse columns that are looked at; a quarter of a million make the decomposition crawl.
_COLUMNS = 8192
_THRESHOLDS = (0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.93, 0.95, 0.97, 0.98, 0.99, 0.995)


class LabelErrors(Settings):
    """Section `clean.label_errors`."""

    folds: int = Field(default=5, ge=2, le=20)  # a record is judged by a model fitted on the other folds
    strength: float = Field(default=10.0, gt=0)  # C of the logistic regression; larger trusts the data more
    review_share: float = Field(default=0.02, ge=0, le=1)  # of the judged records, at most so many go to review
    autofix_precision: float = Field(default=0.95, gt=0, le=1)  # measured precision that a change must reach
    planted: float = Field(default=0.1, gt=0, lt=0.5)  # share of labels made wrong in the copy that measures
    calibration_rows: int = Field(default=10_000, ge=100)  # size of that copy; 10,000 gives +-0.02
    seed: int = Field(default=0, ge=0)  # folds and planted noise


@dataclass(frozen=True)
class Judged:
    """The judged rows of a table and what models that did not see them say of them."""

    rows: list[int]
    names: tuple[str, ...]
    labels: Labels
    probabilities: Floats
    temperature: float

    @cached_property
    def margins(self) -> Floats:
        """The normalised margin of each row; negative where the label is not the likeliest."""
        return margin(self.probabilities, self.labels)

    @property
    def suggested(self) -> Labels:
        """The likeliest class of each row."""
        return self.probabilities.argmax(axis=1)

    @property
    def confidence(self) -> Floats:
        """Its calibrated probability."""
        return self.probabilities.max(axis=1)


def find_label_errors(table: pa.Table, settings: LabelErrors, context: Context) -> Outcome:
    """Score labels, ask about the worst, mend where that is measured to be right."""
    kind = task_type(context.task)
    records = context.records(table)
    strata = [None if r.source.role in ("benchmark", "unlabelled") else kind.stratum(r) for r in records]
    rows, tested, rare = _judgeable(records, strata, settings.folds)
    if not rows:
        why = "the task has no classes" if not any(strata) else "fewer than two classes with a group in every fold"
        return keep_all(table, notes={"applies": False, "why": why, "classes_too_rare": rare})
    texts = [context.main_text(records[n]) for n in rows + tested]
    vectors = _dense(features(texts, context.models.encoder, len(rows)), len(rows))
    members = [records[n] for n in rows]
    judged = _judge(vectors[: len(rows)], rows, [str(strata[n]) for n in rows], members, settings)
    every = _with_tested(judged, vectors, tested, [str(strata[n]) for n in tested], settings)
    found, ranking = _calibrate(vectors, judged, members, settings)
    threshold = next((m.threshold for m in found if m.low >= settings.autofix_precision), None)
    targets = {str(strata[n]): records[n].target for n in reversed(rows)}
    fixes = {} if threshold is None else _fixes(records, judged, targets, threshold)
    _ask(records, every, targets, fixes, settings, context)
    quality = {n: float(m + 1) / 2 for n, m in zip(every.rows, every.margins, strict=True)}
    fixed_table = replace_rows(with_scores(table, "label_quality", quality), fixes)
    notes = {
        "applies": True,
        "judged": len(rows),
        "judged_of_test": len(tested),
        "classes_too_rare": rare,
        "disagree": int((every.margins < 0).sum()),
        "noise_by_class": _noise_by_class(judged),
        "planted": {"measured": [asdict(m) for m in found], **ranking},
        "autofix": _autofix_notes(threshold, fixes, records, settings),
    }
    return keep_all(fixed_table, changed=len(fixes), notes=notes)


def _judgeable(
    records: Sequence[Record], strata: Sequence[str | None], folds: int
) -> tuple[list[int], list[int], list[str]]:
    """Rows outside and in test whose class occurs in `folds` groups or more outside; the classes that do not."""
    groups: defaultdict[str, set[str]] = defaultdict(set)
    for record, stratum in zip(records, strata, strict=True):
        if stratum is not None:
            groups[stratum].update(() if _is_test(record) else (record.group or record.id,))
    rare = sorted(name for name, members in groups.items() if len(members) < folds)
    common = set(groups) - set(rare)
    if len(common) < 2:
        return [], [], rare
    rows = [n for n, stratum in enumerate(strata) if stratum in common]
    return [n for n in rows if not _is_test(records[n])], [n for n in rows if _is_test(records[n])], rare


def _is_test(record: Record) -> bool:
    return "test" in (record.split, record.source.role)


def _dense(vectors: Any, known: int) -> Floats:
    """Sparse features reduced to at most 256 dense ones: fits many times faster, much the same ranking.

    The first `known` rows alone decide how.
    """
    if isinstance(vectors, np.ndarray):
        return vectors
    from sklearn.decomposition import TruncatedSVD
    from sklearn.preprocessing import normalize

    weights = np.asarray(vectors[:known].sum(axis=0)).ravel()
    heaviest = np.sort(np.argsort(-weights, kind="stable")[:_COLUMNS])  # the others hardly occur, and cost most
    vectors = vectors[:, heaviest]
    reduction = TruncatedSVD(min(256, known - 1), n_iter=2, random_state=0).fit(vectors[:known])
    return np.asarray(normalize(reduction.transform(vectors)))


def _judge(
    vectors: Any, rows: list[int], labels: list[str], members: Sequence[Record], settings: LabelErrors
) -> Judged:
    groups = [record.group or record.id for record in members]
    names, logits = out_of_sample(vectors, labels, groups, settings.folds, settings.seed, settings.strength)
    codes = np.searchsorted(names, labels)
    temperature = fit_temperature(logits, codes)
    return Judged(rows, names, codes, softmax(logits / temperature), temperature)


def _with_tested(judged: Judged, vectors: Floats, rows: list[int], labels: list[str], settings: LabelErrors) -> Judged:
    """The judged rows, then the test rows (the last of `vectors`) as one model of all judged ones sees them."""
    if not rows:
        return judged
    known = len(judged.rows)
    head = fit(vectors[:known], [judged.names[code] for code in judged.labels], settings.strength)
    found = replace(head, temperature=judged.temperature).probabilities(vectors[known:])
    codes = np.concatenate([judged.labels, np.searchsorted(judged.names, labels)])
    probabilities = np.concatenate([judged.probabilities, found])
    return replace(judged, rows=judged.rows + rows, labels=codes, probabilities=probabilities)


def _calibrate(
    vectors: Any, judged: Judged, members: Sequence[Record], settings: LabelErrors
) -> tuple[list[Mending], dict[str, float]]:
    """Plant noise in a copy of some records, judge it as the data was judged, and see what was caught."""
    seed = str(settings.seed)
    order = sorted(range(len(members)), key=lambda n: share("calibrate", seed, members[n].id))
    some = np.array(sorted(order[: settings.calibration_rows]))
    true = judged.labels[some]
    ids = [members[n].id for n in some]
    noisy = plant(true, judged.probabilities[some], ids, settings.planted, seed)
    labels = [judged.names[code] for code in noisy]
    found = _judge(vectors[some], some.tolist(), labels, [members[n] for n in some], settings)
    probabilities = np.zeros((len(some), len(judged.names)))
    probabilities[:, np.searchsorted(judged.names, found.names)] = found.probabilities
    results = mendings(noisy, true, probabilities.argmax(axis=1), probabilities.max(axis=1), _THRESHOLDS)
    rows = np.arange(len(some))
    ranking = {
        "records": len(some),
        "planted": int((noisy != true).sum()),
        "average_precision": average_precision(noisy != true, -margin(probabilities, noisy)),
        "average_precision_self_confidence": average_precision(noisy != true, -probabilities[rows, noisy]),
    }
    return results, ranking


def _fixes(
    records: Sequence[Record], judged: Judged, targets: Mapping[str, Any], threshold: float
) -> dict[int, Record]:
    sure = (judged.suggested != judged.labels) & (judged.confidence >= threshold)
    fixes = {}
    for place in np.flatnonzero(sure).tolist():
        record = records[judged.rows[place]]
        if not _is_settled(record):
            decision = Decision("model:label_errors", round(float(judged.confidence[place]), 6))
            target = targets[judged.names[judged.suggested[place]]]
            fixes[judged.rows[place]] = record.derive("label_errors", target=target, labels_by=decision)
    return fixes


def _is_settled(record: Record) -> bool:
    """Whether no model may change the label: test records, trusted sources, labels given by people."""
    given_by = record.labels_by.who if record.labels_by else ""
    by_people = bool(record.votes) or given_by.startswith(("human:", "crowd:"))
    return _is_test(record) or record.source.trusted or by_people


def _ask(
    records: Sequence[Record],
    judged: Judged,
    targets: Mapping[str, Any],
    fixes: Mapping[int, Record],
    settings: LabelErrors,
    context: Context,
) -> None:
    limit = int(settings.review_share * len(judged.rows))
    worst = sorted(range(len(judged.rows)), key=lambda place: (judged.margins[place], records[judged.rows[place]].id))
    doubtful = [place for place in worst if judged.margins[place] < 0 and judged.rows[place] not in fixes]
    for place in doubtful[:limit]:
        record = records[judged.rows[place]]
        suggested = as_json(targets[judged.names[judged.suggested[place]]])
        detail = f"margin {judged.margins[place]:.3f}, {record.split or 'no'} split"
        sure = float(judged.confidence[place])
        context.doubts.append(Doubt(record.id, "label_error", given(record), suggested, sure, record.group, detail))


def _noise_by_class(judged: Judged) -> dict[str, Any]:
    """Share of each class that confident learning calls mislabelled (Northcutt et al. 2021): an upper estimate.

    A record counts when another class reaches that class's own average probability and is the greatest to do so.
    """
    classes = len(judged.names)
    average = np.array([judged.probabilities[judged.labels == c, c].mean() for c in range(classes)])
    above = np.where(judged.probabilities >= average, judged.probabilities, -1.0)
    confident = above.max(axis=1) >= 0
    off = confident & (above.argmax(axis=1) != judged.labels)
    result = {}
    for code, name in enumerate(judged.names):
        mine = judged.labels == code
        wrong, count = int((off & mine).sum()), int(mine.sum())
        low, high = wilson(wrong, count)
        rates = {"rate": round(wrong / count, 4), "low": round(low, 4), "high": round(high, 4)}
        other = Counter(judged.names[c] for c in above.argmax(axis=1)[off & mine].tolist()).most_common(1)
        result[name] = {"records": count, "suspected": wrong, **rates, "mostly": other[0][0] if other else None}
    return result


def _autofix_notes(
    threshold: float | None, fixes: Mapping[int, Record], records: Sequence[Record], settings: LabelErrors
) -> dict[str, Any]:
    if threshold is None:
        why = f"no confidence reached a measured precision of {settings.autofix_precision} (lower 95 % bound)"
        return {"threshold": None, "changed": 0, "why_none": why}
    moves = Counter(f"{given(records[n])} -> {given(fixed)}" for n, fixed in sorted(fixes.items()))
    return {"threshold": threshold, "changed": len(fixes), "moves": dict(sorted(moves.items()))}
