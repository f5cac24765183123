"""Whether an answer or a vote is one that a record can hold: what `validate` would find unsound goes no further."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import pairwise

from pipeline.core.record import Record, Reject, Target
from pipeline.core.settings import Task
from pipeline.tasks import task_type
from pipeline.text.scripts import is_inside_word


def sound(record: Record, value: Target, task: Task, half_words: bool = True) -> Target:
    """The value, repaired, if its task type finds nothing wrong with it on the record.

    Rejects: overlapping_spans, half_word, unsound_answer.
    """
    kind = task_type(task)
    value = kind.repair(record.fields, value)[1]
    if kind.target_kind(task) == "spans":
        without_overlap(value)
        if not half_words:
            _check_words(record.fields["text"], value)
    before = kind.problems(replace(record, target=None), task)
    problems = [one for one in kind.problems(replace(record, target=value), task) if one not in before]
    if problems:
        raise Reject("unsound_answer", "; ".join(problems))
    return value


def without_overlap(spans: Target) -> Target:
    """The sorted spans. Raises Reject (overlapping_spans) where two of them overlap: no tag can say both."""
    for one, other in pairwise(spans):
        if other["start"] < one["end"]:
            places = ", ".join(f"[{span['start']}, {span['end']}) {span['label']}" for span in (one, other))
            raise Reject("overlapping_spans", f"two marks overlap: {places}")
    return spans


def _check_words(text: str, spans: Iterable[Mapping[str, int]]) -> None:
    for span in spans:
        if is_inside_word(text, span["start"]) or is_inside_word(text, span["end"]):
            raise Reject("half_word", f"'{text[span['start'] : span['end']]}' begins or ends inside a word")
