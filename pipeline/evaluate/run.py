"""Evaluate the trained model on the frozen test split: metrics, slices, calibration, worst errors, robustness."""

from __future__ import annotations

import csv
import logging
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline.core.errors import PipelineError
from pipeline.core.record import Record, as_json
from pipeline.core.registry import pick
from pipeline.core.settings import Task, load, load_task
from pipeline.evaluate.attributions import attributions
from pipeline.evaluate.baselines import references
from pipeline.evaluate.compare import against, against_base_model
from pipeline.evaluate.dataset import read_dev, read_split, read_test, to_row
from pipeline.evaluate.evaluation import Evaluation
from pipeline.evaluate.fairness import fairness
from pipeline.evaluate.metrics import METRICS
from pipeline.evaluate.params import Params
from pipeline.evaluate.representativeness import representativeness
from pipeline.evaluate.robustness import robustness
from pipeline.evaluate.slices import slices
from pipeline.evaluate.win_rates import flat_win_rate, win_rates
from pipeline.evaluate.worst_errors import WorstError, review_queue, worst_errors
from pipeline.modeling.base_model import BasePredict, load_base_model
from pipeline.modeling.models import Models
from pipeline.modeling.prediction import Prediction, Predictor
from pipeline.runtime.awaiting_labels import dataset_awaits_labels, write_awaiting
from pipeline.runtime.refused_dataset import check_exported
from pipeline.runtime.store import write_json, write_table
from pipeline.stats.bootstrap import Estimate, estimate
from pipeline.stats.numbers import rounded

log = logging.getLogger("pipeline")

#: Columns of predictions.parquet: one row a test record.
_PREDICTIONS = pa.schema(
    {
        "id": pa.string(),
        "given": pa.string(),
        "predicted": pa.string(),
        "confidence": pa.float64(),
        "correct": pa.bool_(),
        "lang": pa.string(),
        "source": pa.string(),
        "scores": pa.map_(pa.string(), pa.float64()),
        "log_likelihood": pa.float64(),
        "tokens": pa.int64(),
    }
)
_CONFUSION = ("actual", "predicted")
_RELIABILITY = ("confidence", "accuracy", "count", "bin")

#: The reference whose agreement supports the suspicion that a label is wrong.
_COMPARED_WITH = "tfidf_logistic_regression"
#: Records that a warning names; all are in the report. A guess: not measured.
_NAMED = 5


def run(dataset: Path, model: Path, out: Path) -> None:
    """Load the model, predict the test split of the exported dataset, write all results to `out`."""
    from pipeline.modeling.predictor import load_predictor

    task, params = load_task(), load("evaluate", Params)
    check_exported(dataset)
    if dataset_awaits_labels(dataset):
        tables = {"predictions.parquet": _PREDICTIONS, "queue.parquet": review_queue([]).schema}
        write_awaiting("evaluate", out, tables, {"confusion.csv": _CONFUSION, "reliability.csv": _RELIABILITY})
        return
    test = read_test(dataset, task)
    train = read_split(dataset, "train", task) if params.baseline_rows or params.bilstm_rows or params.judge else []
    predictor, models = load_predictor(model), load("models", Models)
    dev = read_dev(dataset, task) if params.dev_rows else []
    evaluate(train, test, predictor, task, params, out, load_base_model(model, models), dev, models)


def evaluate(
    train: Sequence[Record],
    test: Sequence[Record],
    predictor: Predictor,
    task: Task,
    params: Params,
    out: Path,
    before: BasePredict | None = None,
    dev: Sequence[Record] = (),
    models: Models | None = None,
) -> None:
    """Write predictions, queue (both Parquet), report.json, metrics.json, confusion.csv and reliability.csv for `test`.

    `before` is the model before fine-tuning, where it can be evaluated. `dev` is evaluated beside `test`. `models` may
    judge replies (win_rates.py).
    """
    metrics = pick(METRICS, task.type, "params.yaml: task.type")
    compute_metrics = partial(metrics.function, task=task, params=params)
    test, predictions, refused = _answered(test, predictor.predict([to_row(record, task) for record in test]))
    evaluation = compute_metrics(test, predictions)
    headline = estimate(evaluation.metrics, len(test), params.resamples, params.seed, params.confidence_level)
    others = references(train, test, task, params)
    compared = {name: against(evaluation, compute_metrics(test, p), len(test), params) for name, p in others.items()}
    if before is not None and params.base_model_rows:
        compared["base"] = against_base_model(test, predictions, before, compute_metrics, task, params)
    cut = slices(test, evaluation, task, params)
    worst = worst_errors(test, predictions, evaluation, others.get(_COMPARED_WITH), task, params)
    report = {
        "stage": "evaluate",
        "n": len(test),
        "not_evaluated": refused,
        "headline": evaluation.headline,
        "lower_is_better": sorted(evaluation.lower_is_better),
        "metrics": {name: figure.as_dict() for name, figure in headline.items()},
        "interval": {
            "level": params.confidence_level,
            "resamples": params.resamples,
            "method": "percentile bootstrap over rows",
        },
        "details": evaluation.details,
        "reliability": evaluation.reliability,
        "slices": cut,
        "baselines": compared,
        "representativeness": representativeness(
            dev, (evaluation, len(test)), predictor, compute_metrics, task, params
        ),
        "robustness": robustness(test, predictions, predictor, compute_metrics, task, params),
        "fairness": fairness(test, predictions, predictor, evaluation, task, params),
        "worst_errors": worst,
    }
    weighed = attributions(worst, test, predictor, task, params.attribution_rows)
    judged = win_rates(test, predictions, train, task, params.judge, models or Models()) if params.judge else None
    more = {"attributions": weighed or None, "win_rates": judged}
    write_json(report | {name: found for name, found in more.items() if found is not None}, out / "report.json")
    flat = _flat(evaluation.headline, headline)
    counts = {"n": len(test), "not_evaluated": len(refused), **_counts(cut, worst)}
    write_json({**flat, **counts, **flat_win_rate(judged)}, out / "metrics.json")
    write_table(prediction_table(test, predictions, evaluation), out / "predictions.parquet")
    write_table(review_queue(worst), out / "queue.parquet")
    write_plots(evaluation, out)
    _log(evaluation.headline, flat, len(test))


def _counts(cut: Sequence[Mapping[str, object]], worst: Sequence[WorstError]) -> dict[str, int]:
    """How many slices the model is worse on, and how many of the worst errors may be errors of the label."""
    return {
        "worse_slices": sum(bool(one["worse"]) for one in cut),
        "suspected_label_errors": sum(entry["label_may_be_wrong"] for entry in worst),
    }


def _log(name: str, flat: Mapping[str, float], rows: int) -> None:
    figures = (flat[name], flat[f"{name}_low"], flat[f"{name}_high"])
    log.info("evaluate  %s rows: %s %.3f (%.3f to %.3f)", f"{rows:,}", name, *figures)


def _flat(headline: str, figures: Mapping[str, Estimate]) -> dict[str, float]:
    """Every metric, and the interval of the headline."""
    flat = {name: rounded(figure.value) for name, figure in figures.items()}
    ends = {f"{headline}_low": figures[headline].low, f"{headline}_high": figures[headline].high}
    return flat | {name: rounded(end) for name, end in ends.items()}


def _tell_refused(refused: Sequence[Mapping[str, str]], rows: int) -> None:
    """Raises PipelineError where no row is left."""
    if len(refused) == rows:
        raise PipelineError(
            f"evaluate: none of {rows} test records can be put to the model: {refused[0]['reason']}.",
            "Check that the model's chat template fits these conversations.",
        )
    for entry in refused[:_NAMED]:
        log.warning("evaluate  record %s is not evaluated: %s", entry["id"], entry["reason"])
    if refused:
        log.warning(
            "evaluate  %d of %d test records are not evaluated (not_evaluated in report.json)", len(refused), rows
        )


def _answered(
    test: Sequence[Record], predictions: Sequence[Prediction]
) -> tuple[list[Record], list[Prediction], list[dict[str, str]]]:
    """What the model answered, and id and reason of each record that could not be put to it."""
    pairs = list(zip(test, predictions, strict=True))
    refused = [{"id": record.id, "reason": p.refused} for record, p in pairs if p.refused]
    answered = [(record, p) for record, p in pairs if not p.refused]
    _tell_refused(refused, len(test))
    return [record for record, _ in answered], [p for _, p in answered], refused


def prediction_table(records: Sequence[Record], predictions: Sequence[Prediction], evaluation: Evaluation) -> pa.Table:
    """One row a test record. `given` and `predicted` are JSON; `correct` is null for tasks without right or wrong."""
    columns: dict[str, list[Any]] = {
        "id": [record.id for record in records],
        "given": [as_json(record.target) for record in records],
        "predicted": [as_json(p.value) for p in predictions],
        "confidence": [None if p.confidence is None else rounded(p.confidence) for p in predictions],
        "correct": evaluation.correct,
        "lang": [record.lang for record in records],
        "source": [record.source.name for record in records],
        "scores": [_rounded(p.scores) for p in predictions],
        "log_likelihood": [p.log_likelihood for p in predictions],
        "tokens": [p.tokens for p in predictions],
    }
    return pa.table(columns, schema=_PREDICTIONS)


def write_plots(evaluation: Evaluation, out: Path) -> None:
    """confusion.csv (actual, predicted; one line a test row) and reliability.csv (one line a bin), for `dvc plots`."""
    with (out / "confusion.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([_CONFUSION, *evaluation.confusion])
    with (out / "reliability.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, _RELIABILITY, lineterminator="\n")
        writer.writeheader()
        writer.writerows(evaluation.reliability)


def _rounded(scores: Mapping[str, float]) -> list[tuple[str, float]]:
    return [(name, rounded(score)) for name, score in sorted(scores.items())]
