"""The expectations that params.yaml may name. A new one: write its function, add its line here."""

from __future__ import annotations

from pipeline.core.registry import Entry, with_plugins
from pipeline.validate.expectations.balance import (
    ClassShare,
    LanguageShare,
    Rows,
    class_share_between,
    language_share_between,
    rows_between,
)
from pipeline.validate.expectations.base import ColumnRule, MakeCheck, Rule, ShareRule
from pipeline.validate.expectations.conservation import conserved_counts
from pipeline.validate.expectations.labels import in_declared_labels, no_conflicting_labels
from pipeline.validate.expectations.leakage import Trust, no_leakage, test_trusted
from pipeline.validate.expectations.privacy import NoPiiRule, no_pii_left
from pipeline.validate.expectations.structure import ConversationRule, valid_conversations, valid_structure
from pipeline.validate.expectations.tokens import FitsModel, fits_model
from pipeline.validate.expectations.values import (
    Between,
    in_languages,
    length_between,
    number_between,
    unique,
    values_present,
)
from pipeline.validate.expectations.versions import Drift, no_drift, test_frozen

_OWN: dict[str, Entry[Rule, MakeCheck]] = {
    "values_present": Entry(ColumnRule, values_present),
    "unique": Entry(ColumnRule, unique),
    "length_between": Entry(Between, length_between),
    "number_between": Entry(Between, number_between),
    "in_languages": Entry(ShareRule, in_languages),
    "in_declared_labels": Entry(ShareRule, in_declared_labels),
    "class_share_between": Entry(ClassShare, class_share_between),
    "rows_between": Entry(Rows, rows_between),
    "no_leakage": Entry(ShareRule, no_leakage),
    "no_conflicting_labels": Entry(ShareRule, no_conflicting_labels),
    "valid_structure": Entry(ShareRule, valid_structure),
    "valid_conversations": Entry(ConversationRule, valid_conversations),
    "fits_model": Entry(FitsModel, fits_model),
    "conserved_counts": Entry(Rule, conserved_counts),
    "test_trusted": Entry(Trust, test_trusted),
    "no_pii_left": Entry(NoPiiRule, no_pii_left),
    "language_share_between": Entry(LanguageShare, language_share_between),
    "no_drift": Entry(Drift, no_drift),
    "test_frozen": Entry(Rule, test_frozen),
}

#: Ours, and those of installed packages.
EXPECTATIONS = with_plugins(_OWN, "sft.expectations")

#: Old name -> the name it has now. An old one stops the run with the new one.
RENAMED_EXPECTATIONS = {"sound_structure": "valid_structure"}
