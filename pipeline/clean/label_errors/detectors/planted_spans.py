"""The errors that spans have, planted: one forgotten, of another type, cut or stretched, or one too many."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from pipeline.clean.label_errors.detectors.contract import Planted
from pipeline.core.record import Record, Span, share
from pipeline.core.settings import Task
from pipeline.modeling.features.tagging_units import units

_WITHOUT_SPANS = 0.25  # a text without any is made wrong this much more rarely; a guess: not measured

Spans = list[Span]


def wrong_spans(records: Sequence[Record], task: Task, rate: float, seed: str) -> list[Planted | None]:
    """Kinds: missing, other_type, boundary (one unit more or less at one end), extra (on one or two words)."""
    found: list[Planted | None] = []
    for record in records:
        chance = rate if record.target else rate * _WITHOUT_SPANS
        found.append(_wrong(record, task, seed) if share("plant", seed, record.id) < chance else None)
    return found


def _wrong(record: Record, task: Task, seed: str) -> Planted | None:
    spans: Spans = [Span(start=one["start"], end=one["end"], label=one["label"]) for one in record.target]
    bounds = units(record.fields["text"])
    kinds = ["missing", "other_type", "boundary", "extra"] if spans else ["extra"]
    if len(task.labels) < 2 and spans:
        kinds.remove("other_type")
    kind = kinds[int(len(kinds) * share("plant kind", seed, record.id))]
    draw = share("plant as", seed, record.id)
    if kind == "extra":
        changed = _extra(spans, bounds, record.fields["text"], task, draw)
        return None if changed is None else Planted(kind, changed)
    n = int(len(spans) * share("plant which", seed, record.id))
    if kind == "missing":
        return Planted(kind, spans[:n] + spans[n + 1 :])
    if kind == "other_type":
        others = [label for label in task.labels if label != spans[n]["label"]]
        spans[n]["label"] = others[int(len(others) * draw)]
        return Planted(kind, spans)
    moved = _moved(spans, n, bounds, draw)
    return None if moved is None else Planted(kind, moved)


def _extra(spans: Spans, bounds: Sequence[tuple[int, int]], text: str, task: Task, draw: float) -> Spans | None:
    taken = {n for n, (a, b) in enumerate(bounds) if any(a < s["end"] and b > s["start"] for s in spans)}
    free = [n for n, (a, b) in enumerate(bounds) if n not in taken and text[a:b].isalnum()]
    if not free:
        return None
    first = free[int(len(free) * draw)]
    last = first + 1 if draw * 997 % 1 < 0.5 and first + 1 in free else first
    label = task.labels[int(len(task.labels) * (draw * 9973 % 1))]
    new: Span = {"start": bounds[first][0], "end": bounds[last][1], "label": label}
    return sorted([*spans, new], key=lambda span: (span["start"], span["end"]))


def _units_of(span: Span, bounds: Sequence[tuple[int, int]]) -> list[int]:
    """Numbers of the units that a span touches."""
    return [k for k, (a, b) in enumerate(bounds) if a < span["end"] and b > span["start"]]


def _moved(spans: Spans, n: int, bounds: Sequence[tuple[int, int]], draw: float) -> Spans | None:
    inside = _units_of(spans[n], bounds)
    if not inside:
        return None
    taken = chain.from_iterable(_units_of(span, bounds) for span in spans)
    first, last = inside[0], inside[-1]
    free = set(range(len(bounds))).difference(taken)
    ways = [(first + 1, last), (first, last - 1)] if first < last else []
    ways += [(first - 1, last)] if first - 1 in free else []
    ways += [(first, last + 1)] if last + 1 in free else []
    if not ways:
        return None
    a, b = ways[int(len(ways) * draw)]
    spans[n] = {"start": bounds[a][0], "end": bounds[b][1], "label": spans[n]["label"]}
    return spans
