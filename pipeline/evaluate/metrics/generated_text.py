"""What all tasks share whose answer is a text: held-out loss, exact match, length buckets, reliability."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import itemgetter

import numpy as np

from pipeline.core.errors import PipelineError
from pipeline.core.record import Record
from pipeline.evaluate.evaluation import Evaluation
from pipeline.evaluate.lengths import bucket
from pipeline.evaluate.metrics.overlap import normalised, words
from pipeline.evaluate.params import Params
from pipeline.evaluate.references import references
from pipeline.modeling.prediction import Prediction
from pipeline.stats.bootstrap import mean_of, ratio_of
from pipeline.stats.calibration import reliability
from pipeline.stats.numbers import Floats, Metric, rounded
from pipeline.tasks.texts import target_text

#: References of each row and written texts -> the task's own metrics, and the overlap in [0, 1] of each row.
Scores = Callable[[Sequence[Sequence[str]], Sequence[str]], tuple[dict[str, Metric], Floats]]

_LOSS = ("loss_per_token", "perplexity")


def evaluate_texts(
    records: Sequence[Record], predictions: Sequence[Prediction], headline: str, scores: Scores, params: Params
) -> Evaluation:
    """The metrics of `scores` and exact match where every row has a text; the loss where every row has one.

    Rows with several references are held against all, and the best counts; the loss is that of the first one. A row's
    wrongness is its loss per token where `headline` is a loss, else 1 minus its overlap. `confusion` pairs
    the length buckets of true and written text; `reliability` bins rows by the mean probability of a true token
    and shows the mean overlap ("accuracy") there.
    """
    truths = [references(record) for record in records]
    texts = list(map(_text, predictions))
    written = [text for text in texts if text is not None]
    loss = losses(predictions)
    if loss is None and len(written) < len(truths):
        raise PipelineError(
            "evaluate: the model wrote no text for some test rows.", "Train it again: dvc repro -f train"
        )
    metrics = {} if loss is None else _loss_metrics(loss, predictions)
    overlap = np.zeros(len(truths))
    exact: list[bool | None] = [None] * len(truths)
    if len(written) == len(truths):
        of_texts, overlap = scores(truths, written)
        exact = list(map(_is_exact, truths, written))
        metrics |= {**of_texts, "exact_match": mean_of([float(bool(same)) for same in exact])}
    return Evaluation(
        metrics=metrics,
        headline=headline,
        lower_is_better=frozenset(_LOSS),
        correct=exact,
        wrongness=_wrongness(predictions, loss, overlap, headline),
        confusion=list(zip(_buckets(list(map(itemgetter(0), truths)), params), _buckets(texts, params), strict=True)),
        reliability=[] if loss is None else reliability(_sureness(predictions, loss), overlap, params.calibration_bins),
        details={"mean_true_length": rounded(sum(len(own[0]) for own in truths) / len(truths)), **_counted(truths)},
    )


def _text(prediction: Prediction) -> str | None:
    return None if prediction.value is None else target_text(prediction.value)


def _is_exact(truths: Sequence[str], written: str) -> bool:
    return normalised(written) in map(normalised, truths)


def _loss_metrics(loss: Floats, predictions: Sequence[Prediction]) -> dict[str, Metric]:
    per_token = ratio_of(loss, [float(prediction.tokens) for prediction in predictions])
    return {"loss_per_token": per_token, "perplexity": lambda w: np.exp(per_token(w))}


def _buckets(texts: Sequence[str | None], params: Params) -> list[str]:
    """The length bucket of each text."""
    return [bucket(text or "", params.length_edges) for text in texts]


def losses(predictions: Sequence[Prediction]) -> Floats | None:
    """The loss (nats) of each true text; None where some row has none."""
    if any(prediction.log_likelihood is None or not prediction.tokens for prediction in predictions):
        return None
    return -np.array([prediction.log_likelihood for prediction in predictions], np.float64)


def length_ratio(truths: Sequence[Sequence[str]], texts: Sequence[str]) -> Metric:
    """Written words over true words (characters in Chinese), summed over rows; 1 is the right length.

    Of several references the one nearest in length counts.
    """
    written = [len(words(text)) for text in texts]
    true = [
        min((len(words(truth)) for truth in own), key=lambda size: (abs(size - said), size))
        for own, said in zip(truths, written, strict=True)
    ]
    return ratio_of([float(size) for size in written], [float(size) for size in true])


def _counted(truths: Sequence[Sequence[str]]) -> dict[str, int]:
    """How many references there are in all, where some row has several."""
    count = sum(map(len, truths))
    return {"references": count} if count > len(truths) else {}


def _wrongness(
    predictions: Sequence[Prediction], loss: Floats | None, overlap: Floats, headline: str
) -> list[float | None]:
    if headline in _LOSS and loss is not None:
        return [rounded(value / p.tokens) for value, p in zip(loss, predictions, strict=True)]
    return [rounded(1 - value) for value in overlap]


def _sureness(predictions: Sequence[Prediction], loss: Floats) -> Floats:
    return np.exp(-loss / np.array([prediction.tokens for prediction in predictions], np.float64))
