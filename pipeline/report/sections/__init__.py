"""The sections of the page, in reading order. Adding one: a function, its line here, its two strings."""

from __future__ import annotations

from collections.abc import Callable

from pipeline.core.registry import Entry
from pipeline.core.settings import NoSettings
from pipeline.report.blocks import Block
from pipeline.report.inputs import Inputs
from pipeline.report.sections.augmentation import augmentation
from pipeline.report.sections.balance import balance
from pipeline.report.sections.bias import bias
from pipeline.report.sections.cleaning import changes, drops, duplicates
from pipeline.report.sections.conflicts import conflicts
from pipeline.report.sections.contamination import contamination
from pipeline.report.sections.coverage import coverage
from pipeline.report.sections.expectations import expected
from pipeline.report.sections.labels import decisions, label_errors, prelabels
from pipeline.report.sections.mixture import mixture
from pipeline.report.sections.model import model
from pipeline.report.sections.sources import sources
from pipeline.report.sections.value import value
from pipeline.report.sections.versions import scores, versions

Section = Callable[[Inputs], list[Block]]

SECTIONS: dict[str, Entry[NoSettings, Section]] = {
    "scores": Entry(NoSettings, scores),
    "versions": Entry(NoSettings, versions),
    "sources": Entry(NoSettings, sources),
    "drops": Entry(NoSettings, drops),
    "changes": Entry(NoSettings, changes),
    "duplicates": Entry(NoSettings, duplicates),
    "contamination": Entry(NoSettings, contamination),
    "conflicts": Entry(NoSettings, conflicts),
    "label_errors": Entry(NoSettings, label_errors),
    "decisions": Entry(NoSettings, decisions),
    "prelabels": Entry(NoSettings, prelabels),
    "balance": Entry(NoSettings, balance),
    "bias": Entry(NoSettings, bias),
    "coverage": Entry(NoSettings, coverage),
    "augmentation": Entry(NoSettings, augmentation),
    "mixture": Entry(NoSettings, mixture),
    "expectations": Entry(NoSettings, expected),
    "model": Entry(NoSettings, model),
    "value": Entry(NoSettings, value),
}
