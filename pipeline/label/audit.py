"""How many labels are wrong: a random sample of the labelled train records, labelled by people.

Likely label errors alone cannot tell, since they are chosen for being likely. The sample is drawn per class by a hash
of each record's id, from all train records whose label came with the data (source or crowd), whatever anybody thinks of
them; a larger sample holds the smaller one. People see neither the label nor a suggestion.
"""

from __future__ import annotations

import heapq
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from typing import TypedDict

from pipeline.core.errors import PipelineError
from pipeline.core.record import Record, Reject, Target, as_json, share
from pipeline.core.settings import Task
from pipeline.label.evidence import VoteOutcome, counts
from pipeline.label.merge import Evidence, Ledger, merge
from pipeline.label.params import Params
from pipeline.label.prelabels import Prelabels
from pipeline.stats.intervals import share_of, stratified
from pipeline.tasks import has_free_answers, task_type

#: A class is drawn from by itself where there are this many records to draw for each: fewer say nothing about it.
#: A guess: not measured.
PER_CLASS = 5


@dataclass(frozen=True)
class Sample:
    """What was drawn. Records without a class are of the class ''."""

    given: Mapping[str, Target] = field(default_factory=dict)  # record id -> the label it came with
    classes: Mapping[str, str] = field(default_factory=dict)  # record id -> class of that label
    sizes: Mapping[str, int] = field(default_factory=dict)  # class -> labelled train records
    by_class: bool = False

    def open(self, outcomes: Mapping[str, VoteOutcome]) -> frozenset[str]:
        """The records that nobody has answered yet."""
        return frozenset(self.given.keys() - outcomes.keys())


def check_audit(params: Params, task: Task, models: object = None) -> None:
    """Raises PipelineError where `label.audit` asks for records of a task that has no wrong labels."""
    if params.audit.records and has_free_answers(task):
        raise PipelineError(
            f"params.yaml: label.audit.records: answers of '{task.type}' are free texts, so that none is simply wrong.",
            "Set it to 0; people's corrections count as they are.",
        )


def draw(records: Iterable[Record], evidence: Evidence, task: Task, params: Params) -> Sample:
    """`params.audit.records` train records with the label they came with; none where it is 0.

    Raises PipelineError where answers are free texts: another text is no worse.
    """
    wanted, kind = params.audit.records, task_type(task)
    if not wanted:
        return Sample()
    check_audit(params, task)
    given, ids = dict[str, Target](), defaultdict[str, list[str]](list)
    for record in _as_they_came(records, evidence, params):
        given[record.id] = record.target
        ids[kind.stratum(record) or ""].append(record.id)
    by_class = len(ids) > 1 and wanted >= PER_CLASS * len(ids)
    drawn = _drawn(ids if by_class else {"": list(given)}, wanted)
    classes = {name: key for key, some in ids.items() for name in drawn.intersection(some)}
    return Sample({n: given[n] for n in sorted(drawn)}, classes, {k: len(some) for k, some in ids.items()}, by_class)


def _drawn(strata: Mapping[str, Sequence[str]], wanted: int) -> set[str]:
    """Records of every stratum, as many as `allocation` says."""
    sizes = allocation({name: len(some) for name, some in strata.items()}, wanted)
    return {name for key, some in strata.items() for name in heapq.nsmallest(sizes[key], some, key=order)}


def order(record_id: str) -> float:
    """Records are drawn, and asked about, from the smallest up."""
    return share("label.audit", record_id)


def allocation(sizes: Mapping[str, int], wanted: int) -> dict[str, int]:
    """How many to draw of each class: `PER_CLASS` first, then in proportion to the root of its size.

    A compromise between equal parts, which say most about each class, and proportional ones, which say most about all
    (Bankier 1988). Grows with `wanted` in every class.
    """
    found = dict.fromkeys(sizes, 0)
    free = [(-math.inf, 0, name) for name in sorted(sizes) if sizes[name]]
    heapq.heapify(free)
    for _ in range(min(wanted, sum(sizes.values()))):
        _, _, name = heapq.heappop(free)
        found[name] += 1
        if found[name] < sizes[name]:
            worth = -math.inf if found[name] < PER_CLASS else -math.sqrt(sizes[name]) / (found[name] + 1)
            heapq.heappush(free, (worth, found[name], name))
    return found


class ClassRow(TypedDict):
    """Of one class: its records, those of the sample, those answered, those found wrong, and their share."""

    of: int
    drawn: int
    answered: int
    wrong: int
    share: dict[str, float] | None


def audited(
    sample: Sample, outcomes: Mapping[str, VoteOutcome], suspected: Set[str], task: Task, params: Params
) -> dict[str, object]:
    """For report.json: how far the audit is; and the shares of wrong labels, once enough of the sample is answered.

    Before that, answers are not the random part: likely label errors are answered first. `suspected` are the records
    that `clean` suspects of a wrong label.
    """
    settled = {n: o for n, o in outcomes.items() if n in sample.given and counts(o, params.crowd.review_posterior)}
    drawn, needed = len(sample.given), math.ceil(params.audit.min_answered_share * len(sample.given))
    report: dict[str, object] = {
        "drawn": drawn,
        "of": sum(sample.sizes.values()),
        "answered": len(settled),
        "needed": needed,
    }
    if not drawn or len(settled) < max(needed, 1):
        return report
    wrong = {name for name, outcome in settled.items() if _contradicts(outcome.value, sample.given[name], task)}
    rows = {key: _class(key, sample, settled.keys(), wrong) for key in sorted(sample.sizes)}
    overall = _over_classes(list(rows.values())) if sample.by_class else share_of(len(wrong), len(settled))
    found = {"wrong": len(wrong), "wrong_suspected": len(wrong & suspected), "share": overall}
    return report | found | {"by_class": rows if set(rows) != {""} else {}}


def _over_classes(rows: Sequence[ClassRow]) -> dict[str, float] | None:
    """The share of wrong labels over classes, each by its size; those without an answer say nothing."""
    seen = [row for row in rows if row["answered"]]
    total = sum(row["of"] for row in seen)
    return stratified([(row["of"] / total, row["wrong"], row["answered"]) for row in seen])


def _contradicts(said: Target, given: Target, task: Task) -> bool:
    """Whether the answer is another one than the label. Numbers may be as far apart as the task type lets them."""
    kind = task_type(task)
    if as_json(said) == as_json(given):
        return False
    return kind.target_kind(task) != "number" or kind.agree([given, said], task) is None


def _class(key: str, sample: Sample, settled: Set[str], wrong: Set[str]) -> ClassRow:
    mine = {name for name, one in sample.classes.items() if one == key}
    answered, bad = len(mine & settled), len(mine & wrong)
    return {
        "of": sample.sizes[key],
        "drawn": len(mine),
        "answered": answered,
        "wrong": bad,
        "share": share_of(bad, answered) if answered else None,
    }


def _as_they_came(records: Iterable[Record], evidence: Evidence, params: Params) -> Iterable[Record]:
    """The train records that source or crowd label, with that label."""
    without = replace(evidence, human={}, prelabels=Prelabels(), set_aside=frozenset())
    kinds = tuple(kind for kind in params.precedence if kind in ("crowd", "source"))
    rules, scratch = params.model_copy(update={"precedence": kinds}), Ledger()
    for record in records:
        if record.split in ("test", "dev", "benchmark"):
            continue
        try:
            decided = merge(record, without, rules, scratch)
        except Reject:
            continue
        if decided.split == "train":
            yield decided
