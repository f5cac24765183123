"""Runs that were killed go on from the last good checkpoint."""

from __future__ import annotations

import pytest

from pipeline.core.errors import PipelineError
from pipeline.modeling.training.fit import fit
from pipeline.modeling.training.job import Job
from pipeline.modeling.training.losses import loss_function
from tests.modeling.training.jobs import job, same, weights


def test_a_killed_run_goes_on_to_the_same_weights(bert_folder, tmp_path):
    whole = job(bert_folder, tmp_path / "whole")
    expected = fit(whole)
    fit(job(bert_folder, tmp_path / "killed"), stop_after=3)
    (tmp_path / "killed" / "checkpoints" / "checkpoint-5").mkdir()  # the kill came while this one was written
    resumed = job(bert_folder, tmp_path / "killed")
    found = fit(resumed)
    assert same(weights(whole), weights(resumed))
    assert found == expected
    assert not (tmp_path / "killed" / "checkpoints").exists()


def test_gradual_unfreezing_goes_on_after_a_kill_as_if_nothing_had_been(bert_folder, tmp_path):
    settings = {"freeze": "none", "gradual_unfreezing": 0.5}
    whole = job(bert_folder, tmp_path / "whole", **settings)
    fit(whole)
    fit(job(bert_folder, tmp_path / "killed", **settings), stop_after=3)
    resumed = job(bert_folder, tmp_path / "killed", **settings)
    fit(resumed)
    assert same(weights(whole), weights(resumed))


def test_a_damaged_checkpoint_is_left_out_and_said(bert_folder, tmp_path, caplog):
    whole = job(bert_folder, tmp_path / "whole")
    fit(whole)
    for damage in ("optimizer.pt", "model.safetensors", "trainer_state.json"):
        caplog.clear()
        fit(job(bert_folder, tmp_path / damage), stop_after=3)
        file = next((tmp_path / damage / "checkpoints").glob(f"checkpoint-2/{damage}"))
        file.write_bytes(file.read_bytes()[:40])
        resumed = job(bert_folder, tmp_path / damage)
        fit(resumed)
        assert same(weights(whole), weights(resumed))
        assert "checkpoint-2 of an interrupted run is damaged" in caplog.text


def test_a_loss_that_turns_into_no_number_leaves_the_last_good_checkpoint(bert_folder, tmp_path, monkeypatch):
    whole = job(bert_folder, tmp_path / "whole")
    fit(whole)
    seen = []

    def soon_broken(self):
        loss = loss_function(None, 0.0)

        def broken(*args, **more):
            seen.append(1)
            return loss(*args, **more) * (float("nan") if len(seen) > 4 else 1.0)

        return broken

    with monkeypatch.context() as patch:
        patch.setattr(Job, "loss", soon_broken)
        with pytest.raises(PipelineError, match=r"not a number after 4 steps.*kept: .*checkpoint-4") as caught:
            fit(job(bert_folder, tmp_path / "broken"))
    assert "Lower train.learning_rate" in caught.value.hint
    resumed = job(bert_folder, tmp_path / "broken")
    fit(resumed)
    assert same(weights(whole), weights(resumed))
