"""Several people's lists of spans, decided span by span.

Each span that anybody marked becomes an item, and everybody who answered the record votes on it: its label, or that it
is none. So the methods, weights and agreement figures of closed label sets hold for spans too. What counts as one span
is its exact place: people who disagree about a border vote for two spans, and neither may win.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from pipeline.core.record import Span, as_json
from pipeline.label.aggregation import aggregate
from pipeline.label.aggregation.votes import Consensus, Votes, encode

#: What voting against a span is called.
NONE = as_json(None)


def span_votes(given: Mapping[str, Mapping[str, str]]) -> list[tuple[str, str, str]]:
    """(record/start/end, annotator, label as JSON) of every vote; `given` is record -> annotator -> spans as JSON."""
    rows = []
    for record, answers in sorted(given.items()):
        marked = {who: _by_place(json.loads(value)) for who, value in answers.items()}
        for place in sorted(set().union(*marked.values())):
            rows += [(f"{record}/{place[0]}/{place[1]}", who, marked[who].get(place, NONE)) for who in sorted(marked)]
    return rows


def decide_spans(
    given: Mapping[str, Mapping[str, str]], method: str
) -> tuple[dict[str, tuple[list[Span], float]], Votes | None, Consensus | None]:
    """Record -> (spans, confidence), for the records of `given`; and votes and consensus for the agreement report.

    A span stands where its label beats all others and 'none'. Of two that overlap the surer one stands. The
    confidence is that of the least sure decision about the record.
    """
    decided: dict[str, tuple[list[Span], float]] = {record: ([], 1.0) for record in given}
    rows = span_votes(given)
    if not rows:
        return decided, None, None
    votes = encode(rows)
    consensus = aggregate(votes, method)
    chosen: dict[str, list[tuple[float, int, int, str]]] = {record: [] for record in given}
    for item, choice in zip(votes.items, consensus.decide(), strict=True):
        record, start, end = item.rsplit("/", 2)
        label, sure = (NONE, 0.0) if choice is None else (votes.labels[choice[0]], choice[1])
        decided[record] = (decided[record][0], min(decided[record][1], sure))
        if label != NONE:
            chosen[record].append((-sure, int(start), int(end), json.loads(label)))
    for record, spans in chosen.items():
        decided[record] = (_without_overlaps(spans), decided[record][1])
    return decided, votes, consensus


def _without_overlaps(spans: Sequence[tuple[float, int, int, str]]) -> list[Span]:
    kept: list[Span] = []
    for _, start, end, label in sorted(spans):
        if all(end <= other["start"] or other["end"] <= start for other in kept):
            kept.append({"start": start, "end": end, "label": label})
    return sorted(kept, key=lambda span: (span["start"], span["end"]))


def _by_place(spans: Sequence[Span]) -> dict[tuple[int, int], str]:
    return {(span["start"], span["end"]): as_json(span["label"]) for span in spans}
