"""The shapes of what the value stage writes."""

from __future__ import annotations

from typing import TypedDict

from pipeline.core.json_types import JsonObject

#: A line of value.csv: a variant or control, and a metric with its interval.
Line = dict[str, object]


class _Variant(TypedDict):
    rows: int
    metrics: dict[str, dict[str, float]]


class EffectReport(TypedDict):
    """What one group or step does, in words too."""

    kind: str
    name: str
    rows: int
    gain: dict[str, float]
    p: float
    fit: JsonObject | None
    verdict: str
    sentence: str


class ReplyReport(TypedDict):
    """See `measure_replies`; what the encoder cannot read is told beside."""

    metric: str
    test_rows: int
    seeds: int
    variants: dict[str, _Variant]
    steps: list[dict[str, object]]
    effects: list[EffectReport]
