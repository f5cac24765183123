"""What the report says about each method: counts by reason, and example pairs to read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pipeline.augment.acceptance import Acceptance
from pipeline.augment.augmenters.generation import Generation
from pipeline.augment.candidates import Candidate, Made
from pipeline.augment.policy import Draw, MethodSettings
from pipeline.core.errors import shorten
from pipeline.core.record import Record, share
from pipeline.modeling.lm.local_engine import name_of
from pipeline.modeling.models import Models

_EXAMPLES = 5  # a guess: not measured
_LENGTH = 300  # a guess: not measured


def writers(methods: Mapping[str, MethodSettings], models: Models) -> dict[str, dict[str, str]]:
    """Methods whose examples' targets a language model wrote: model and licence, for the dataset card."""
    found = {}
    for name, settings in methods.items():
        if isinstance(settings, Generation):
            licence = settings.endpoint.licence if settings.endpoint else ""
            found[f"augment.{name}"] = {"model": name_of(settings.endpoint, models), "licence": licence}
    return found


def method_notes(
    methods: Mapping[str, MethodSettings],
    draws: Sequence[Draw],
    made: Made,
    acceptance: Acceptance,
    text_of: Callable[[Record], str],
) -> dict[str, object]:
    """Per method: settings, draws, tried, accepted, rejected by reason, kept, five example pairs of each kind."""
    notes: dict[str, Any] = {}
    for name, settings in methods.items():
        accepted, rejected = _parted([c for c in made.candidates if c.method == name], acceptance)
        notes[name] = {
            "settings": settings.model_dump(mode="json"),
            "drawn": sum(draw.method == name for draw in draws),
            "repeated": made.repeated[name],
            "tried": len(accepted) + len(rejected),
            "accepted": len(accepted),
            "rejected": dict(sorted(Counter(reason for _, reason in rejected).items())),
            "kept": sum(c.child.id not in acceptance.unhelpful for c in accepted),
            "accepted_examples": [_pair(c, text_of) for c in _sample(accepted)],
            "rejected_examples": _rejected_pairs(rejected, text_of),
        }
        beside = {
            "no_examples": made.undrawn.get(name),
            "forecast": made.forecasts.get(name),
            "skipped": made.missing.get(name),
        }
        notes[name] |= {key: why for key, why in beside.items() if why is not None}
    return notes


def _parted(
    candidates: Sequence[Candidate], acceptance: Acceptance
) -> tuple[list[Candidate], list[tuple[Candidate, str]]]:
    """Those that were accepted, and the others with the reason."""
    accepted = [c for c in candidates if c.child.id not in acceptance.rejected]
    rejected = [(c, acceptance.rejected[c.child.id].reason) for c in candidates if c.child.id in acceptance.rejected]
    return accepted, rejected


def _rejected_pairs(
    rejected: Sequence[tuple[Candidate, str]], text_of: Callable[[Record], str]
) -> list[dict[str, object]]:
    reasons = {c.child.id: reason for c, reason in rejected}
    return [{**_pair(c, text_of), "reason": reasons[c.child.id]} for c in _sample([c for c, _ in rejected])]


def _sample(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Five of them by the draw of their ids: a fair sample that does not change with the others' order."""
    return sorted(candidates, key=lambda c: (share("example", c.child.id), c.child.id))[:_EXAMPLES]


def _pair(candidate: Candidate, text_of: Callable[[Record], str]) -> dict[str, object]:
    return {
        "parent_id": candidate.parent.id,
        "parent": shorten(text_of(candidate.parent), _LENGTH),
        "child": shorten(candidate.text, _LENGTH),
    }
