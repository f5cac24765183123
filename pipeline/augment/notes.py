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

_EXAMPLES = 5
_LENGTH = 300


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
) -> dict[str, Any]:
    """Per method: settings, draws, tried, accepted, rejected by reason, kept, five example pairs of each kind."""
    notes: dict[str, Any] = {}
    for name, settings in methods.items():
        own = [c for c in made.candidates if c.method == name]
        accepted = [c for c in own if c.child.id not in acceptance.rejected]
        rejected = [c for c in own if c.child.id in acceptance.rejected]
        notes[name] = {
            "settings": settings.model_dump(mode="json"),
            "drawn": sum(draw.method == name for draw in draws),
            "repeated": made.repeated[name],
            "tried": len(own),
            "accepted": len(accepted),
            "rejected": dict(sorted(Counter(acceptance.rejected[c.child.id].reason for c in rejected).items())),
            "kept": sum(c.child.id not in acceptance.unhelpful for c in accepted),
            "accepted_examples": [_pair(c, text_of) for c in _sample(accepted)],
            "rejected_examples": [
                {**_pair(c, text_of), "reason": acceptance.rejected[c.child.id].reason} for c in _sample(rejected)
            ],
        }
        if name in made.undrawn:
            notes[name]["no_examples"] = made.undrawn[name]
        if name in made.forecasts:
            notes[name]["forecast"] = made.forecasts[name]
        if name in made.missing:
            notes[name]["skipped"] = made.missing[name]
    return notes


def _sample(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Five of them by the draw of their ids: a fair sample that does not change with the others' order."""
    return sorted(candidates, key=lambda c: (share("example", c.child.id), c.child.id))[:_EXAMPLES]


def _pair(candidate: Candidate, text_of: Callable[[Record], str]) -> dict[str, Any]:
    return {
        "parent_id": candidate.parent.id,
        "parent": shorten(text_of(candidate.parent), _LENGTH),
        "child": shorten(candidate.text, _LENGTH),
    }
