import numpy as np

from pipeline.clean.label_errors.detectors import judge_for, spans
from pipeline.core.settings import Task
from pipeline.modeling.features import token_states as module
from pipeline.modeling.features.token_states import token_states
from pipeline.modeling.features.units import units
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


def test_spans_are_judged_by_both_taggers_where_there_is_an_encoder(bert_folder):
    task = Task(type="ner", labels=("day",))
    records = [
        record({"text": "what a good day"}, [{"start": 12, "end": 15, "label": "day"}], id=str(n)) for n in range(9)
    ]
    judge = judge_for(task)
    assert judge is not None
    seen = judge.look(records, task, Model(name=str(bert_folder)), len(records))
    said = judge.ask(seen, np.arange(9), [r.target for r in records[:8]] + [[]], np.arange(9) % 3, task)
    assert {name.split()[0] for name in said} == {"words", "states", "both"}
    assert said["both part"][8].evidence < 0 < said["both part"][0].evidence
    assert spans.same(said["both part"][8].suggested, records[8].target, task)
    assert said["both part"][8].detail == "+ 'day' [12, 15) day"
