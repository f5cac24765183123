"""Chat: held-out loss and perplexity on the true reply; ROUGE-L, exact match and length of the model's own reply."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.core.errors import PipelineError
from pipeline.core.record import Record
from pipeline.core.settings import Task
from pipeline.evaluate.evaluation import Evaluation
from pipeline.evaluate.metrics.overlap import rouge
from pipeline.evaluate.metrics.written import evaluate_texts, losses
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
    return evaluate_texts(records, predictions, "loss_per_token", _scores, params)


def _scores(truths: Sequence[str], replies: Sequence[str]) -> tuple[dict[str, Metric], Floats]:
    (overlap,) = rouge(truths, replies, "rougeL")
    return {"rouge_l": mean_of(overlap), "mean_length": mean_of([float(len(reply)) for reply in replies])}, overlap
