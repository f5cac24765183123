"""Equal texts with different labels: decided by evidence, else by a person; never by order of appearance.

Evidence, in this order: a test source outweighs everything; the label of trusted records, if
they agree; the share of annotators' votes; the share of the sources' confidence. The losers are
dropped. Without clear evidence all are dropped and sent to review. Reasons: conflicting_label.

Not every difference is a conflict: `TaskType.agree` says where several answers may stand (translations) and where they
come to one (answer spans of several people, close scores). Test records are never changed by that.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import ClassVar

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from pipeline.clean.duplicate_to_keep import rank
from pipeline.clean.step import Context, ReviewItem, given, replace_rows
from pipeline.core.record import Record, Target, as_json
from pipeline.core.settings import Settings
from pipeline.runtime.stage import Drop, Outcome, drop_rows
from pipeline.tasks import task_type

#: How a text in conflict may end.
_OUTCOMES = ("all_stand", "merged", "by_test", "by_trust", "by_votes", "by_confidence", "unresolved")


class ConflictingLabels(Settings):
    """Section `clean.conflicting_labels`."""

    RENAMED: ClassVar[Mapping[str, str]] = {
        "clear_share": "min_majority",
        "unstated_confidence": "default_confidence",
    }

    # `min_majority` is a guess: not measured.
    min_majority: float = Field(default=0.7, gt=0.5, le=1)  # share of votes or confidence that decides
    min_votes: int = Field(default=3, ge=1)  # fewer votes in all decide nothing; a guess: not measured
    # `default_confidence` is a guess: not measured.
    default_confidence: float = Field(default=0.5, ge=0, le=1)  # counted for a source that states none


def resolve_conflicts(table: pa.Table, settings: ConflictingLabels, context: Context) -> Outcome:
    """Keep the decided label's records, drop the others. Notes: texts in conflict, how each was decided."""
    is_benchmark = pc.equal(pc.struct_field(table.column("source"), "role"), "benchmark")
    wanted = pc.and_(table.column("target").is_valid(), pc.invert(is_benchmark))
    texts = context.equal_texts(table, wanted.to_pylist())
    records = context.records(table, sorted(n for rows in texts for n in rows))
    says = task_type(context.task).says
    drops: dict[int, Drop] = {}
    merged: dict[int, Record] = {}
    notes = dict.fromkeys(("texts", *_OUTCOMES), 0)
    for rows in texts:
        members = [records[n] for n in rows]
        if len(set(map(says, members))) < 2:
            continue
        by, winner, one = _verdict(members, settings, context)
        notes["texts"] += 1
        notes[by] += 1
        if by == "merged":
            merged |= {n: records[n].derive("conflicting_labels", target=one) for n in rows}
        elif by != "all_stand":
            drops |= _losers(rows, members, winner, by, context)
    changed = {n: record for n, record in merged.items() if record.target != records[n].target}
    return drop_rows(replace_rows(table, changed), "conflicting_labels", drops, changed=len(changed), notes=notes)


def _verdict(
    members: Sequence[Record], settings: ConflictingLabels, context: Context
) -> tuple[str, str | None, Target | None]:
    """What decided, the winning target (JSON) where one does, and the merged one where they come to one."""
    targets = {given(record): record.target for record in members}
    distinct = [targets[key] for key in sorted(targets)]
    agreed = task_type(context.task).agree(distinct, context.task)
    if agreed is not None and len(agreed) == len(distinct):
        return "all_stand", None, None
    if agreed is not None and all(_may_take(record, agreed[0], context) for record in members):
        return "merged", None, agreed[0]
    winner, by = decide(members, settings)
    return by, winner, None


def _may_take(record: Record, target: Target, context: Context) -> bool:
    """Never in test; and where equal texts are spaced otherwise, answers of one have no place in the other."""
    problems = task_type(context.task).problems(replace(record, target=target), context.task)
    return record.source.role != "test" and not problems


def decide(members: Sequence[Record], settings: ConflictingLabels) -> tuple[str | None, str]:
    """The winning target (JSON) or None, and what decided: by_test, by_trust, by_votes, by_confidence, unresolved."""
    test = {given(r) for r in members if r.source.role == "test"}
    if test:
        return (min(test) if len(test) == 1 else None), "by_test"
    trusted = {given(r) for r in members if r.source.trusted}
    if len(trusted) == 1:
        return trusted.pop(), "by_trust"
    votes = _votes(members)
    winner = _clear(votes, settings.min_majority) if votes.total() >= settings.min_votes else None
    if winner in {given(r) for r in members}:
        return winner, "by_votes"
    winner = _clear(_confidences(members, settings.default_confidence), settings.min_majority)
    return (winner, "by_confidence") if winner else (None, "unresolved")


def _votes(members: Sequence[Record]) -> Counter[str]:
    """How many annotators gave each target; one who votes alike on several of the texts counts once."""
    given_by = {(vote.annotator, as_json(vote.value)) for record in members for vote in record.votes}
    return Counter(value for annotator, value in given_by if annotator)


def _confidences(members: Sequence[Record], default: float) -> dict[str, float]:
    """The sources' confidence in each target, summed up."""
    weights: defaultdict[str, float] = defaultdict(float)
    for record in sorted(members, key=lambda r: r.id):
        sure = record.labels_by.confidence if record.labels_by else None
        weights[given(record)] += default if sure is None else sure
    return weights


def _clear(weights: Mapping[str, float], share: float) -> str | None:
    best = min(weights, key=lambda value: (-weights[value], value), default=None)
    return best if best is not None and weights[best] >= share * sum(weights.values()) > 0 else None


def _losers(
    rows: Sequence[int], members: Sequence[Record], winner: str | None, by: str, context: Context
) -> dict[int, Drop]:
    detail = f"equal texts carry {', '.join(sorted(set(map(given, members))))}"
    of_test = [record for record in members if record.source.role == "test"] if by == "by_test" else []
    if winner is None:
        doubted = of_test or members
        context.review_items.extend(
            ReviewItem(one.id, "conflicting_label", given(one), detail=detail) for one in doubted
        )
    kept = {record.id: rank(record, "") for record in members if given(record) == winner or record in of_test}
    drop = Drop("conflicting_label", f"{by}: {detail}", min(kept, key=lambda id: kept[id], default=None))
    return {n: drop for n, record in zip(rows, members, strict=True) if record.id not in kept}
