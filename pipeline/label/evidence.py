"""What the other modules need of a record, read from the table once; and the votes of all records together."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from pipeline.label.aggregation import aggregate
from pipeline.label.aggregation.votes import Consensus, Votes, encode
from pipeline.record import Record, Target, as_json


@dataclass(frozen=True)
class Opinion:
    """What people's votes on one record come to. `value` None: they leave it open.

    `confidence` is the posterior; None where all said the same and are taken at their word.
    """

    value: Target
    confidence: float | None
    voters: tuple[str, ...]


@dataclass(frozen=True)
class Group:
    """All votes of one kind (people's annotations, or crowd votes), decided together."""

    opinions: dict[str, Opinion] = field(default_factory=dict)
    votes: Votes | None = None
    consensus: Consensus | None = None


def crowd_rows(records: Iterable[Record], count_source: bool = False) -> list[tuple[str, str, str]]:
    """(record, annotator, value as JSON) of every vote; of one annotator's several votes the latest.

    With `count_source` the label that a voted record came with is one more vote, by the source; a label
    that a model or a person gave since is none of the source's.
    """
    rows: list[tuple[str, str, str]] = []
    for record in records:
        latest = {v.annotator: v for v in sorted(record.votes, key=lambda v: (v.time or "", as_json(v.value)))}
        rows += [(record.id, name, as_json(vote.value)) for name, vote in latest.items()]
        from_source = record.labels_by is not None and record.labels_by.who.startswith("source:")
        if count_source and record.votes and record.target is not None and from_source:
            rows.append((record.id, f"source:{record.source.name}", as_json(record.target)))
    return rows


def decide(rows: Sequence[tuple[str, str, str]], method: str, closed: bool, trusted: bool) -> Group:
    """Group the rows of (record, annotator, value) and decide each record.

    With a closed label set the method weighs annotators over all records. Free answers
    (`closed` false) can only be equal or not: they decide where all are equal. `trusted` people who
    all say the same (or one alone) are taken at their word, whatever the method makes of it.
    """
    if not rows:
        return Group()
    by_record: dict[str, dict[str, str]] = {}
    for record_id, annotator, value in sorted(rows):
        by_record.setdefault(record_id, {})[annotator] = value
    if not closed:
        return Group({record_id: _unanimous(given) for record_id, given in by_record.items()})
    votes = encode(rows)
    consensus = aggregate(votes, method)
    opinions = {}
    for record_id, choice in zip(votes.items, consensus.decide(), strict=True):
        given = by_record[record_id]
        if trusted and len(set(given.values())) == 1:
            opinions[record_id] = _unanimous(given)
        elif choice is None:
            opinions[record_id] = Opinion(None, 0.0, tuple(given))
        else:
            opinions[record_id] = Opinion(json.loads(votes.labels[choice[0]]), choice[1], tuple(given))
    return Group(opinions, votes, consensus)


def _unanimous(given: dict[str, str]) -> Opinion:
    values = set(given.values())
    if len(values) > 1:
        return Opinion(None, 0.0, tuple(given))
    return Opinion(json.loads(values.pop()), None, tuple(given))
