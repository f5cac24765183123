"""Dev and test for projects that start from nothing: drawn from people's labels, where no record came with one.

As everywhere, the draw goes by group and by the group's name alone, so that more answers move no old record into
another draw. Into test go only groups all of whose labelled records two people or more vouch for; what was drawn for
test and is not vouched for yet stays in train until it is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from pipeline.core.record import Record, Split, share
from pipeline.label.evidence import VoteOutcome
from pipeline.label.params import Params

_SEED = "first splits"


def first_splits(
    records: Mapping[str, Record],
    human: Mapping[str, VoteOutcome],
    crowd: Mapping[str, VoteOutcome],
    params: Params,
) -> dict[str, Split]:
    """Split by record id, for dev and test; empty where any record came with a label, or few are labelled yet."""
    settings = params.first_splits
    originals = [record for record in records.values() if record.split != "benchmark"]
    answered = {name: human.get(name) or crowd[name] for name in (*crowd, *human) if name in records}
    decided = {name: one for name, one in answered.items() if one.value is not None}
    if len(decided) < settings.min_records or any(record.target is not None for record in originals):
        return {}
    members: defaultdict[str, list[str]] = defaultdict(list)
    for name in sorted(decided):
        members[records[name].group or name].append(name)
    drawn: dict[str, Split] = {}
    for group, names in sorted(members.items()):
        place = share(_SEED, group)
        if place < settings.test:
            split: Split = "test" if all(_vouched(decided[name], params) for name in names) else "train"
        else:
            split = "dev" if place < settings.test + settings.dev else "train"
        if split != "train":
            drawn |= dict.fromkeys(names, split)
    return drawn


def _vouched(outcome: VoteOutcome, params: Params) -> bool:
    """Whether two people or more gave the label, and surely enough."""
    sure = outcome.confidence is None or outcome.confidence >= params.crowd.review_posterior
    return len(outcome.voters) > 1 and sure
