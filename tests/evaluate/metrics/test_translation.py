import numpy as np
import pytest
import sacrebleu

from pipeline.core.settings import Task
from pipeline.evaluate.metrics import translation
from pipeline.evaluate.params import Params
from pipeline.modeling.prediction import Prediction
from pipeline.stats.bootstrap import estimate
from tests.evaluate.texts import CHINESE

PARAMS = Params(resamples=200, robustness_rows=2, base_model_rows=3)


def into(language):
    return Task(type="translation", languages=("en", "zh"), target_language=language)


def test_translation_by_hand(record):
    records = [record(n, f"text {n}", target) for n, target in enumerate(CHINESE[0])]
    predictions = [Prediction(text, log_likelihood=-6.0, tokens=3) for text in CHINESE[1]]
    evaluation = translation.compute_metrics(records, predictions, into("zh"), PARAMS)
    found = estimate(evaluation.metrics, 4, 200)
    assert evaluation.headline == "chrf"
    assert found["chrf"].value == pytest.approx(sacrebleu.corpus_chrf(CHINESE[1], [CHINESE[0]]).score)
    assert found["bleu"].low <= found["bleu"].value <= found["bleu"].high
    assert found["loss_per_token"].value == pytest.approx(2.0)
    assert found["length_ratio"].value == pytest.approx(31 / 30)
    assert evaluation.correct == [False, False, False, False]
    assert evaluation.wrongness[2] == 1.0 == max(np.array(evaluation.wrongness, float)), "nothing in common: the worst"
