"""A last look for personal data that cleaning was to remove. The values themselves are never shown."""

from __future__ import annotations

from pydantic import field_validator

from pipeline.core.record import Record
from pipeline.core.registry import did_you_mean
from pipeline.text.personal_data import KINDS, find
from pipeline.text.phone_numbers import PLANS
from pipeline.validate.dataset_view import View
from pipeline.validate.expectations.base import Check, ShareRule, mostly, verdicts


class NoPiiRule(ShareRule):
    """Which kinds are looked for; the detection is that of `clean.pii`."""

    kinds: tuple[str, ...] = tuple(kind for kind in KINDS if kind != "ip")  # those that `clean.pii` masks by default
    countries: tuple[str, ...] = ()  # as in `clean.pii`

    @field_validator("kinds", "countries")
    @classmethod
    def _are_known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        known = {**KINDS, **dict.fromkeys(PLANS, "")}
        for name in value:
            if name not in known:
                raise ValueError(f"'{name}' is not known. {did_you_mean(name, known)}")
        return value


def _exported_beside(record: Record) -> list[str]:
    """What else a row of the exported dataset holds that came from outside."""
    decided_by = record.labels_by.who if record.labels_by else None
    return [text for text in (record.group, decided_by, record.source.key, *record.meta.values()) if text]


def no_pii_left(rule: NoPiiRule, view: View) -> Check:
    """No personal data or secret of the rule's kinds in any text, key or meta; what is found is named, not shown."""

    def verdict(texts: list[str]) -> str | None:
        found = {kind for text in texts for _, _, kind in find(text, rule.countries)}
        names = [name for kind, name in KINDS.items() if kind in found and kind in rule.kinds]
        return f"holds {', '.join(names)}" if names else None

    reasons = [verdict([*view.texts(record), *_exported_beside(record)]) for record in view.records]
    return verdicts(f"no personal data is left{mostly(rule.share)}", reasons, rule.share)
