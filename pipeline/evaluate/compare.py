"""The model held against a reference on the same rows."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.core.record import Record, share
from pipeline.core.settings import Task
from pipeline.evaluate.dataset import to_row
from pipeline.evaluate.evaluation import ComputeMetrics, Evaluation
from pipeline.evaluate.params import Params
from pipeline.modeling.base_model import BasePredict
from pipeline.modeling.prediction import Prediction
from pipeline.stats.bootstrap import difference, estimate
from pipeline.stats.numbers import rounded


def against(model: Evaluation, reference: Evaluation, rows: int, params: Params) -> dict[str, object]:
    """The reference's metrics, and the model minus the reference by paired bootstrap, metric by metric."""
    shared = [name for name in model.metrics if name in reference.metrics]
    own = {name: reference.metrics[name] for name in shared}
    gaps = {f"gap {name}": difference(model.metrics[name], reference.metrics[name]) for name in shared}
    found = estimate({**own, **gaps}, rows, params.resamples, params.seed, params.confidence_level)
    return {
        "metrics": {name: found[name].as_dict() for name in shared},
        "model_minus_reference": {
            name: {**found[f"gap {name}"].as_dict(), "p": rounded(found[f"gap {name}"].p)} for name in shared
        },
    }


def against_base_model(
    test: Sequence[Record],
    predictions: Sequence[Prediction],
    base: BasePredict,
    compute_metrics: ComputeMetrics,
    task: Task,
    params: Params,
) -> dict[str, object]:
    """The same for the model before fine-tuning, on at most `base_model_rows` rows drawn by record id (losses only)."""
    order = sorted(range(len(test)), key=lambda n: share("untuned", test[n].id))[: params.base_model_rows]
    rows = [test[n] for n in sorted(order)]
    before = compute_metrics(rows, base([to_row(record, task) for record in rows]))
    after = compute_metrics(rows, [predictions[n] for n in sorted(order)])
    return {"n": len(rows), **against(after, before, len(rows), params)}
