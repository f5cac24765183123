"""The cleaning steps by name. A new one: write its file, add its line here; `Params` is built from this table."""

from __future__ import annotations

from pipeline.clean.contamination.step import Decontaminate, drop_contaminated
from pipeline.clean.label_errors.settings import LabelErrors
from pipeline.clean.label_errors.step import find_label_errors
from pipeline.clean.step import CleanStep
from pipeline.clean.steps.annotations import Annotations, check_annotations
from pipeline.clean.steps.conflicting_labels import ConflictingLabels, resolve_conflicts
from pipeline.clean.steps.contained import Contained, find_contained
from pipeline.clean.steps.conversations import Conversations, check_conversations, repair_turns
from pipeline.clean.steps.earlier_records import EarlierRecords, drop_earlier_records
from pipeline.clean.steps.exact_duplicates import ExactDuplicates, drop_exact_duplicates
from pipeline.clean.steps.judged_replies import JudgeReplies, judge_replies
from pipeline.clean.steps.language import Language, check_language
from pipeline.clean.steps.missing import Missing, drop_missing
from pipeline.clean.steps.near_duplicates import NearDuplicates, drop_near_duplicates
from pipeline.clean.steps.normalise_text import NormaliseText, normalise_text
from pipeline.clean.steps.pii import Pii, handle_pii
from pipeline.clean.steps.quality import Quality, filter_quality
from pipeline.clean.steps.repair_text import RepairText, repair_text
from pipeline.clean.steps.replies import Replies, filter_replies
from pipeline.clean.steps.semantic_duplicates import SemanticDuplicates, drop_semantic_duplicates
from pipeline.clean.steps.splits import Splits, assign_splits
from pipeline.clean.tags.settings import Tags
from pipeline.clean.tags.step import tag
from pipeline.conversations.repair import TurnOrder
from pipeline.core.registry import Entry, with_plugins
from pipeline.core.settings import Settings

_OWN: dict[str, Entry[Settings, CleanStep]] = {
    "repair_text": Entry(RepairText, repair_text),
    "turn_order": Entry(TurnOrder, repair_turns),
    "missing": Entry(Missing, drop_missing),
    "annotations": Entry(Annotations, check_annotations),
    "conversations": Entry(Conversations, check_conversations),
    "language": Entry(Language, check_language),
    "pii": Entry(Pii, handle_pii),
    "normalise_text": Entry(NormaliseText, normalise_text),
    "quality": Entry(Quality, filter_quality),
    "replies": Entry(Replies, filter_replies),
    "judge_replies": Entry(JudgeReplies, judge_replies),
    "decontaminate": Entry(Decontaminate, drop_contaminated),
    "conflicting_labels": Entry(ConflictingLabels, resolve_conflicts),
    "exact_duplicates": Entry(ExactDuplicates, drop_exact_duplicates),
    "near_duplicates": Entry(NearDuplicates, drop_near_duplicates),
    "contained": Entry(Contained, find_contained),
    "semantic_duplicates": Entry(SemanticDuplicates, drop_semantic_duplicates),
    "earlier_records": Entry(EarlierRecords, drop_earlier_records),
    "splits": Entry(Splits, assign_splits),
    "label_errors": Entry(LabelErrors, find_label_errors),
    "tags": Entry(Tags, tag),
}

#: Ours, and those of installed packages.
STEPS = with_plugins(_OWN, "sft.steps")
