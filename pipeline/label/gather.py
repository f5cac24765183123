"""Everything that is known about labels besides the records: annotations, crowd votes, pre-labels."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import replace

from pipeline.label.annotations import Reading
from pipeline.label.evidence import Group, crowd_rows, decide
from pipeline.label.merge import Evidence, Ledger, merge
from pipeline.label.params import Params
from pipeline.label.prelabel import Example, prelabel
from pipeline.modeling.models import Model
from pipeline.record import Record, Reject, Split, as_json
from pipeline.settings import Task
from pipeline.tasks import task_type


def gather(
    records: Mapping[str, Record], reading: Reading, doubtful: Set[str], settings: tuple[Task, Params], encoder: Model
) -> tuple[Group, Group, Evidence]:
    """People's annotations decided, crowd votes decided, and the evidence that `merge` reads."""
    task, params = settings
    people = [(a.record_id, a.annotator, as_json(a.value)) for a in reading.used]
    # Lists of spans are free answers: each distinct one would be a class of its own, and confusions of them K x K.
    closed = bool(task.labels) and task_type(task).target_kind(task) != "spans"
    human = decide(people, params.crowd.method, closed, trusted=True)
    crowd = decide(crowd_rows(records.values(), params.crowd.count_source), params.crowd.method, closed, trusted=False)
    evidence = Evidence(human.opinions, crowd.opinions, group_split=held_out_groups(records))
    learn, ask = questions(records, evidence, doubtful, settings)
    return human, crowd, replace(evidence, prelabels=prelabel(learn, ask, encoder, params.prelabel))


def held_out_groups(records: Mapping[str, Record]) -> dict[str, Split]:
    """The held-out split of each group that is in one; test where a group is in both."""
    splits: tuple[Split, ...] = ("dev", "test")
    return {
        record.group: split
        for split in splits
        for record in records.values()
        if record.split == split and record.group is not None
    }


def questions(
    records: Mapping[str, Record], evidence: Evidence, doubtful: Set[str], settings: tuple[Task, Params]
) -> tuple[list[Example], list[Example]]:
    """What a model learns from (train records as decided without it), and what it is asked.

    Asked are records that nobody has labelled, and doubtful ones that no person has looked at.
    """
    task, params = settings
    kind = task_type(task)
    learn: list[Example] = []
    ask: list[Example] = []
    scratch = Ledger()
    for record in records.values():
        try:
            decided = merge(record, evidence, params, scratch)
        except Reject:
            decided = replace(record, target=None)
        text, group = kind.main_text(record), record.group or record.id
        unlabelled = decided.target is None and decided.split != "benchmark"
        if unlabelled or (record.id in doubtful and record.id not in evidence.human):
            ask.append(Example(record.id, text, group))
        if decided.split == "train" and decided.target is not None:
            learn.append(Example(record.id, text, group, kind.stratum(decided), decided.target))
    return learn, ask
