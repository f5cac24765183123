"""What the train split is mixed of: rows and tokens of each part, before and after `validate.mixture`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

from pipeline.report.blocks import Block, missing, note, table
from pipeline.report.inputs import Inputs

_UNWEIGHED = {"part": "text", "rows": "num", "tokens": "num", "share_of_tokens": "pct"}
_COLUMNS = {
    "part": "text",
    "rows": "num",
    "tokens": "num",
    "share_before": "pct",
    "epochs": "float",
    "rows_read": "num",
    "tokens_read": "num",
    "share_after": "pct",
}


class _Part(TypedDict):
    source: str
    rows: int
    tokens: int
    share_of_tokens: float


def mixture(inputs: Inputs) -> list[Block]:
    """One row a part, and all together: what there is, and what one epoch reads. A note where nothing is mixed."""
    validated = inputs.report("validate")
    if not validated:
        return [missing("validate")]
    groups = validated.get("dataset", {}).get("mixture")
    if not groups:
        return [note("mixture_none")]
    if "epochs" not in groups[0]:
        return _as_it_is(groups, inputs.params.max_rows)
    tokens, read = (sum(group[key] for group in groups) for key in ("tokens", "tokens_read"))
    rows = [
        [
            next(iter(group.values())),
            group["rows"],
            group["tokens"],
            group["tokens"] / max(tokens, 1),
            group["epochs"],
            group["rows_read"],
            group["tokens_read"],
            group["tokens_read"] / max(read, 1),
        ]
        for group in groups
    ]
    figures = {"tokens": tokens, "tokens_read": read, "rows_read": sum(group["rows_read"] for group in groups)}
    shown = rows[: inputs.params.max_rows]
    return [note("mixture_total", **figures), table("mixture", _COLUMNS, shown, len(rows))]


def _as_it_is(groups: Sequence[_Part], most: int) -> list[Block]:
    """Where nothing is weighed: each source with its share of the tokens."""
    rows = [[group["source"], group["rows"], group["tokens"], group["share_of_tokens"]] for group in groups]
    total, tokens = (sum(counts) for counts in zip(*((one["rows"], one["tokens"]) for one in groups), strict=True))
    told = note("mixture_unweighed", rows=total, tokens=tokens)
    return [told, table("mixture", _UNWEIGHED, rows[:most], len(rows))]
