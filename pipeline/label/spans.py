"""Several people's lists of spans, decided piece by piece.

All borders that anybody set cut the text into pieces: runs of tokens on which each answer is the same throughout.
Everybody who answered the record votes on each piece that anybody marked: its label, or that it is none. So the
methods, weights and agreement figures of closed label sets hold for spans too, and people who disagree about a border
still agree about what both marked. Voting on whole spans is worse: each place of a border is a span of its own there,
and none wins (docs/labelling.md).
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, pairwise, starmap
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from pipeline.core.record import Span, as_json
from pipeline.label.aggregation import aggregate
from pipeline.label.aggregation.votes import Consensus, Votes, encode

if TYPE_CHECKING:
    from pipeline.label.aggregation.votes import Floats

#: What voting against a label is called.
NONE = as_json(None)

_HALF = 0.5 - 1e-9  # posterior of 'none' from which on a piece is not marked; a choice: a tie marks nothing

Answers = Mapping[str, Sequence[Span]]


class Piece(NamedTuple):
    """A run of characters within which nobody set a border."""

    start: int
    end: int


def span_votes(given: Mapping[str, Mapping[str, str]]) -> list[tuple[str, str, str]]:
    """(record/start/end, annotator, label as JSON) of every vote; `given` is record -> annotator -> spans as JSON."""
    rows = []
    for record, answers in sorted(given.items()):
        marked = _read(answers)
        for piece in _pieces(marked):
            name = f"{record}/{piece.start}/{piece.end}"
            rows += [(name, who, _label(spans, piece)) for who, spans in sorted(marked.items())]
    return rows


def decide_spans(
    given: Mapping[str, Mapping[str, str]], method: str
) -> tuple[dict[str, tuple[list[Span], float]], Votes | None, Consensus | None]:
    """Record -> (spans, confidence), for the records of `given`; and votes and consensus for the agreement report.

    A piece is marked where 'none' is the less likely. Neighbouring marked pieces are one span, unless most people who
    marked both parted them there; its label is the likeliest over its pieces, by their lengths. The confidence is that
    of the least sure piece.
    """
    rows = span_votes(given)
    if not rows:
        return {record: ([], 1.0) for record in given}, None, None
    votes = encode(rows)
    consensus = aggregate(votes, method)
    marked: defaultdict[str, dict[Piece, Floats]] = defaultdict(dict)
    sure = dict.fromkeys(given, 1.0)
    none = [n for n, label in enumerate(votes.labels) if label == NONE]
    for item, row in zip(votes.items, consensus.posterior, strict=True):
        record, start, end = item.rsplit("/", 2)
        sure[record] = min(sure[record], float(row.max()))
        if row[none].sum() < _HALF:
            marked[record][Piece(int(start), int(end))] = row
    labels = list(map(json.loads, votes.labels))
    found = {record: (_joined(marked[record], labels, _read(given[record])), sure[record]) for record in given}
    return found, votes, consensus


def _read(answers: Mapping[str, str]) -> dict[str, list[Span]]:
    return {who: json.loads(value) for who, value in answers.items()}


def _pieces(marked: Answers) -> list[Piece]:
    """The pieces that anybody marked, in order."""
    spans = list(chain.from_iterable(marked.values()))
    borders = sorted({border for span in spans for border in (span["start"], span["end"])})
    pieces = starmap(Piece, pairwise(borders))
    return [piece for piece in pieces if any(_covers(span, piece) for span in spans)]


def _covers(span: Span, piece: Piece) -> bool:
    return span["start"] <= piece.start and piece.end <= span["end"]


def _label(spans: Sequence[Span], piece: Piece) -> str:
    return next((as_json(span["label"]) for span in spans if _covers(span, piece)), NONE)


def _joined(pieces: Mapping[Piece, Floats], labels: Sequence[str | None], marked: Answers) -> list[Span]:
    """Spans of the marked pieces; `pieces` holds the posterior of each of `labels`."""
    names = [n for n, label in enumerate(labels) if label is not None]
    spans: list[Span] = []
    for run in _runs(pieces, marked):
        weights = np.stack([(piece.end - piece.start) * pieces[piece] for piece in run]).sum(axis=0)
        label = labels[names[int(weights[names].argmax())]]
        spans.append({"start": run[0].start, "end": run[-1].end, "label": str(label)})
    return spans


def _runs(pieces: Iterable[Piece], marked: Answers) -> list[list[Piece]]:
    """Neighbouring pieces together, but where most people parted them."""
    runs: list[list[Piece]] = []
    for piece in sorted(pieces):
        if runs and runs[-1][-1].end == piece.start and not _parted(piece.start, marked):
            runs[-1].append(piece)
        else:
            runs.append([piece])
    return runs


def _parted(border: int, marked: Answers) -> bool:
    """Whether most people who marked both sides of a border ended one span there and began another."""
    began = through = 0
    for spans in marked.values():
        through += any(span["start"] < border < span["end"] for span in spans)
        ended = any(span["end"] == border for span in spans)
        began += ended and any(span["start"] == border for span in spans)
    return began > through
