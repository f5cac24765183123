"""What the other modules need of a record, read from the table once; and the votes of all records together."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from pipeline.core.record import Record, Target, as_json
from pipeline.core.settings import Task
from pipeline.label.aggregation import aggregate
from pipeline.label.aggregation.votes import Consensus, Votes, encode, tempered
from pipeline.label.spans import decide_spans, span_votes
from pipeline.tasks import task_type


@dataclass(frozen=True)
class VoteOutcome:
    """What people's votes on one record come to. `value` None: they leave it open.

    `confidence` is the posterior; None where all said the same and are taken at their word. `in_parts`: it was decided
    part by part (spans), so it stands although its least sure part, whose posterior this is, is in doubt.
    """

    value: Target
    confidence: float | None
    voters: tuple[str, ...]
    in_parts: bool = False
    adjudicated: bool = False  # a chosen person decided over the answers of others


def counts(outcome: VoteOutcome, at_least: float) -> bool:
    """Whether an outcome decides a label: one that states a confidence needs `at_least` that, unless it is in parts."""
    return outcome.value is not None and (
        outcome.in_parts or outcome.confidence is None or outcome.confidence >= at_least
    )


@dataclass(frozen=True)
class Group:
    """All votes of one kind (people's annotations, or crowd votes), decided together."""

    outcomes: dict[str, VoteOutcome] = field(default_factory=dict)
    votes: Votes | None = None
    consensus: Consensus | None = None
    calibration: Mapping[str, Any] = field(default_factory=dict)  # what known labels say of the votes, for report.json


def _is_the_sources(record: Record) -> bool:
    """Whether the record has the label that it came with."""
    by = record.labels_by
    return record.target is not None and by is not None and by.who.startswith("source:")


def crowd_rows(records: Iterable[Record], count_source_label: bool = False) -> list[tuple[str, str, str]]:
    """(record, annotator, value as JSON) of every vote; of one annotator's several votes the latest.

    With `count_source_label` the label that a voted record came with is one more vote, by the source; a label
    that a model or a person gave since is none of the source's.
    """
    rows: list[tuple[str, str, str]] = []
    for record in records:
        latest = {v.annotator: v for v in sorted(record.votes, key=lambda v: (v.time or "", as_json(v.value)))}
        rows += [(record.id, name, as_json(vote.value)) for name, vote in latest.items()]
        if count_source_label and record.votes and _is_the_sources(record):
            rows.append((record.id, f"source:{record.source.name}", as_json(record.target)))
    return rows


#: What answers are: labels of a closed set, lists of spans, or anything else (texts, numbers, placed answers).
Form = Literal["classes", "spans", "free"]


def form_of(task: Task) -> Form:
    """Lists of spans are no classes: each distinct list would be one, and confusions of them K x K."""
    if task_type(task).target_kind(task) == "spans":
        return "spans"
    return "classes" if task.labels else "free"


def votes_of(rows: Sequence[tuple[str, str, str]], form: Form) -> Votes | None:
    """The votes that agreement is figured from, of (record, annotator, value as JSON); None of free answers."""
    if form == "free" or not rows:
        return None
    if form == "classes":
        return encode(rows)
    by_record: dict[str, dict[str, str]] = {}
    for record_id, annotator, value in sorted(rows):
        by_record.setdefault(record_id, {})[annotator] = value
    return encode(span_votes(by_record))


@dataclass(frozen=True)
class Rules:
    """How a group's answers are decided.

    `trusted` people who all say the same (or one alone) are taken at their word, whatever the method makes of it;
    unless all of them are `weak` (name -> share of their answers that is right): then that share bounds the
    confidence. `combine` makes one answer of several different free ones, or None where they contradict each other.
    """

    method: str
    form: Form
    trusted: bool
    weak: Mapping[str, float] = field(default_factory=dict)
    combine: Callable[[list[Target]], Target | None] = lambda values: None
    temperature: float = 1.0  # of the posteriors of classes (aggregation_choice.py)


def _by_record(rows: Sequence[tuple[str, str, str]]) -> dict[str, dict[str, str]]:
    """Record -> annotator -> value as JSON."""
    found: dict[str, dict[str, str]] = {}
    for record_id, annotator, value in sorted(rows):
        found.setdefault(record_id, {})[annotator] = value
    return found


def decide(rows: Sequence[tuple[str, str, str]], rules: Rules) -> Group:
    """Group the rows of (record, annotator, value as JSON) and decide each record.

    With a closed label set, and for spans, the method weighs annotators over all records. Free answers can only be
    equal or combined: they decide where they are.
    """
    if not rows:
        return Group()
    by_record = _by_record(rows)
    if rules.form == "free":
        return Group({record_id: _free(given, rules) for record_id, given in by_record.items()})
    found: dict[str, tuple[Target, float]]
    if rules.form == "spans":
        found, votes, consensus = decide_spans(by_record, rules.method)
    else:
        votes = encode(rows)
        consensus = aggregate(votes, rules.method)
        consensus = replace(consensus, posterior=tempered(consensus.posterior, rules.temperature))
        choices = zip(votes.items, consensus.decide(), strict=True)
        found = {item: (json.loads(votes.labels[c[0]]), c[1]) if c else (None, 0.0) for item, c in choices}
    outcomes = {name: _outcome(given, found[name], rules) for name, given in by_record.items()}
    return Group(outcomes, votes, consensus)


def _outcome(given: Mapping[str, str], found: tuple[Target, float], rules: Rules) -> VoteOutcome:
    voters, (value, confidence) = tuple(given), found
    unanimous = len(set(given.values())) == 1
    doubted = all(name in rules.weak for name in voters)
    if rules.trusted and unanimous and not doubted:
        return VoteOutcome(json.loads(given[voters[0]]), None, voters)
    if doubted:
        confidence = min(confidence, max(rules.weak[name] for name in voters))
    return VoteOutcome(value, confidence, voters, in_parts=rules.form == "spans" and not doubted)


def _free(given: Mapping[str, str], rules: Rules) -> VoteOutcome:
    voters, values = tuple(given), sorted(set(given.values()))
    read = list(map(json.loads, values))
    value = read[0] if len(read) == 1 else rules.combine(read)
    doubted = all(name in rules.weak for name in voters)
    if value is not None and not doubted:
        return VoteOutcome(value, None, voters)
    trust = [rules.weak[name] for name in voters] if doubted and value else []
    return VoteOutcome(value, max(trust, default=0.0), voters)
