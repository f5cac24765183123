"""A lead's decisions in `clean`: records that people dropped go first, rows that they keep come back after each step.

What no person can overrule: a record without text or with an annotation that fits no task, an item of a benchmark, and
what would stand in two splits. Reasons: dropped_by_reviewer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa

from pipeline.annotation.review_decisions import ReviewDecisions
from pipeline.clean.step import with_strings
from pipeline.runtime.columns import DROPPED
from pipeline.runtime.parts import take_rows
from pipeline.runtime.stage import Drop, Outcome, Step, drop_rows

#: Steps whose drops stand whatever people say.
FINAL = ("missing", "annotations", "conversations", "decontaminate", "splits")

_EXAMPLES = 50  # a guess: not measured


def drop_decided(table: pa.Table, decided: ReviewDecisions) -> Outcome:
    """Take out what reviewers dropped. Notes: decisions by kind, those on unknown records, those in dispute."""
    ids = table.column("id").to_pylist()
    drops = {
        n: Drop("dropped_by_reviewer", f"{one.reviewer}, {one.created_at:%Y-%m-%d}, {one.place}")
        for n, id in enumerate(ids)
        if (one := decided.drop.get(id))
    }
    unknown = sorted({*decided.keep, *decided.drop, *decided.disputed} - set(ids))
    notes = {
        "dropped": len(drops),
        "to_keep": len(decided.keep),
        "unknown_records": len(unknown),
        "disputed": [_dispute(id, said) for id, said in decided.disputed.items()][:_EXAMPLES],
    }
    return drop_rows(table, "decisions", drops, notes=notes)


def _dispute(id: str, said: tuple[Any, ...]) -> dict[str, str]:
    return {"record_id": id, "said": "; ".join(f"{one.reviewer}: {one.choice} ({one.place})" for one in said)}


def keeping(
    name: str, step: Step, decided: ReviewDecisions, shown: Callable[[pa.Table], pa.Table] | None = None
) -> Step:
    """The step, after which rows that reviewers keep stand where they stood. Notes count them, and those it may not.

    `shown` makes rows that come back what reviewers saw of them.
    """

    def run(table: pa.Table) -> Outcome:
        outcome = step(table)
        wanted = np.array([id in decided.keep for id in outcome.dropped.column("id").to_pylist()], bool)
        if not wanted.any():
            return outcome
        if name in FINAL:
            return _noted(outcome, {"not_kept_for_reviewers": int(wanted.sum())})
        back = outcome.dropped.filter(pa.array(wanted))
        back = back if shown is None else shown(back)
        rows = back.drop_columns(list(DROPPED)).cast(outcome.kept.schema)
        kept = _grouped(_in_order(pa.concat_tables([outcome.kept, rows]), table), back)
        left = Outcome(kept, outcome.dropped.filter(pa.array(~wanted)), outcome.added, outcome.changed, outcome.notes)
        return _noted(left, {"kept_by_reviewers": back.num_rows})

    return run


def _grouped(table: pa.Table, back: pa.Table) -> pa.Table:
    """Rows that are back share a group with the record they resemble, so that no copy stands in another split."""
    pairs = {a: b for a, b in zip(back["id"].to_pylist(), back["other_id"].to_pylist(), strict=True) if b}
    groups = dict(zip(table["id"].to_pylist(), table["group"].to_pylist(), strict=True))
    for id, other in sorted(pairs.items()):
        if other in groups:
            groups[other] = groups[id] = groups[other] or groups[id] or other
    return with_strings(table, "group", list(groups.values())) if pairs else table


def _noted(outcome: Outcome, notes: dict[str, int]) -> Outcome:
    return Outcome(outcome.kept, outcome.dropped, outcome.added, outcome.changed, {**outcome.notes, **notes})


def _in_order(table: pa.Table, before: pa.Table) -> pa.Table:
    """Rows in the order in which the step got them."""
    place = {id: n for n, id in enumerate(before.column("id").to_pylist())}
    order = np.argsort([place[id] for id in table.column("id").to_pylist()], kind="stable")
    return take_rows(table, order)
