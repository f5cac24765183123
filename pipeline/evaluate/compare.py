"""The model held against a reference on the same rows."""

from __future__ import annotations

from typing import Any

from pipeline.evaluate.judged import Judged
from pipeline.evaluate.params import Params
from pipeline.statistics import difference, estimate, rounded


def against(model: Judged, reference: Judged, rows: int, params: Params) -> dict[str, Any]:
    """The reference's metrics, and the model minus the reference by paired bootstrap, metric by metric."""
    shared = [name for name in model.metrics if name in reference.metrics]
    own = {name: reference.metrics[name] for name in shared}
    gaps = {f"gap {name}": difference(model.metrics[name], reference.metrics[name]) for name in shared}
    found = estimate({**own, **gaps}, rows, params.resamples, params.seed, params.level)
    return {
        "metrics": {name: found[name].as_dict() for name in shared},
        "model_minus_reference": {
            name: {**found[f"gap {name}"].as_dict(), "p": rounded(found[f"gap {name}"].p)} for name in shared
        },
    }
