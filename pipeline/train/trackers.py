"""Experiment trackers: the settings, the course and the last figures of a training run, to MLflow or Weights & Biases.

A tracker that fails is told and stops nothing: the model is worth more than its record.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal

from pipeline.core.errors import shorten
from pipeline.core.settings import Settings

log = logging.getLogger("pipeline")

History = Sequence[Mapping[str, float]]


class Tracker(Settings):
    """One tracker, which gets every run of `train` when it ends."""

    kind: Literal["mlflow", "wandb"]  # packages of their own: pip install mlflow-skinny, or wandb
    project: str = "sft"  # mlflow: the experiment
    # mlflow: a server, or a folder (file:...), which needs no network. wandb: a folder for offline runs, which
    # `wandb sync` sends; null: its server.
    address: str | None = "file:.mlruns"


def track(
    trackers: Sequence[Tracker], settings: Mapping[str, object], history: History, final: Mapping[str, float]
) -> None:
    """Tell every tracker of a finished run. `history` has one row a look at dev, with its `step`."""
    for tracker in trackers:
        try:
            _KINDS[tracker.kind](tracker, settings, history, final)
        except ModuleNotFoundError as error:
            log.warning("train     not told to %s: pip install %s", tracker.kind, error.name)
        except Exception as error:  # services and their clients raise kinds of their own
            log.warning("train     not told to %s: %s", tracker.kind, shorten(error, 200))


def _mlflow(tracker: Tracker, settings: Mapping[str, object], history: History, final: Mapping[str, float]) -> None:
    from mlflow import MlflowClient
    from mlflow.entities import Metric, Param

    # A folder as a store is said to be old-fashioned; it needs neither a server nor a database.
    os.environ.setdefault("MLFLOW_ALLOW_FILE_STORE", "true")
    client = MlflowClient(tracking_uri=tracker.address)
    known = client.get_experiment_by_name(tracker.project)
    experiment = known.experiment_id if known else client.create_experiment(tracker.project)
    run = client.create_run(experiment).info.run_id
    points = [
        Metric(name, float(value), 0, int(row["step"]))
        for row in history
        for name, value in row.items()
        if name != "step"
    ]
    points += [Metric(f"final_{name}", float(value), 0, 0) for name, value in final.items()]
    client.log_batch(run, metrics=points, params=[Param(name, shorten(value, 500)) for name, value in settings.items()])
    client.set_terminated(run)


def _wandb(tracker: Tracker, settings: Mapping[str, object], history: History, final: Mapping[str, float]) -> None:
    import wandb

    offline = tracker.address is not None
    folder = str(tracker.address).removeprefix("file:") if offline else None
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
    run = wandb.init(
        project=tracker.project, config=dict(settings), dir=folder, mode="offline" if offline else "online"
    )
    for row in history:
        run.log({name: value for name, value in row.items() if name != "step"}, step=int(row["step"]))
    run.summary.update({f"final_{name}": value for name, value in final.items()})
    run.finish()


_KINDS: dict[str, Callable[[Tracker, Mapping[str, object], History, Mapping[str, float]], None]] = {
    "mlflow": _mlflow,
    "wandb": _wandb,
}
