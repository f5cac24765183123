"""How far annotators agree, how each of them works, and which labels they confuse."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Required, TypedDict

from pipeline.core.counts import ranked
from pipeline.report.blocks import Block, facts, from_notes, table
from pipeline.report.inputs import Inputs

_COLUMNS = {
    "annotator": "who",
    "votes": "num",
    "agrees": "pct",
    "kappa": "float",
    "quality": "pct",
    "gold_right": "short",
    "seconds": "float",
    "shown": "num",
    "accepted_share": "pct",
    "weak": "code",
}
_PLAIN = ("annotator", "votes", "agrees", "kappa", "quality", "weak")
#: What is drawn; everything else that a stage noted follows as it is.
_KNOWN = {
    "alpha", "alpha_interval", "fleiss_kappa", "cohen_kappa", "mean_confidence", "items", "votes", "pairs", "weak",
    "annotators", "unanimous", "tied", "annotator_list", "items_with_two_votes", "votes_per_item",
}  # fmt: skip


class _Person(TypedDict, total=False):
    """One annotator, as the label stage tells of one; those who are people have more keys than crowds."""

    annotator: Required[str]
    votes: int
    answers: int
    agrees_with_consensus: float
    kappa_with_consensus: float | None
    quality: float
    accuracy: float
    gold: int
    gold_right: int
    seconds_median: float | None
    prelabels_shown: int
    accepted_share: float | None
    weak: bool
    weak_on_gold: bool
    confusion: Mapping[str, Mapping[str, int]]  # what the consensus says -> what this one says -> votes


class _Pair(TypedDict, total=False):
    annotators: Sequence[str]
    items: int
    agree: float
    kappa: float | None


def agreement(inputs: Inputs, voice: str, found: Mapping[str, Any]) -> list[Block]:
    """One voice's annotators (crowd, human): agreement, each person, each pair, the labels confused."""
    figures = facts(
        ("krippendorff_alpha", *_alpha(found.get("alpha"), found.get("alpha_interval"))),
        *((key, found.get(key), "float") for key in ("fleiss_kappa", "cohen_kappa", "mean_confidence")),
        *((key, found.get(key), "num") for key in ("items", "votes", "annotators", "unanimous", "tied")),
    )
    people = found.get("annotator_list", [])
    rest = from_notes({key: one for key, one in found.items() if key not in _KNOWN}, inside=f"agreement: {voice}")
    return [
        {**figures, "name": f"agreement: {voice}"},
        *([_people(people)] if people else []),
        *_confusions(inputs, people),
        *_pairs(found.get("pairs", [])),
        *rest,
    ]


def _alpha(alpha: object, interval: Sequence[float | None] | None) -> tuple[object, str]:
    """The figure and its kind: with its interval where there is one."""
    low, high = interval or (None, None)
    return (alpha, "float") if low is None else ({"value": alpha, "low": low, "high": high}, "interval")


def _people(people: list[_Person]) -> Block:
    """One row a person; columns that nobody has a figure for are left out."""
    rows = [_person(one) for one in people]
    known = {n for row in rows for n, value in enumerate(row) if value is not None}
    kept = {n: name for n, name in enumerate(_COLUMNS) if name in _PLAIN or n in known}
    return table(
        "annotators", {name: _COLUMNS[name] for name in kept.values()}, [[row[n] for n in kept] for row in rows]
    )


def _person(one: _Person) -> list[object]:
    """The values of `_COLUMNS`."""
    return [
        one.get("annotator"),
        one.get("votes", one.get("answers")),
        one.get("agrees_with_consensus"),
        one.get("kappa_with_consensus"),
        one.get("quality", one.get("accuracy")),
        f"{one['gold_right']} / {one['gold']}" if one.get("gold") else None,
        one.get("seconds_median"),
        one.get("prelabels_shown") or None,
        one.get("accepted_share"),
        "weak" if one.get("weak") or one.get("weak_on_gold") else None,
    ]


def _pairs(found: list[_Pair]) -> list[Block]:
    """How far each two people agree."""
    rows = [
        [", ".join(map(str, one.get("annotators", []))), one.get("items"), one.get("agree"), one.get("kappa")]
        for one in found
    ]
    kinds = {"annotators": "text", "items": "num", "agree": "pct", "kappa": "float"}
    return [table("annotator_pairs", kinds, rows)] if rows else []


def _confusions(inputs: Inputs, people: list[_Person]) -> list[Block]:
    """What each person says where the consensus says otherwise, most frequent first."""
    counts = Counter(
        {
            (str(one["annotator"]), _label(truth), _label(said)): n
            for one in people
            for truth, given in (one.get("confusion") or {}).items()
            for said, n in given.items()
            if said != truth
        }
    )
    rows = [[*key, n] for key, n in ranked(counts)]
    columns = {"annotator": "who", "consensus": "label", "said": "label", "votes": "num"}
    shown = rows[: min(50, inputs.params.max_rows)]
    return [table("annotator_confusions", columns, shown, len(rows))] if rows else []


def _label(text: str) -> str:
    """A label of the votes, which are JSON, as people read it."""
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value if isinstance(value, str) else text
