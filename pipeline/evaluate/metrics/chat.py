"""Chat: held-out loss and perplexity on the true reply; ROUGE-L, exact match and length of the model's own reply."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from pipeline.errors import PipelineError
from pipeline.evaluate.judged import Judged
from pipeline.evaluate.lengths import bucket
from pipeline.evaluate.params import Params
from pipeline.modeling.predictor import Prediction
from pipeline.record import Record
from pipeline.settings import Task
from pipeline.statistics import Floats, Metric, mean_of, ratio_of, rounded

TARGET: str | None = None

#: One CJK character, or a run of other letters and digits: Chinese has no spaces between words.
_TOKEN = re.compile(
    r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff]|[^\W_\u3040-\u9fff\uac00-\ud7af]+"
)


def judge(records: Sequence[Record], predictions: Sequence[Prediction], task: Task, params: Params) -> Judged:
    """Headline `loss_per_token` (nats); lower is better.

    Metrics of the model's own reply appear only where every row has one. A row's wrongness is its loss per
    token. `confusion` pairs the length buckets of true and own reply; `reliability` bins rows by the mean
    probability of a true token and shows the mean ROUGE-L ("accuracy") there.
    """
    tokens = np.array([prediction.tokens for prediction in predictions], np.float64)
    if any(prediction.log_likelihood is None for prediction in predictions) or not tokens.all():
        raise PipelineError(
            "evaluate: the model gave no log-likelihood for some test replies.",
            "A test reply may be empty, or the model folder is not one of a language model: dvc repro -f train",
        )
    loss = -np.array([prediction.log_likelihood for prediction in predictions], np.float64)
    per_token = ratio_of(loss, tokens)
    metrics: dict[str, Metric] = {"loss_per_token": per_token, "perplexity": lambda w: np.exp(per_token(w))}
    truths = [str(record.target) for record in records]
    replies = [None if prediction.value is None else str(prediction.value) for prediction in predictions]
    written = [reply for reply in replies if reply is not None]
    overlap = np.zeros(len(truths))
    exact: list[bool | None] = [None] * len(truths)
    if len(written) == len(truths):
        overlap = np.array(rouge_l(truths, written))
        exact = [normalised(a) == normalised(b) for a, b in zip(truths, written, strict=True)]
        metrics["rouge_l"] = mean_of(overlap)
        metrics["exact_match"] = mean_of([float(bool(same)) for same in exact])
        metrics["mean_length"] = mean_of([float(len(reply)) for reply in written])
    edges = params.length_edges
    return Judged(
        metrics=metrics,
        headline="loss_per_token",
        lower_is_better=frozenset({"loss_per_token", "perplexity"}),
        correct=exact,
        wrongness=[rounded(value) for value in loss / tokens],
        confusion=[(bucket(a, edges), bucket(b or "", edges)) for a, b in zip(truths, replies, strict=True)],
        reliability=_reliability(np.exp(-loss / tokens), overlap, params.bins),
        details={"mean_true_length": rounded(sum(map(len, truths)) / len(truths))},
    )


def rouge_l(truths: Sequence[str], replies: Sequence[str]) -> list[float]:
    """ROUGE-L F-measure of each reply, over words and single CJK characters."""
    from rouge_score.rouge_scorer import RougeScorer

    scorer = RougeScorer(["rougeL"], tokenizer=_Tokenizer())
    return [float(scorer.score(a, b)["rougeL"].fmeasure) for a, b in zip(truths, replies, strict=True)]


def words(text: str) -> list[str]:
    """Lower-case words, and CJK characters one by one. Example: 'Hi 你好!' -> ['hi', '你', '好']."""
    return _TOKEN.findall(text.lower())


def normalised(text: str) -> str:
    """The text without case, spacing and punctuation: what exact match compares."""
    return " ".join(words(text))


class _Tokenizer:
    """The interface rouge_score asks for."""

    def tokenize(self, text: str) -> list[str]:
        return words(text)


def _reliability(probability: Floats, overlap: Floats, bins: int) -> list[dict[str, Any]]:
    number = np.minimum((probability * bins).astype(np.int64), bins - 1)
    return [
        {
            "confidence": rounded(probability[number == n].mean()),
            "accuracy": rounded(overlap[number == n].mean()),
            "count": int((number == n).sum()),
            "bin": f"{n / bins:.2f}-{(n + 1) / bins:.2f}",
        }
        for n in sorted(set(number.tolist()))
    ]
