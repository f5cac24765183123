"""Runs told to MLflow in a folder, with no network; what fails stops nothing."""

from __future__ import annotations

import logging
import sys

import pytest

from pipeline.core.errors import PipelineError
from pipeline.core.settings import parse
from pipeline.train.params import Params
from pipeline.train.trackers import Tracker, track

HISTORY = [{"step": 0, "dev_loss": 1.5}, {"step": 4, "train_loss": 1.2, "dev_loss": 1.1}]


def test_mlflow_keeps_a_run_in_a_folder(tmp_path, caplog):
    mlflow = pytest.importorskip("mlflow")
    address = f"file:{tmp_path / 'runs'}"
    for loss in (1.1, 0.9):
        track([Tracker(kind="mlflow", project="邮件", address=address)], {"epochs": 2.0}, HISTORY, {"loss": loss})
    assert "not told" not in caplog.text
    client = mlflow.MlflowClient(tracking_uri=address)
    runs = client.search_runs([client.get_experiment_by_name("邮件").experiment_id])
    assert sorted(run.data.metrics["final_loss"] for run in runs) == [0.9, 1.1]
    assert runs[0].data.params == {"epochs": "2.0"}
    course = client.get_metric_history(runs[0].info.run_id, "dev_loss")
    assert [(point.step, point.value) for point in course] == [(0, 1.5), (4, 1.1)]
    assert runs[0].info.status == "FINISHED"


def test_a_tracker_that_is_missing_or_fails_stops_nothing(tmp_path, caplog, monkeypatch):
    monkeypatch.setitem(sys.modules, "wandb", None)
    (tmp_path / "file").write_text("")
    with caplog.at_level(logging.WARNING):
        track([Tracker(kind="wandb")], {}, HISTORY, {})
        track([Tracker(kind="mlflow", address=f"file:{tmp_path / 'file'}")], {}, HISTORY, {})
    assert caplog.text.count("not told to") == 2
    assert "pip install wandb" in caplog.text


def test_settings_name_the_kinds():
    found = parse({"trackers": [{"kind": "mlflow", "project": "x"}]}, Params, "params.yaml: train")
    assert found.trackers[0].address == "file:.mlruns"
    with pytest.raises(PipelineError, match=r"trackers\.0\.kind: Input should be 'mlflow' or 'wandb'"):
        parse({"trackers": [{"kind": "comet"}]}, Params, "params.yaml: train")
