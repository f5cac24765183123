"""Rows of conversations as training examples, and the books of what was learned, cut and refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from pipeline.core.errors import PipelineError
from pipeline.modeling.batches import Example, Examples, Row
from pipeline.modeling.lm.encoding import Encoded, Encoder, Learned
from pipeline.modeling.lm.loss_masking import IGNORED
from pipeline.modeling.lm.rows import of_row
from pipeline.modeling.training.recipe import Recipe

#: Conversations encoded at a time. A guess: not measured.
_BATCH = 256


class Gathered:
    """The examples of conversations, one a view, and counts of all that became of their replies."""

    def __init__(self, encoder: Encoder, recipe: Recipe) -> None:
        self.encoder, self.recipe = encoder, recipe
        self.items: list[Example] = []
        self.dropped: Counter[str] = Counter()  # rows without a learned reply
        self.refused: Counter[str] = Counter()  # replies
        self.counts: Counter[str] = Counter()
        self.cut = 0

    def examples(self, rows: Sequence[Row]) -> Examples:
        """The examples of all rows. Raises PipelineError where no row is left."""
        for start in range(0, len(rows), _BATCH):
            batch = rows[start : start + _BATCH]
            for learned in self.encoder.encode([of_row(row) for row in batch]):
                self._add(learned)
        if rows and not self.items:
            raise PipelineError(
                f"train: none of {len(rows)} conversations can be learned from: {dict(sorted(self.dropped.items()))}.",
                "Raise train.max_length, or check that the base model's chat template fits these rows "
                "(docs/training.md lists the reasons).",
            )
        counted = ("replies", "views", "reply_tokens", "reply_tokens_cut")
        notes = {name: self.counts[name] for name in counted}
        return Examples(
            self.items,
            dict(sorted(self.dropped.items())),
            self.cut,
            {**notes, "replies_refused": dict(sorted(self.refused.items()))},
        )

    def _add(self, learned: Learned) -> None:
        reasons = [reject.reason for _, reject in learned.refused]
        kept = 0
        for encoded in learned.encoded:
            example, lost = self._fitted(encoded)
            reasons += lost
            if example is not None:
                self.items.append(example)
                kept += 1
                self.counts["replies"] += len(encoded.turns) - len(lost)
        self.counts["views"] += kept
        self.refused.update(reasons)
        if not kept:
            self.dropped[reasons[0]] += 1

    def _fitted(self, encoded: Encoded) -> tuple[Example | None, list[str]]:
        """The view within `max_length`, or None; for each of its replies that is lost, why."""
        known, limit = _labelled(encoded.labels), self.recipe.max_length
        self.counts["reply_tokens"] += known
        if len(encoded.ids) <= limit:
            return {"input_ids": encoded.ids, "labels": encoded.labels}, []
        if self.recipe.over_long == "drop":
            self.counts["reply_tokens_cut"] += known
            return None, ["over_long"] * len(encoded.turns)
        ids, labels = encoded.ids[:limit], encoded.labels[:limit]
        left = _labelled(labels)
        self.counts["reply_tokens_cut"] += known - left
        lost = sum(start >= limit for start in encoded.starts)
        if not left:
            return None, ["no_assistant_tokens"] * len(encoded.turns)
        self.cut += 1
        return {"input_ids": ids, "labels": labels}, ["no_assistant_tokens"] * lost


def _labelled(labels: Sequence[int]) -> int:
    return sum(label != IGNORED for label in labels)
