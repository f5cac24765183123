"""The cleaning steps by name. A new one: write its file, add its line here and its settings to ../params.py."""

from __future__ import annotations

from pipeline.clean.label_errors.step import find_label_errors
from pipeline.clean.step import CleanStep
from pipeline.clean.steps.annotations import check_annotations
from pipeline.clean.steps.conflicting_labels import resolve_conflicts
from pipeline.clean.steps.earlier_records import drop_earlier_records
from pipeline.clean.steps.exact_duplicates import drop_exact_duplicates
from pipeline.clean.steps.language import check_language
from pipeline.clean.steps.missing import drop_missing
from pipeline.clean.steps.near_duplicates import drop_near_duplicates
from pipeline.clean.steps.normalise_text import normalise_text
from pipeline.clean.steps.pii import handle_pii
from pipeline.clean.steps.quality import filter_quality
from pipeline.clean.steps.repair_text import repair_text
from pipeline.clean.steps.semantic_duplicates import drop_semantic_duplicates
from pipeline.clean.steps.splits import assign_splits

STEPS: dict[str, CleanStep] = {
    "repair_text": repair_text,
    "missing": drop_missing,
    "annotations": check_annotations,
    "language": check_language,
    "pii": handle_pii,
    "normalise_text": normalise_text,
    "quality": filter_quality,
    "conflicting_labels": resolve_conflicts,
    "exact_duplicates": drop_exact_duplicates,
    "near_duplicates": drop_near_duplicates,
    "semantic_duplicates": drop_semantic_duplicates,
    "earlier_records": drop_earlier_records,
    "splits": assign_splits,
    "label_errors": find_label_errors,
}
