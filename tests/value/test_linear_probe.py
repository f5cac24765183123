"""Models that are compared are fitted to the end, on text that the encoder reads."""

from __future__ import annotations

from dataclasses import replace

from pipeline.modeling.features import linear
from pipeline.modeling.models import Models
from pipeline.value import linear_probe
from pipeline.value.variants import Stages
from tests.unread import english_only
from tests.value.measured import measured


def test_paired_models_are_fitted_to_the_end(sound, task, models, params, tmp_path, monkeypatch):
    tolerances = []
    monkeypatch.setattr(linear_probe, "fit", lambda *values: tolerances.append(values[4:]) or linear.fit(*values))
    measured(sound, task, models, params, tmp_path)
    assert set(tolerances) == {(linear.THOROUGH,)}, "a quick fit stops where chance has it"


def test_an_encoder_that_does_not_read_a_language_is_replaced_and_named(sound, task, params, tmp_path, caplog):
    chinese = [
        replace(r, lang="zh", fields={"text": f"{r.fields['text']} 质量很好，非常满意，推荐购买"}) for r in sound.clean
    ]
    stages = Stages(chinese, chinese, chinese, chinese)
    report = measured(stages, task, Models(encoder=english_only(tmp_path / "encoder")), params, tmp_path)
    assert (report["applies"], report["read_by"]) == (True, "tfidf")
    assert report["unread"]["zh"] > 0.2
    assert "measured with TF-IDF" in caplog.text
