"""The predictor of the classification head."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.core.record import Row, Target
from pipeline.modeling.batches import Batch, Example, classify, padded
from pipeline.modeling.features.linear import softmax
from pipeline.modeling.heads.encoder_with_head import label_names
from pipeline.modeling.loading import load_saved
from pipeline.modeling.prediction import Prediction

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_BATCH = 64  # a guess: not measured


class Classifier:
    """Labels with calibrated probabilities. Reads: text."""

    def __init__(self, folder: Path, settings: Mapping[str, Target]) -> None:
        from transformers import AutoModelForSequenceClassification

        self.model, self.tokenizer = load_saved(AutoModelForSequenceClassification, folder)
        self.temperature = float(settings["temperature"])
        self.max_length = int(settings["max_length"])
        self.labels = [label for _, label in sorted(label_names(self.model).items())]

    def predict(self, rows: Sequence[Row]) -> list[Prediction]:
        """One prediction per row, in order; confidence and scores are divided by the dev temperature."""
        if not rows:
            return []
        texts = [row["text"] for row in rows]
        ids = self.tokenizer(texts, truncation=True, max_length=self.max_length)["input_ids"]
        logits = classify(self.model, [{"input_ids": i, "labels": 0} for i in ids], self._collate, _BATCH)
        return self.answers(logits)

    def answers(self, logits: NDArray[np.float64]) -> list[Prediction]:
        """One prediction per row of logits."""
        predictions = []
        for scores in softmax(logits / self.temperature):
            best = int(scores.argmax())
            named = {label: float(score) for label, score in zip(self.labels, scores, strict=True)}
            predictions.append(Prediction(self.labels[best], float(scores[best]), named))
        return predictions

    def _collate(self, examples: Sequence[Example]) -> Batch:
        batch = padded([example["input_ids"] for example in examples], self.tokenizer)
        return {**batch, "labels": batch["attention_mask"][:, 0]}
