"""Dev and test for projects that start from nothing: drawn from people's labels, where no record came with one.

As everywhere, the draw goes by group and by the group's name alone, so that more answers move no old record into
another draw. Into test go only groups all of whose labelled records enough people vouch for; what was drawn for
test and is not vouched for yet stays in train until it is, and is queued for another person (`second_answer`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from pipeline.core.record import Record, Split, share
from pipeline.label.evidence import VoteOutcome, counts
from pipeline.label.params import Params

_SEED = "first splits"


@dataclass(frozen=True)
class FirstSplits:
    """What was drawn, and what is missing before anything can be trained and tested.

    `waits` says why all labelled records wait (`awaiting_splits`); empty where none has to. `unvouched` were drawn for
    test and answered by too few people.
    """

    drawn: Mapping[str, Split] = field(default_factory=dict)
    unvouched: frozenset[str] = frozenset()
    labelled: int = 0
    wanted: int = 0
    waits: str = ""


def first_splits(
    records: Mapping[str, Record],
    human: Mapping[str, VoteOutcome],
    crowd: Mapping[str, VoteOutcome],
    params: Params,
) -> FirstSplits:
    """Split by record id, for dev and test; none where any record came with a label, or few are labelled yet."""
    settings = params.first_splits
    if not settings.min_records or any(map(_came_with_a_label, records.values())):
        return FirstSplits()
    decided = _decided(records, human, crowd, params)
    members: defaultdict[str, list[str]] = defaultdict(list)
    for name in sorted(decided):
        members[records[name].group or name].append(name)
    drawn: dict[str, Split] = {}
    unvouched: set[str] = set()
    for group, names in sorted(members.items()):
        split = _draw(group, params)
        missing = {name for name in names if split == "test" and not _vouched(decided[name], params)}
        unvouched |= missing
        if split != "train" and not missing:
            drawn |= dict.fromkeys(names, split)
    if len(decided) < settings.min_records:
        why = f"{len(decided)} of {settings.min_records} records are labelled; then train, dev and test are drawn"
        return FirstSplits({}, frozenset(unvouched), len(decided), settings.min_records, why)
    why = _lacking(Counter(drawn.values()), len(unvouched), params)
    return FirstSplits(drawn, frozenset(unvouched), len(decided), settings.min_records, why)


def _decided(
    records: Mapping[str, Record], human: Mapping[str, VoteOutcome], crowd: Mapping[str, VoteOutcome], params: Params
) -> dict[str, VoteOutcome]:
    """The outcomes that decide a label; people's come before the crowd's."""
    unseen = {name: one for name, one in crowd.items() if name not in human}
    found = _counted(unseen, params.crowd.min_posterior) | _counted(human, params.crowd.review_posterior)
    return {name: one for name, one in found.items() if name in records and records[name].split != "benchmark"}


def _counted(outcomes: Mapping[str, VoteOutcome], least: float) -> dict[str, VoteOutcome]:
    return {name: one for name, one in outcomes.items() if counts(one, least)}


def _draw(group: str, params: Params) -> Split:
    place, settings = share(_SEED, group), params.first_splits
    if place < settings.test:
        return "test"
    return "dev" if place < settings.test + settings.dev else "train"


def _lacking(sizes: Mapping[Split, int], unvouched: int, params: Params) -> str:
    """Why the draw is not enough to go on with; empty where it is."""
    settings = params.first_splits
    if settings.test and not sizes.get("test"):
        people = settings.test_annotators
        return f"test is empty: {unvouched} records drawn for it need the answers of {people} people (second_answer)"
    return "dev is empty: more records must be labelled" if settings.dev and not sizes.get("dev") else ""


def _came_with_a_label(record: Record) -> bool:
    return record.target is not None and record.split != "benchmark"


def _vouched(outcome: VoteOutcome, params: Params) -> bool:
    """Whether enough people gave the label, and surely enough; or an adjudicator did."""
    sure = outcome.confidence is None or outcome.confidence >= params.crowd.review_posterior
    return outcome.adjudicated or (len(outcome.voters) >= params.first_splits.test_annotators and sure)
