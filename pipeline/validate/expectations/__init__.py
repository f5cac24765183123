"""The expectations that params.yaml may name. Adding one: write its function, add its line here."""

from __future__ import annotations

from pipeline.validate.expectations.balance import (
    ClassShare,
    LanguageShare,
    Rows,
    class_share_between,
    language_share_between,
    rows_between,
)
from pipeline.validate.expectations.base import ColumnRule, Expectation, Rule, ShareRule
from pipeline.validate.expectations.conservation import conserved_counts
from pipeline.validate.expectations.labels import in_declared_labels, no_conflicting_labels
from pipeline.validate.expectations.leakage import Trust, no_leakage, test_trusted
from pipeline.validate.expectations.privacy import no_pii_left
from pipeline.validate.expectations.structure import sound_structure
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

EXPECTATIONS: dict[str, Expectation] = {
    "values_present": Expectation(ColumnRule, values_present),
    "unique": Expectation(ColumnRule, unique),
    "length_between": Expectation(Between, length_between),
    "number_between": Expectation(Between, number_between),
    "in_languages": Expectation(ShareRule, in_languages),
    "in_declared_labels": Expectation(ShareRule, in_declared_labels),
    "class_share_between": Expectation(ClassShare, class_share_between),
    "rows_between": Expectation(Rows, rows_between),
    "no_leakage": Expectation(ShareRule, no_leakage),
    "no_conflicting_labels": Expectation(ShareRule, no_conflicting_labels),
    "sound_structure": Expectation(ShareRule, sound_structure),
    "fits_model": Expectation(FitsModel, fits_model),
    "conserved_counts": Expectation(Rule, conserved_counts),
    "test_trusted": Expectation(Trust, test_trusted),
    "no_pii_left": Expectation(ShareRule, no_pii_left),
    "language_share_between": Expectation(LanguageShare, language_share_between),
    "no_drift": Expectation(Drift, no_drift),
    "test_frozen": Expectation(Rule, test_frozen),
}
