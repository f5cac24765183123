import numpy as np

from pipeline.clean.label_errors.detectors import detector_for, spans
from pipeline.clean.label_errors.settings import LabelErrors
from pipeline.core.settings import Task
from pipeline.modeling.features import token_states as module
from pipeline.modeling.features.tagging_units import units
from pipeline.modeling.features.token_states import token_states
from pipeline.modeling.models import Model
from tests.strategies import record

LONG = " ".join(f"word{n} 很好" for n in range(60))


def test_every_unit_has_a_state_that_hangs_on_its_text_alone(bert_folder, monkeypatch):
    monkeypatch.setattr(module, "_MAX_TOKENS", 48)  # the long text needs several windows
    model = Model(name=str(bert_folder))
    texts = ["what a good day", "质量很好，非常满意", LONG]
    together = token_states(texts, model)
    assert [part.shape for part in together] == [(len(units(text)), 32) for text in texts]
    assert all((np.abs(part).sum(axis=1) > 0).all() for part in together)
    monkeypatch.setenv("SFT_CACHE", f"{bert_folder}-cache")
    assert np.array_equal(token_states(texts[1:2], model)[0], together[1])


def test_spans_are_scored_by_both_taggers_where_there_is_an_encoder(bert_folder):
    task = Task(type="ner", labels=("day",))
    records = [
        record({"text": "what a good day"}, [{"start": 12, "end": 15, "label": "day"}], id=str(n)) for n in range(9)
    ]
    detector = detector_for(task)
    assert detector is not None
    prepared = detector.prepare(records, len(records), task, Model(name=str(bert_folder)), LabelErrors())
    targets = [r.target for r in records[:8]] + [[]]
    recipes = detector.score_out_of_fold(prepared, np.arange(9), targets, np.arange(9) % 3, task).recipes
    assert {name.split()[0] for name in recipes} == {"words", "states", "both"}
    both = recipes["both part"]
    assert both.log_odds[8] < 0 < both.log_odds[0]
    assert spans.same(both.suggested[8], records[8].target, task)
    assert both.details[8] == "+ 'day' [12, 15) day"
