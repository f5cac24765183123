"""Everything that is known about labels besides the records: annotations, crowd votes, pre-labels."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.annotation.annotations import Reading
from pipeline.core.record import Record, Reject, Split, Target
from pipeline.core.settings import Task
from pipeline.label.active_learning_curve import active_learning_curve
from pipeline.label.aggregation_choice import choose, known_labels, plain
from pipeline.label.annotator_quality import annotator_quality
from pipeline.label.annotators import annotators
from pipeline.label.answers.teacher_answers import TeacherAnswers, answer_by_teachers
from pipeline.label.evidence import Group, Rules, VoteOutcome, crowd_rows, decide, form_of
from pipeline.label.first_splits import first_splits
from pipeline.label.merge import Evidence, Ledger, merge
from pipeline.label.params import Params
from pipeline.label.prelabel import prelabel
from pipeline.label.prelabels import Answer, Example
from pipeline.label.review_queue import Review, set_aside
from pipeline.modeling.models import Models
from pipeline.runtime.records import Records, RecordsById
from pipeline.tasks import task_type


def gather(
    records: RecordsById,
    reading: Reading,
    review: Review,
    settings: tuple[Task, Params],
    models: Models,
    gold: Mapping[str, str],
) -> tuple[Group, Group, Evidence]:
    """People's annotations decided, crowd votes decided, and the evidence that `merge` reads.

    `review` holds the likely label errors that `clean` found, by record.
    Answers to `gold` questions tell how good people are; they never change those records.
    """
    task, params = settings
    people = reading.votes()
    rules = Rules(params.crowd.method, form_of(task), trusted=True, combine=_combine(task))
    by_people = replace(rules, method=plain(rules.method))
    human = decide(people, by_people)
    weak = _weak(human, annotator_quality(reading.used, gold, params.agreement), params)
    if weak:
        human = decide(people, replace(by_people, weak=weak))
    human = replace(human, outcomes=human.outcomes | _adjudicated(reading))
    crowd = _crowd(_voted(records), human, replace(rules, trusted=False), params)
    outcomes = {n: one for n, one in human.outcomes.items() if n not in gold or _came_without(records.get(n))}
    drawn = first_splits(records, outcomes, crowd.outcomes, params)
    first = {records[name].group or name: split for name, split in drawn.drawn.items()}
    held_out = held_out_groups(records.table) | first
    evidence = Evidence(outcomes, crowd.outcomes, group_split=held_out, first_splits=drawn, set_aside=set_aside(review))
    # labels that wait for splits are learned from all the same, so that the queue gets suggestions early
    known = replace(evidence, first_splits=replace(drawn, waits=""))
    learn, ask = questions(records.values(), known, review.keys(), settings) if _asks(params) else ([], [])
    found = prelabel(learn, ask, models, params.prelabel, task)
    report = {**found.report, "curve": active_learning_curve(learn, models.encoder, params.active_learning_curve)}
    taught = _taught(learn, ask, evidence, (task, params), models)
    drafts = {id: Answer(taught.answer(id)[1], 0.0) for id in taught.best if id not in found.answers}
    found = replace(found, answers={**drafts, **found.answers}, report=report)
    return human, crowd, replace(evidence, prelabels=found, taught=taught)


def _asks(params: Params) -> bool:
    """Whether anything learns from labels here: else no record has to be looked at for it."""
    return params.prelabel.method is not None or params.active_learning_curve.rows > 0 or bool(params.answers.teachers)


def _taught(
    learn: Sequence[Example],
    ask: Sequence[Example],
    evidence: Evidence,
    settings: tuple[Task, Params],
    models: Models,
) -> TeacherAnswers:
    """Teachers' answers to records that nobody has answered and that can join the train split."""
    task, params = settings
    without = [example.as_record() for example in ask if example.id not in evidence.human]
    open_ones = [r for r in without if r.target is None and (r.group or r.id) not in evidence.group_split]
    known = [example.as_record() for example in learn]
    return answer_by_teachers(open_ones, known, task, params.answers, models, params.prelabel.min_precision)


def _crowd(voted: Iterable[Record], human: Group, rules: Rules, params: Params) -> Group:
    """Crowd votes decided, by the method and at the temperature that known labels speak for."""
    rows = crowd_rows(voted, params.crowd.count_source_label)
    if not rows or rules.form != "classes":
        return decide(rows, replace(rules, method=plain(rules.method)))
    choice = choose(voted, known_labels(voted, human.outcomes), rules.method)
    group = decide(rows, replace(rules, method=choice.method, temperature=choice.temperature))
    return replace(group, calibration=choice.report)


def _adjudicated(reading: Reading) -> dict[str, VoteOutcome]:
    """What a chosen person decided over the answers of others; the latest where there are several."""
    decided = sorted((one for one in reading.used if one.adjudicated), key=lambda one: one.created_at)
    return {one.record_id: VoteOutcome(one.value, None, (one.annotator,), adjudicated=True) for one in decided}


def _came_without(record: Record | None) -> bool:
    """Whether only people know the record's label: as a gold question it keeps what they said."""
    return record is not None and record.target is None


def _combine(task: Task) -> Callable[[list[Target]], Target | None]:
    """One answer that holds several different ones, where the task type has it (placed answers, close scores)."""

    def combine(values: list[Target]) -> Target | None:
        found = task_type(task).agree(values, task)
        return found[0] if found is not None and len(found) == 1 else None

    return combine


def _weak(human: Group, people: Mapping[str, Mapping[str, Any]], params: Params) -> dict[str, float]:
    """Annotators who cannot be taken at their word alone, and the share of their answers that is right."""
    found = {name: one["gold_right"] / one["gold"] for name, one in people.items() if one["weak_on_gold"]}
    if human.votes is not None and human.consensus is not None:
        for one in annotators(human.votes, human.consensus, params.agreement):
            if one["weak"]:
                found.setdefault(one["annotator"], one["agrees_with_consensus"])
    return found


def _voted(records: RecordsById) -> Records:
    """The records that a crowd voted on."""
    return Records(records.table.filter(pc.greater(pc.list_value_length(records.table["votes"]), 0)))


def held_out_groups(table: pa.Table) -> dict[str, Split]:
    """The held-out split of each group that is in one; test where a group is in both."""
    table = table.select(["group", "split"]).filter(pc.is_valid(table["group"]))
    splits: tuple[Split, ...] = ("dev", "test")
    return {
        group: split for split in splits for group in table.filter(pc.equal(table["split"], split))["group"].to_pylist()
    }


def _decided(record: Record, evidence: Evidence, params: Params, scratch: Ledger) -> Record:
    """The record with its label so far, or without one."""
    try:
        return merge(record, evidence, params, scratch)
    except Reject:
        return replace(record, target=None)


def questions(
    records: Iterable[Record], evidence: Evidence, doubtful: Set[str], settings: tuple[Task, Params]
) -> tuple[list[Example], list[Example]]:
    """What a model learns from (train records as decided without it), and what it is asked.

    Asked are records that nobody has labelled, and doubtful ones that no person has looked at.
    """
    task, params = settings
    kind = task_type(task)
    learn: list[Example] = []
    ask: list[Example] = []
    scratch = Ledger()
    unseen = doubtful - evidence.human.keys()
    for record in records:
        decided = _decided(record, evidence, params, scratch)
        text, group = kind.main_text(record), record.group or record.id
        unlabelled = decided.target is None and decided.split != "benchmark"
        if unlabelled or record.id in unseen:
            ask.append(Example(record.id, text, group, record=record))
        if decided.split == "train" and decided.target is not None:
            learn.append(Example(record.id, text, group, kind.stratum(decided), decided.target, decided))
    return learn, ask
