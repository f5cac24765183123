"""One decided label a record: people, crowd votes, the source and the model, by precedence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.core.counts import ranked
from pipeline.core.record import Decision, Record, Reject, Split, Target, as_json
from pipeline.label.answers.teacher_answers import TeacherAnswers
from pipeline.label.evidence import VoteOutcome, counts
from pipeline.label.first_splits import FirstSplits
from pipeline.label.params import Params
from pipeline.label.prelabels import Prelabels
from pipeline.runtime.stage import Outcome, per_record

Mask = NDArray[np.bool_]

EXAMPLES = 20  # a guess: not measured


@dataclass(frozen=True, slots=True)
class Candidate:
    """One kind's answer for a record."""

    value: Target
    decision: Decision | None


@dataclass(frozen=True)
class Evidence:
    """All that is known about labels besides the records themselves, by record id."""

    human: Mapping[str, VoteOutcome] = field(default_factory=dict)
    crowd: Mapping[str, VoteOutcome] = field(default_factory=dict)
    prelabels: Prelabels = field(default_factory=Prelabels)
    taught: TeacherAnswers = field(default_factory=TeacherAnswers)  # answers of teachers to records that have none
    group_split: Mapping[str, Split] = field(default_factory=dict)  # group -> dev or test, of its labelled records
    # dev and test of a project in which no record came with a label
    first_splits: FirstSplits = field(default_factory=FirstSplits)
    audit: frozenset[str] = frozenset()  # drawn for the audit and not answered yet
    # `clean` suspects their label so much that it decides nothing; nor does the model that suspects it
    set_aside: frozenset[str] = frozenset()


@dataclass
class Ledger:
    """What merging did, for report.json."""

    decided_by: Counter[str] = field(default_factory=Counter)
    conflicts: Counter[str] = field(default_factory=Counter)
    changes: Counter[str] = field(default_factory=Counter)
    examples: list[dict[str, Any]] = field(default_factory=list)
    held_back_on_test: list[dict[str, Any]] = field(default_factory=list)

    def summary(self) -> dict[str, object]:
        """Counts, and the first examples of conflicts and of test labels that were left alone."""
        return {
            "decided_by": dict(sorted(self.decided_by.items())),
            "conflicts": dict(sorted(self.conflicts.items())),
            "relabelled": dict(ranked(self.changes)[:EXAMPLES]),
            "relabelled_rows": sum(self.changes.values()),
            "conflict_examples": self.examples[:EXAMPLES],
            "held_back_on_test": len(self.held_back_on_test),
            "held_back_on_test_examples": self.held_back_on_test[:EXAMPLES],
        }


def _hold_back(record: Record, source: Candidate, kind: str, other: Candidate, ledger: Ledger) -> None:
    """Note that another answer would have changed a label of the test split."""
    if other.value != source.value:
        ledger.held_back_on_test.append({"record_id": record.id, "given": source.value, kind: other.value})


def merge(record: Record, evidence: Evidence, params: Params, ledger: Ledger) -> Record:
    """The record with its decided label, who decided and how sure.

    The first kind of `params.precedence` that has an answer decides. On the test split the model never
    decides, and a label that came with the record changes only with `relabel_test`. Benchmark records
    pass as they are. Rejects: awaiting_label, label_set_aside, annotators_disagree, shares_group_with_held_out,
    awaiting_splits.
    """
    if record.split == "benchmark":
        return record
    found = candidates(record, evidence, params)
    order = [kind for kind in params.precedence if kind in found]
    if not order:
        raise _waiting(record, evidence, params)
    chosen = order[0]
    split = _split(record, chosen, evidence)
    source = found.get("source")
    if split == "test" and source is not None and not params.relabel_test:
        _hold_back(record, source, chosen, found[chosen], ledger)
        chosen = "source"
    else:
        _note_conflicts(record, found, order, ledger)
    ledger.decided_by[chosen] += 1
    return _decided(record, found[chosen], split, ledger)


def merge_all(table: pa.Table, evidence: Evidence, params: Params, ledger: Ledger, alone: Mask) -> Outcome:
    """`merge` of every record; those `alone` (see `source_alone`) keep what their source says and are not decoded."""
    if alone.any():
        ledger.decided_by["source"] += int(alone.sum())
    return per_record(table, "merge", lambda record: merge(record, evidence, params, ledger), ~alone)


def source_alone(table: pa.Table, evidence: Evidence, params: Params) -> Mask:
    """Rows that came with a label and a split and of which nothing else speaks: `merge` leaves them as they are."""
    if "source" not in params.precedence:
        return np.zeros(table.num_rows, bool)
    spoken_of = {*evidence.human, *evidence.crowd, *evidence.prelabels.answers, *evidence.taught.accepted}
    others = pa.array(sorted(spoken_of | evidence.set_aside), pa.string())
    has_both = pc.and_(pc.is_valid(table["target"]), pc.is_in(table["split"], pa.array(["train", "dev", "test"])))
    alone = pc.and_(has_both, pc.invert(pc.is_in(table["id"], others)))
    return np.asarray(alone.to_numpy(), bool)


def candidates(record: Record, evidence: Evidence, params: Params) -> dict[str, Candidate]:
    """Each kind's answer, where it has one that may count."""
    found: dict[str, Candidate] = {}
    human, crowd = evidence.human.get(record.id), evidence.crowd.get(record.id)
    if human is not None and counts(human, params.crowd.review_posterior):
        found["human"] = Candidate(human.value, Decision(f"human:{_names(human.voters)}", human.confidence))
    if crowd is not None and counts(crowd, params.crowd.min_posterior):
        found["crowd"] = Candidate(crowd.value, Decision(f"crowd:{params.crowd.method}", crowd.confidence))
    if record.target is not None and record.id not in evidence.set_aside:
        found["source"] = Candidate(record.target, record.labels_by)
    is_open = human is not None and "human" not in found  # what people could not agree on the model does not settle
    return found if is_open else found | _of_model(record, evidence, params)


def _of_model(record: Record, evidence: Evidence, params: Params) -> dict[str, Candidate]:
    """A teacher's accepted answer, or a pre-label that is sure enough; none on test, nor for a label set aside."""
    if record.split == "test" or record.id in evidence.set_aside:
        return {}
    if record.id in evidence.taught.accepted:
        teacher, target = evidence.taught.answer(record.id)
        return {"model": Candidate(target, Decision(f"model:{teacher}"))}
    answer, threshold = evidence.prelabels.answers.get(record.id), evidence.prelabels.confidence_threshold
    if answer is None or threshold is None or answer.confidence < threshold:
        return {}
    by = evidence.prelabels.by or params.prelabel.method
    return {"model": Candidate(answer.value, Decision(f"model:{by}", answer.confidence))}


def _names(voters: tuple[str, ...]) -> str:
    return "+".join(voters) if len(voters) <= 3 else f"{len(voters)} annotators"


def _bar(threshold: float | None) -> str:
    return "no threshold is precise enough" if threshold is None else f"accepted from {threshold:.3f}"


def _waiting(record: Record, evidence: Evidence, params: Params) -> Reject:
    human, crowd = evidence.human.get(record.id), evidence.crowd.get(record.id)
    answer, confidence_threshold = evidence.prelabels.answers.get(record.id), evidence.prelabels.confidence_threshold
    if human is not None and not counts(human, params.crowd.review_posterior):
        return Reject("annotators_disagree", f"{len(human.voters)} annotators, best label {human.confidence or 0:.2f}")
    if record.id in evidence.set_aside:
        detail = f"{as_json(record.target)} is probably wrong; an answer, the same one too, brings the record back"
        return Reject("label_set_aside", detail)
    votes = "" if crowd is None else f"votes reach {crowd.confidence or 0:.2f} of {params.crowd.min_posterior:.2f}"
    model = ""
    if answer is not None:
        model = f"pre-label {as_json(answer.value)} at {answer.confidence:.3f}, {_bar(confidence_threshold)}"
    return Reject("awaiting_label", "; ".join(filter(None, (votes, model))) or "nobody has labelled it yet")


def _note_conflicts(record: Record, found: dict[str, Candidate], order: list[str], ledger: Ledger) -> None:
    first = order[0]
    for other in order[1:]:
        if found[other].value == found[first].value:
            continue
        ledger.conflicts[f"{first}_over_{other}"] += 1
        if len(ledger.examples) < EXAMPLES:
            values = {kind: found[kind].value for kind in order}
            ledger.examples.append({"record_id": record.id, "split": record.split, **values})


def _split(record: Record, chosen: str, evidence: Evidence) -> Split:
    """A newly labelled record joins the train split, or dev where its group is and people labelled it.

    Where no record came with a label, dev and test are drawn from people's (first_splits.py).
    """
    if record.split not in (None, "unlabelled"):
        return record.split
    # what a language model answered was not learned from the labels that wait
    own = chosen == "model" and (record.id in evidence.taught.accepted or bool(evidence.prelabels.by))
    if evidence.first_splits.waits and not own:
        raise Reject("awaiting_splits", evidence.first_splits.waits)
    if record.id in evidence.first_splits.drawn:
        return evidence.first_splits.drawn[record.id]
    split = evidence.group_split.get(record.group or "", "train")
    if split == "test" or (split == "dev" and chosen == "model"):
        raise Reject("shares_group_with_held_out", f"group {record.group} is in the {split} split")
    return split


def _decided(record: Record, chosen: Candidate, split: Split, ledger: Ledger) -> Record:
    if record.target is not None and chosen.value != record.target:
        ledger.changes[f"{as_json(record.target)} -> {as_json(chosen.value)}"] += 1
    if (record.target, record.labels_by, record.split) == (chosen.value, chosen.decision, split):
        return record
    return record.derive("label", target=chosen.value, labels_by=chosen.decision, split=split)
