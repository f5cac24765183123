import pytest

from pipeline.core.errors import PipelineError
from pipeline.core.settings import Task
from pipeline.evaluate.metrics import summarization
from pipeline.evaluate.params import Params
from pipeline.modeling.prediction import Prediction
from tests.evaluate.texts import CHINESE

PARAMS = Params(resamples=200, robustness_rows=2, base_model_rows=3)


SUMMARIES = Task(type="summarization", languages=("en", "zh"))


def test_summaries_without_a_loss_and_losses_without_a_summary(record):
    records = [record(n, "文章" * 9, target) for n, target in enumerate(CHINESE[0])]
    evaluation = summarization.compute_metrics(records, [Prediction(text) for text in CHINESE[0]], SUMMARIES, PARAMS)
    assert set(evaluation.metrics) == {"rouge_1", "rouge_2", "rouge_l", "length_ratio", "exact_match"}
    assert (evaluation.wrongness, evaluation.correct, evaluation.reliability) == ([0.0] * 4, [True] * 4, [])
    lost = [Prediction(None, log_likelihood=-1.0, tokens=2)] * 4
    evaluation = summarization.compute_metrics(records, lost, SUMMARIES, PARAMS)
    assert set(evaluation.metrics) == {"loss_per_token", "perplexity"}
    with pytest.raises(PipelineError, match="wrote no text for some test rows"):
        summarization.compute_metrics(records, [Prediction(None)] * 4, SUMMARIES, PARAMS)
