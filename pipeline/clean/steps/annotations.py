"""Annotations held against their texts: what is certain is repaired, what is invalid goes.

Repairs through `TaskType.repair` (a shifted offset, white space at a span's edge, an answer spelt a little otherwise;
of several answers those without a place go, counted in the notes, and the record stays), then asks `TaskType.problems`.
Records of test and benchmark sources are repaired too, but an invalid one stays and is listed for review: a test set is
not for a pipeline to shrink. Reasons: invalid_structure, and those of `TaskType.repair` (nothing can be scored
against an annotation that has no place in its text, so these drop test records as well).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import ClassVar, Literal

import pyarrow as pa

from pipeline.clean.step import Context, Ledger, ReviewItem, given
from pipeline.core.record import Record, Reject, Vote, as_json
from pipeline.core.settings import Settings, Task
from pipeline.runtime.stage import Outcome, per_record
from pipeline.tasks import qa, task_type

#: What is particular to one record in the sentence that names its problem.
_PARTICULAR = re.compile(r"'.*'|\[[^)\]]*[)\]]|-?\d+(?:\.\d+)?")


class Annotations(Settings):
    """Section `clean.annotations`."""

    RENAMED: ClassVar[Mapping[str, str]] = {
        "unsound": "invalid",
    }

    invalid: Literal["drop", "review"] = "drop"  # review: they stay, listed in review.parquet


def check_annotations(table: pa.Table, settings: Annotations, context: Context) -> Outcome:
    """Fix or drop. Notes: records repaired, problems by kind, invalid records that stayed."""
    return context.by_part(table, partial(_check, settings=settings, task=context.task))


def _check(part: pa.Table, ledger: Ledger, settings: Annotations, task: Task) -> Outcome:
    kind = task_type(task)
    found, stayed = ledger.counts["problems"], ledger.counts["invalid_kept"]
    answers = kind.target_kind(task) == "answers"

    def work(record: Record) -> Record:
        fields, target = kind.repair(record.fields, record.target)
        votes = _votes(record, ledger) if answers else record.votes
        if votes != record.votes:
            record = replace(record, votes=votes)
        if fields != record.fields or target != record.target:
            record = record.derive("annotations", fields=fields, target=target)
        problems = kind.problems(record, task)
        found.update({kind_of(problem) for problem in problems})
        if not problems:
            return record
        detail = "; ".join(problems)
        if settings.invalid == "drop" and record.source.role not in ("test", "benchmark"):
            raise Reject("invalid_structure", detail)
        stayed[record.source.role] += 1
        ledger.review_items.append(ReviewItem(record.id, "invalid_structure", given(record), detail=detail))
        return record

    return per_record(part, "annotations", work)


def _votes(record: Record, ledger: Ledger) -> tuple[Vote, ...]:
    """The record's votes; where it has none and answers repeat each other, each is an annotator's vote. Counts both."""
    answers_ = record.target or []
    found = qa.versions(record)
    if found and len(found) < len(answers_):
        ledger.counts["answers"]["without_a_place"] += len(answers_) - len(found)
    if record.votes or len({as_json(value) for value in found}) == len(found):
        return record.votes
    ledger.counts["answers"]["kept_as_votes"] += len(found)
    return tuple(Vote(f"answer {n}", value) for n, value in enumerate(found, 1))


def kind_of(problem: str) -> str:
    """The sentence without what is particular to one record: `span [3, 9) is outside` -> `span … is outside`."""
    return _PARTICULAR.sub("…", problem)
