"""A Label Studio export as a source of its own: one row a task, with the answers of its annotators.

The format yields a row an annotation, which votes on the records of another source need. For records the rows of a task
become one: where its annotators all say the same, that is the answer; where several do, their votes are kept too, and
where they differ the votes alone decide later.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import groupby
from typing import Any

from pipeline.annotation.answers import answer_regions
from pipeline.annotation.sound_answers import sound
from pipeline.collect.rows import AnyRow, BadRow, Row, excerpt
from pipeline.collect.targets import translate
from pipeline.core.record import Fields, Record, Reject, Source, Target, Vote, as_json
from pipeline.core.settings import Task
from pipeline.tasks import task_type
from pipeline.tasks.realigned_regions import at_their_places
from pipeline.text.pseudonyms import pseudonym

#: The name of the format.
LABEL_STUDIO = "label_studio"
#: Keys of a region's value that hold labels.
_LABELLED = ("choices", "labels")
_NOWHERE = Source("", "files", "", 0, "", "train")


def one_row_a_task(
    rows: Iterable[AnyRow], task: Task, labels: Mapping[str, str | None], answered: bool = True
) -> Iterator[AnyRow]:
    """The rows with those of one task joined; `answers` holds what each annotator said, in our words (`labels`).

    Without `answered` nobody's answers are looked at. An answer that is none costs itself alone. Bad rows: those of the
    format, repeated_vote, unreadable_result, surface_mismatch, excluded_label, overlapping_spans, unsound_answer and
    what the task type rejects.
    """
    for _, together in groupby(rows, key=lambda row: row.number):
        first: Row | None = None
        answers: dict[str, Vote] = {}
        for row in together:
            refused = row if isinstance(row, BadRow) else _counted(row, answers, task, labels) if answered else None
            if refused is not None:
                yield refused
            elif isinstance(row, Row):
                first = first or row
        if first is not None:
            yield replace(first, answers=tuple(sorted(answers.values(), key=lambda vote: vote.annotator)))


def _counted(row: Row, answers: dict[str, Vote], task: Task, labels: Mapping[str, str | None]) -> BadRow | None:
    """Adds the row's answer to those of its task; the bad row that it is, where it has none that counts."""
    try:
        vote = _vote(row, task, labels)
        if vote.annotator in answers:
            raise Reject("repeated_vote", "this annotator answered the task before; the first answer counts")
    except Reject as reject:
        return BadRow(row.number, reject.reason, reject.detail, excerpt(dict(row.values)))
    answers[vote.annotator] = vote
    return None


def agreed(answers: Iterable[Vote]) -> Target:
    """What all answers say; None where they differ."""
    said = {as_json(vote.value): vote.value for vote in answers}
    return next(iter(said.values())) if len(said) == 1 else None


def labels_said(row: Row, labels: Mapping[str, str | None]) -> Iterator[str]:
    """Every label of the row's annotation, in our words."""
    for part in row.values["result"]:
        value = part.get("value") if isinstance(part, Mapping) else None
        if isinstance(value, Mapping):
            yield from (str(translate(one, labels)) for name in _LABELLED for one in value.get(name) or ())


def _vote(row: Row, task: Task, labels: Mapping[str, str | None]) -> Vote:
    value = _sound(answer_said(row.values, task, labels), row.values, task)
    time = row.values.get("time")
    return Vote(pseudonym(str(row.values.get("worker")), "annotator"), value, str(time) if time else None)


def answer_said(values: Fields, task: Task, labels: Mapping[str, str | None]) -> Target:
    """The answer in the `result` of a row, its labels in our words; remarks and other controls are none of it.

    Rejects: unreadable_result, surface_mismatch, excluded_label and what the task type rejects.
    """
    try:
        result = [_in_our_words(part, labels) for part in answer_regions(values["result"], task)]
        return task_type(task).target_from_result(at_their_places(result, values), task)
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        # An export that was edited by hand, or made by another labeling configuration.
        problem = f"a region that is none of the task '{task.type}': {type(error).__name__}: {error}"
        raise Reject("unreadable_result", problem) from None


def _sound(value: Target, values: Fields, task: Task) -> Target:
    """The value, where the columns have the names of the task's fields held against them; else `clean` does it."""
    try:
        fields, target = task_type(task).parse(values, value, task)
    except Reject:
        return value
    return sound(Record("", fields, _NOWHERE), target, task)


def _in_our_words(part: Any, labels: Mapping[str, str | None]) -> Any:
    """A region with its labels translated."""
    value: Fields = part["value"]
    ours = {name: [translate(one, labels) for one in value[name]] for name in _LABELLED if name in value}
    return {**part, "value": {**value, **ours}}
