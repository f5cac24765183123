"""The sections of the page, in reading order. Adding one: a function, its line here, its two strings."""

from __future__ import annotations

from collections.abc import Callable

from pipeline.report.blocks import Block
from pipeline.report.inputs import Inputs
from pipeline.report.sections.augmentation import augmentation
from pipeline.report.sections.balance import balance
from pipeline.report.sections.cleaning import changes, drops, duplicates
from pipeline.report.sections.labels import decisions, doubtful, prelabels
from pipeline.report.sections.model import expected, model
from pipeline.report.sections.sources import sources
from pipeline.report.sections.value import value

Section = Callable[[Inputs], list[Block]]

SECTIONS: dict[str, Section] = {
    "sources": sources,
    "drops": drops,
    "changes": changes,
    "duplicates": duplicates,
    "doubtful": doubtful,
    "decisions": decisions,
    "prelabels": prelabels,
    "balance": balance,
    "augmentation": augmentation,
    "expectations": expected,
    "model": model,
    "value": value,
}
