"""Translation: chrF and BLEU (sacrebleu; Chinese tokenized as Chinese), exact match, length ratio, held-out loss."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.core.record import Record
from pipeline.core.settings import Task
from pipeline.evaluate.evaluation import Evaluation
from pipeline.evaluate.metrics.generated_text import evaluate_texts, length_ratio
from pipeline.evaluate.metrics.overlap import bleu, chrf
from pipeline.evaluate.params import Params
from pipeline.modeling.prediction import Prediction
from pipeline.stats.numbers import Floats, Metric


def compute_metrics(
    records: Sequence[Record], predictions: Sequence[Prediction], task: Task, params: Params
) -> Evaluation:
    """Headline `chrf`, in [0, 100] as BLEU. A row's wrongness is 1 - its own chrF / 100."""

    def scores(truths: Sequence[Sequence[str]], texts: Sequence[str]) -> tuple[dict[str, Metric], Floats]:
        characters = chrf(truths, texts)
        metrics = {"chrf": characters.metric, "bleu": bleu(truths, texts, task.target_language).metric}
        return {**metrics, "length_ratio": length_ratio(truths, texts)}, np.nan_to_num(characters.each) / 100

    return evaluate_texts(records, predictions, "chrf", scores, params)
