"""Section `clean` of params.yaml. Each step's settings live beside its code."""

from __future__ import annotations

from pipeline.clean.label_errors.settings import LabelErrors
from pipeline.clean.steps.annotations import Annotations
from pipeline.clean.steps.conflicting_labels import ConflictingLabels
from pipeline.clean.steps.earlier_records import EarlierRecords
from pipeline.clean.steps.exact_duplicates import ExactDuplicates
from pipeline.clean.steps.language import Language
from pipeline.clean.steps.missing import Missing
from pipeline.clean.steps.near_duplicates import NearDuplicates
from pipeline.clean.steps.normalise_text import NormaliseText
from pipeline.clean.steps.pii import Pii
from pipeline.clean.steps.quality import Quality
from pipeline.clean.steps.repair_text import RepairText
from pipeline.clean.steps.semantic_duplicates import SemanticDuplicates
from pipeline.clean.steps.splits import Splits
from pipeline.core.settings import Settings


class Params(Settings):
    """Which steps run, in which order, and the settings of each."""

    steps: tuple[str, ...] = (  # names in steps/__init__.py; a step that is not listed does not run
        "repair_text",
        "missing",
        "annotations",
        "language",
        "pii",
        "quality",
        "conflicting_labels",
        "exact_duplicates",
        "near_duplicates",
        "splits",
        "label_errors",
    )
    repair_text: RepairText = RepairText()
    missing: Missing = Missing()
    annotations: Annotations = Annotations()
    language: Language = Language()
    pii: Pii = Pii()
    normalise_text: NormaliseText = NormaliseText()  # not among the default steps
    quality: Quality = Quality()
    conflicting_labels: ConflictingLabels = ConflictingLabels()
    exact_duplicates: ExactDuplicates = ExactDuplicates()
    near_duplicates: NearDuplicates = NearDuplicates()
    semantic_duplicates: SemanticDuplicates = SemanticDuplicates()  # not among the default steps
    earlier_records: EarlierRecords = EarlierRecords()  # not among the default steps
    splits: Splits = Splits()
    label_errors: LabelErrors = LabelErrors()
