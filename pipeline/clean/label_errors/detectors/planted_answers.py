"""The errors that marked answers have, planted: at the wrong end, of another question, or elsewhere."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence, Set

from pipeline.clean.label_errors.detectors.answer_places import Place, to_place
from pipeline.clean.label_errors.detectors.contract import Planted
from pipeline.core.record import Record, share
from pipeline.modeling.features.tagging_units import units

_KINDS = ("boundary", "other", "elsewhere")
#: By how many units the first and the last unit of an answer are moved: an end that is one or two off.
#: A guess: not measured.
_SHIFTS = ((1, 0), (2, 0), (-1, 0), (-2, 0), (0, 1), (0, 2), (0, -1), (0, -2))


def wrong_answers(records: Sequence[Record], rate: float, seed: str) -> list[Planted | None]:
    """For a share `rate` of the records the kind of error and a wrong answer; see `answers.plant`."""
    others: defaultdict[str, list[Place]] = defaultdict(list)
    for record in records:
        for answer in record.target:
            place = to_place(answer, record.fields["context"])
            if place and place not in others[record.fields["context"]]:
                others[record.fields["context"]].append(place)
    return [  # sorted: what is drawn must not depend on the order of the records
        _wrong(record, sorted(others[record.fields["context"]]), seed)
        if share("plant", seed, record.id) < rate
        else None
        for record in records
    ]


def _wrong(record: Record, others: Sequence[Place], seed: str) -> Planted | None:
    context = str(record.fields["context"])
    bounds = units(context)
    own = {place for answer in record.target if (place := to_place(answer, context))}
    kind = _KINDS[int(len(_KINDS) * share("plant kind", seed, record.id))]
    ways = [
        (a, b)
        for a, b in _ways(kind, own, others, len(bounds))
        if 0 <= a <= b < len(bounds) and (a, b) not in own and context[slice(*bounds[a])].isalnum()
    ]
    if not ways:
        return None
    a, b = ways[int(len(ways) * share("plant as", seed, record.id))]
    return Planted(kind, [{"start": bounds[a][0], "text": context[bounds[a][0] : bounds[b][1]]}])


def _ways(kind: str, own: Set[Place], others: Sequence[Place], units: int) -> list[Place]:
    """Places of a wrong answer of that kind, in a context of so many units; some may reach beyond its ends."""
    first, last = min(own)
    if kind == "boundary":
        return [(first + a, last + b) for a, b in _SHIFTS]
    if kind == "elsewhere":
        others = [(n, n + last - first) for n in range(units)]
    return [(a, b) for a, b in others if all(b < x or a > y for x, y in own)]
