"""Chat: held-out loss and perplexity on the true reply; ROUGE-L, exact match and length of the model's own reply.

Replies with reasoning or calls: the loss of each part, and whether the model's own calls are right (see `replies.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pipeline.core.errors import PipelineError
from pipeline.core.record import Record
from pipeline.core.settings import Task
from pipeline.evaluate.evaluation import Evaluation
from pipeline.evaluate.metrics.generated_text import evaluate_texts, losses
from pipeline.evaluate.metrics.overlap import rouge
from pipeline.evaluate.metrics.replies import call_counts, call_metrics, part_losses
from pipeline.evaluate.params import Params
from pipeline.modeling.prediction import Prediction
from pipeline.stats.bootstrap import mean_of
from pipeline.stats.numbers import Floats, Metric


def compute_metrics(
    records: Sequence[Record], predictions: Sequence[Prediction], task: Task, params: Params
) -> Evaluation:
    """Headline `loss_per_token` (nats); lower is better. Metrics of own replies appear where every row has one."""
    if losses(predictions) is None:
        raise PipelineError(
            "evaluate: the model gave no log-likelihood for some test replies.",
            "A test reply may be empty, or the model folder is not one of a language model: dvc repro -f train",
        )
    found = evaluate_texts(records, predictions, "loss_per_token", _scores, params)
    parts = part_losses(predictions)
    return replace(
        found,
        metrics={**found.metrics, **parts, **call_metrics(records, predictions)},
        details={**found.details, **call_counts(records, predictions)},
        lower_is_better=found.lower_is_better | parts.keys(),
    )


def _scores(truths: Sequence[Sequence[str]], replies: Sequence[str]) -> tuple[dict[str, Metric], Floats]:
    (overlap,) = rouge(truths, replies, "rougeL")
    return {"rouge_l": mean_of(overlap), "mean_length": mean_of([float(len(reply)) for reply in replies])}, overlap
