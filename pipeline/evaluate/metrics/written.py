"""What all tasks share whose answer is a text: held-out loss, exact match, length buckets, reliability."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from pipeline.core.errors import PipelineError
from pipeline.core.record import Record
from pipeline.evaluate.evaluation import Evaluation
from pipeline.evaluate.lengths import bucket
from pipeline.evaluate.metrics.overlap import normalised, words
from pipeline.evaluate.params import Params
from pipeline.modeling.prediction import Prediction
from pipeline.stats.bootstrap import mean_of, ratio_of
from pipeline.stats.calibration import reliability
from pipeline.stats.numbers import Floats, Metric, rounded
from pipeline.tasks.texts import target_text

#: True texts and written ones -> the task's own metrics, and the overlap in [0, 1] of each row.
Scores = Callable[[Sequence[str], Sequence[str]], tuple[dict[str, Metric], Floats]]

_LOSS = ("loss_per_token", "perplexity")


def evaluate_texts(
    records: Sequence[Record], predictions: Sequence[Prediction], headline: str, scores: Scores, params: Params
) -> Evaluation:
    """The metrics of `scores` and exact match where every row has a text; the loss where every row has one.

    A row's wrongness is its loss per token where `headline` is a loss, else 1 minus its overlap. `confusion` pairs
    the length buckets of true and written text; `reliability` bins rows by the mean probability of a true token
    and shows the mean overlap ("accuracy") there.
    """
    truths = [target_text(record.target) for record in records]
    texts = [None if prediction.value is None else target_text(prediction.value) for prediction in predictions]
    written = [text for text in texts if text is not None]
    loss = losses(predictions)
    if loss is None and len(written) < len(truths):
        raise PipelineError(
            "evaluate: the model wrote no text for some test rows.", "Train it again: dvc repro -f train"
        )
    metrics: dict[str, Metric] = {}
    overlap = np.zeros(len(truths))
    exact: list[bool | None] = [None] * len(truths)
    if len(written) == len(truths):
        metrics, overlap = scores(truths, written)
        exact = [normalised(a) == normalised(b) for a, b in zip(truths, written, strict=True)]
        metrics["exact_match"] = mean_of([float(bool(same)) for same in exact])
    if loss is not None:
        per_token = ratio_of(loss, [float(prediction.tokens) for prediction in predictions])
        metrics = {"loss_per_token": per_token, "perplexity": lambda w: np.exp(per_token(w)), **metrics}
    return Evaluation(
        metrics=metrics,
        headline=headline,
        lower_is_better=frozenset(_LOSS),
        correct=exact,
        wrongness=_wrongness(predictions, loss, overlap, headline),
        confusion=[
            (bucket(a, params.length_edges), bucket(b or "", params.length_edges))
            for a, b in zip(truths, texts, strict=True)
        ],
        reliability=[] if loss is None else reliability(_sureness(predictions, loss), overlap, params.calibration_bins),
        details={"mean_true_length": rounded(sum(map(len, truths)) / len(truths))},
    )


def losses(predictions: Sequence[Prediction]) -> Floats | None:
    """The loss (nats) of each true text; None where some row has none."""
    if any(prediction.log_likelihood is None or not prediction.tokens for prediction in predictions):
        return None
    return -np.array([prediction.log_likelihood for prediction in predictions], np.float64)


def length_ratio(truths: Sequence[str], texts: Sequence[str]) -> Metric:
    """Written words over true words (characters in Chinese), summed over rows; 1 is the right length."""
    return ratio_of([float(len(words(text))) for text in texts], [float(len(words(text))) for text in truths])


def _wrongness(
    predictions: Sequence[Prediction], loss: Floats | None, overlap: Floats, headline: str
) -> list[float | None]:
    if headline in _LOSS and loss is not None:
        return [rounded(value / p.tokens) for value, p in zip(loss, predictions, strict=True)]
    return [rounded(1 - value) for value in overlap]


def _sureness(predictions: Sequence[Prediction], loss: Floats) -> Floats:
    return np.exp(-loss / np.array([prediction.tokens for prediction in predictions], np.float64))
