"""Summarization: ROUGE-1, -2 and -L over words and single CJK characters, exact match, length ratio, held-out loss."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.core.record import Record
from pipeline.core.settings import Task
from pipeline.evaluate.evaluation import Evaluation
from pipeline.evaluate.metrics.generated_text import evaluate_texts, length_ratio
from pipeline.evaluate.metrics.overlap import rouge
from pipeline.evaluate.params import Params
from pipeline.modeling.prediction import Prediction
from pipeline.stats.bootstrap import mean_of
from pipeline.stats.numbers import Floats, Metric


def compute_metrics(
    records: Sequence[Record], predictions: Sequence[Prediction], task: Task, params: Params
) -> Evaluation:
    """Headline `rouge_l`. A row's wrongness is 1 - its ROUGE-L."""
    return evaluate_texts(records, predictions, "rouge_l", _scores, params)


def _scores(truths: Sequence[Sequence[str]], texts: Sequence[str]) -> tuple[dict[str, Metric], Floats]:
    one, two, longest = rouge(truths, texts, "rouge1", "rouge2", "rougeL")
    metrics = {"rouge_1": mean_of(one), "rouge_2": mean_of(two), "rouge_l": mean_of(longest)}
    return {**metrics, "length_ratio": length_ratio(truths, texts)}, longest
