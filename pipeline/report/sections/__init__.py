"""The sections of the page, in reading order. Adding one: a function, its line here, its two strings."""

from __future__ import annotations

from collections.abc import Callable

from pipeline.report.blocks import Block
from pipeline.report.inputs import Inputs
from pipeline.report.sections.augmentation import augmentation
from pipeline.report.sections.balance import balance
from pipeline.report.sections.bias import bias
from pipeline.report.sections.cleaning import changes, drops, duplicates
from pipeline.report.sections.conflicts import conflicts
from pipeline.report.sections.coverage import coverage
from pipeline.report.sections.gates import expected
from pipeline.report.sections.labels import decisions, doubtful, prelabels
from pipeline.report.sections.model import model
from pipeline.report.sections.sources import sources
from pipeline.report.sections.value import value
from pipeline.report.sections.versions import scores, versions

Section = Callable[[Inputs], list[Block]]

SECTIONS: dict[str, Section] = {
    "scores": scores,
    "versions": versions,
    "sources": sources,
    "drops": drops,
    "changes": changes,
    "duplicates": duplicates,
    "conflicts": conflicts,
    "doubtful": doubtful,
    "decisions": decisions,
    "prelabels": prelabels,
    "balance": balance,
    "bias": bias,
    "coverage": coverage,
    "augmentation": augmentation,
    "expectations": expected,
    "model": model,
    "value": value,
}
