import math

import numpy as np
import pytest

from pipeline.core.errors import PipelineError
from pipeline.evaluate.metrics import chat
from pipeline.evaluate.params import Params
from pipeline.modeling.prediction import Prediction

PARAMS = Params(resamples=200)


def plain(evaluation, name):
    rows = len(evaluation.correct)
    return float(evaluation.metrics[name](np.ones((1, rows)))[0])


def test_chat_by_hand(chat_task, record):
    ask = [{"role": "user", "content": "你好?"}]
    records = [record(0, ask, "你好,世界"), record(1, ask, "hello there")]
    predictions = [
        Prediction("你好世界!", log_likelihood=-8.0, tokens=4),
        Prediction("goodbye there", log_likelihood=-2.0, tokens=1),
    ]
    evaluation = chat.compute_metrics(records, predictions, chat_task, PARAMS)
    assert plain(evaluation, "loss_per_token") == pytest.approx(2.0), "weighted by tokens: (8 + 2) / 5"
    assert plain(evaluation, "perplexity") == pytest.approx(math.exp(2.0))
    assert plain(evaluation, "exact_match") == 0.5, "punctuation does not count"
    assert plain(evaluation, "rouge_l") == pytest.approx((1.0 + 0.5) / 2)
    assert plain(evaluation, "mean_length") == pytest.approx((5 + 13) / 2)
    assert evaluation.confusion == [("0000-0050", "0000-0050")] * 2


def test_chat_without_generated_replies_still_has_a_loss(chat_task, record):
    records = [record(0, [{"role": "user", "content": "hi"}], "hello")]
    evaluation = chat.compute_metrics(records, [Prediction(None, log_likelihood=-1.0, tokens=2)], chat_task, PARAMS)
    assert set(evaluation.metrics) == {"loss_per_token", "perplexity"}


def test_chat_without_likelihood_is_an_error(chat_task, record):
    records = [record(0, [{"role": "user", "content": "hi"}], "hello")]
    with pytest.raises(PipelineError, match="no log-likelihood"):
        chat.compute_metrics(records, [Prediction("hello")], chat_task, PARAMS)
