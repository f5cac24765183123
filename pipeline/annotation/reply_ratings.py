"""Replies that people judge in Label Studio: rated by criteria, or the better one of two chosen.

A judgement is an answer like any other. Rating: the reply (as it was shown, or corrected) is the value, the ratings
stand beside it. Comparing: the reply that was chosen is the value, or a better one that was written; the pairs that
follow stand beside it, in the line's `more`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from pipeline.core.conversation import Message
from pipeline.core.record import Target, as_json
from pipeline.core.settings import Task
from pipeline.tasks import task_type
from pipeline.tasks.region import Region

#: Names of the controls: `rating_<criterion>`, the choice between two replies, and the box that rejects a reply.
RATING, PREFERENCE, REJECTED = "rating_", "preference", "rejected"
FIRST, SECOND, EQUAL = "first", "second", "equal"


@dataclass(frozen=True)
class Preferred:
    """One reply that a person found better than another; both as records hold messages."""

    chosen: Mapping[str, object]
    rejected: Mapping[str, object]


def with_choice(result: Sequence[Region], shown: Mapping[str, object], task: Task) -> list[Region]:
    """The result of an annotation, what was chosen between two replies spelt out; any other result as it is.

    `shown` is the task's data: `candidates` holds both replies. Where nobody wrote a better reply, the chosen one
    becomes the answer (the first of two that are equally good). The pairs go into the region of the choice.
    """
    choice = next((part for part in result if part.get("from_name") == PREFERENCE), None)
    candidates = shown.get("candidates")
    if choice is None or not isinstance(candidates, list) or len(candidates) != 2:
        return list(result)
    said = choice["value"].get("choices") or [""]
    written = _written(result, task)
    pairs = [{"chosen": one.chosen, "rejected": one.rejected} for one in _pairs(said[0], candidates, written)]
    told = list(result)
    told[told.index(choice)] = _with_pairs(choice, pairs)
    if written is None and said[0] in (FIRST, SECOND, EQUAL):
        chosen = task_type(task).result_from_target(candidates[1 if said[0] == SECOND else 0])
        told += cast("Sequence[Region]", chosen)
    return told


def _with_pairs(choice: Region, pairs: Sequence[Mapping[str, object]]) -> Region:
    return {**choice, "value": {**choice["value"], "pairs": pairs}}


def _pairs(said: str, candidates: Sequence[Mapping[str, object]], written: Target) -> Iterator[Preferred]:
    """What follows from a choice: the chosen reply is better than the other, a written one better than both."""
    first, second = candidates
    if said in (FIRST, SECOND):
        yield Preferred(first, second) if said == FIRST else Preferred(second, first)
    if written is not None:
        yield from (Preferred(written, other) for other in candidates if as_json(other) != as_json(written))


def _written(result: Sequence[Region], task: Task) -> Target:
    """The reply that was written, as records hold it; None where none was."""
    areas = [part for part in result if part.get("type") == "textarea" and "".join(part["value"]["text"]).strip()]
    if not any(part.get("from_name") in ("reply", "tool_calls") for part in areas):
        return None
    found = task_type(task).target_from_result(areas, task)
    return Message("assistant", found).as_dict() if isinstance(found, str) else found


def ratings_of(more: Sequence[Region] | None) -> dict[str, float]:
    """Criterion -> rating, of what stands beside an answer."""
    return {
        part["from_name"].removeprefix(RATING): float(part["value"]["rating"])
        for part in more or ()
        if part.get("type") == "rating" and part.get("from_name", "").startswith(RATING)
    }


def is_rejected(more: Sequence[Region] | None) -> bool:
    """Whether the person would have nobody learn the reply that was shown."""
    return any(part.get("from_name") == REJECTED and bool(part["value"].get("choices")) for part in more or ())


def preferred_of(more: Sequence[Region] | None) -> list[Preferred]:
    """The pairs that stand beside an answer."""
    return [
        Preferred(pair["chosen"], pair["rejected"])
        for part in more or ()
        if part.get("from_name") == PREFERENCE
        for pair in part["value"].get("pairs") or ()
    ]
