"""How the model trained on the dataset fares."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import TypedDict

import pyarrow as pa

from pipeline.report.blocks import (
    Block,
    from_notes,
    heat,
    intervals,
    linked,
    listed,
    missing,
    note,
    reliability,
    stage_notes,
    table,
)
from pipeline.report.figures import metrics, plain_label, plain_slice
from pipeline.report.inputs import Inputs
from pipeline.report.sections.fairness import fairness
from pipeline.report.sections.judges import win_rates

_KNOWN = {
    "metrics", "reliability", "slices", "fairness", "worst_errors", "stage", "headline", "details", "baselines",
    "win_rates",
}  # fmt: skip
_FEW_CALLS = 30  # of test replies that should call a tool: shares of fewer are told as such. A guess: not measured
_LARGEST_MATRIX = 20  # a guess: not measured

#: Stands in the confusion matrix for no entity: missed, or found where nothing is.
NO_SPAN = "∅"


def model(inputs: Inputs) -> list[Block]:
    """Metrics with intervals, confusion, calibration, slices, declared groups, worst errors."""
    report = inputs.report("evaluate")
    if not report:
        return [missing("train", "evaluate")]
    blocks = [*_metrics(inputs), *_calls(inputs), *_confusion(inputs)]
    bins = inputs.find("evaluate", "reliability")
    if bins:
        blocks.append(reliability("model", bins, metrics(inputs).get("ece", {}).get("value")))
    blocks += win_rates(inputs) + _slices(inputs) + fairness(inputs) + _worst(inputs)
    noted = {key: inputs.find("evaluate", key) for key in ("baselines", "details")}
    blocks += from_notes({key: one for key, one in noted.items() if one})
    rest = from_notes(_without(report, _KNOWN))
    return [*blocks, *stage_notes(rest + from_notes(_without(inputs.report("train"), {"stage"}), inside="train"))]


def _without(report: Mapping[str, object], keys: Collection[str]) -> dict[str, object]:
    return {key: one for key, one in report.items() if key not in keys}


def _slices(inputs: Inputs) -> list[Block]:
    found = inputs.find("evaluate", "slices") or []
    columns = {
        "attribute": "code",
        "slice": "label",
        "records": "num",
        "score": "interval",
        "gap": "interval",
        "p": "float",
        "weak": "code",
    }
    rows = [
        [
            one.get("attribute"),
            plain_slice(one.get("attribute"), one.get("slice")),
            one.get("n"),
            {key: one.get(key) for key in ("value", "low", "high")},
            one.get("difference"),
            one.get("p"),
            "weak" if one.get("worse") else None,
        ]
        for one in found
    ]
    rows.sort(key=lambda row: (row[6] is None, (row[4] or {}).get("value") or 0, row[0], row[1]))
    return [table("slices", columns, rows[: inputs.params.max_rows], len(found))] if rows else []


def _worst(inputs: Inputs) -> list[Block]:
    found = inputs.find("evaluate", "worst_errors") or []
    columns = {
        "text": "text",
        "true": "label",
        "predicted": "label",
        "confidence": "pct",
        "suspect": "code",
        "source": "code",
        "id": "id",
    }
    rows = [
        [
            inputs.cut(one.get("text", "")),
            inputs.cut(plain_label(one.get("given"), str(one.get("text", ""))) or ""),
            inputs.cut(plain_label(one.get("suggested"), str(one.get("text", ""))) or ""),
            one.get("confidence"),
            "label_may_be_wrong" if one.get("label_may_be_wrong") else None,
            one.get("source"),
            one.get("record_id"),
        ]
        for one in found
    ]
    shown = rows[: inputs.params.max_rows]
    links = [inputs.pushed.link(str(row[-1])) for row in shown]
    return [listed(linked(table("worst_errors", columns, shown, len(found)), links), "predictions")] if rows else []


class Span(TypedDict):
    """A piece of a text with a label; offsets are half-open, in code points."""

    start: int
    end: int
    label: str


def span_pairs(given: list[Span] | None, predicted: list[Span] | None) -> list[tuple[str, str]]:
    """(true type, predicted type) of spans that overlap, each used once, the largest overlap first.

    What overlaps nothing is paired with NO_SPAN: missed, or found where nothing is.
    """
    truth, guess = list(given or []), list(predicted or [])
    left, right = set(range(len(truth))), set(range(len(guess)))
    pairs = []
    for _, m, n in _overlaps(truth, guess):
        if m in left and n in right:
            pairs.append((str(truth[m]["label"]), str(guess[n]["label"])))
            left.remove(m)
            right.remove(n)
    pairs += [(str(truth[m]["label"]), NO_SPAN) for m in sorted(left)]
    return pairs + [(NO_SPAN, str(guess[n]["label"])) for n in sorted(right)]


def _overlaps(truth: list[Span], guess: list[Span]) -> list[tuple[int, int, int]]:
    """(minus the characters shared, place in `truth`, place in `guess`) of spans that overlap, the largest first."""
    found = (
        (max(a["start"], b["start"]) - min(a["end"], b["end"]), m, n)
        for m, a in enumerate(truth)
        for n, b in enumerate(guess)
    )
    return sorted(one for one in found if one[0] < 0)


def _metrics(inputs: Inputs) -> list[Block]:
    found = metrics(inputs)
    shares = [(name, one) for name, one in found.items() if _is_share(one)]
    columns = {"metric": "code", "value": "float", "low": "float", "high": "float"}
    rows = [[name, one.get("value"), one.get("low"), one.get("high")] for name, one in found.items()]
    chart = [intervals("metrics", shares)] if shares else []
    return [*chart, table("metrics", columns, rows)] if rows else []


def _calls(inputs: Inputs) -> list[Block]:
    """How many replies the figures on tool calls rest on: a share of one reply has an interval of no width."""
    found = inputs.find("evaluate", "details") or {}
    due, made = found.get("replies_that_should_call"), found.get("replies_that_call")
    if due is None or made is None:
        return []
    tone = "info" if due >= _FEW_CALLS else "warn"
    return [
        note("calls" if due >= _FEW_CALLS else "few_calls", tone, due=due, made=made, n=inputs.find("evaluate", "n"))
    ]


def _is_share(one: Mapping[str, object]) -> bool:
    values = [one.get(key) for key in ("value", "low", "high")]
    return all(isinstance(value, int | float) and 0 <= value <= 1 for value in values)


def _pairs(found: pa.Table, is_spans: bool) -> Counter[tuple[str, str]]:
    """How often each given label met each predicted one."""
    return Counter(pair for row in found.to_pylist() for pair in (_span_pairs(row) if is_spans else [_pair(row)]))


def _in_order(labels: Sequence[str], declared: Sequence[str]) -> list[str]:
    """As declared, "no span" after them, and then by name."""
    order = {label: n for n, label in enumerate([*declared, NO_SPAN])}
    return sorted(labels, key=lambda label: (order.get(label, len(order)), label))


def _confusion(inputs: Inputs) -> list[Block]:
    """The matrix of the largest classes, at most twenty: more cannot be read. None without classes."""
    found = inputs.table("evaluate/predictions.parquet", ["given", "predicted"])
    if found is None or not inputs.task.labels:
        return []
    pairs = _pairs(found, inputs.kind.target_kind(inputs.task) == "spans")
    sizes = Counter(label for pair in pairs.elements() for label in pair)
    kept = _in_order([label for label, _ in sizes.most_common(_LARGEST_MATRIX)], inputs.task.labels)
    return [heat(kept, [[pairs[a, b] for b in kept] for a in kept], len(sizes) - len(kept))]


def _pair(row: Mapping[str, str]) -> tuple[str, str]:
    return str(plain_label(row["given"])), str(plain_label(row["predicted"]))


def _span_pairs(row: Mapping[str, str]) -> list[tuple[str, str]]:
    return span_pairs(json.loads(row["given"]), json.loads(row["predicted"]))
