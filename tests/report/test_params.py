"""Settings of the page."""

from __future__ import annotations

import pytest

from pipeline.core.settings import parse
from pipeline.report.params import Params


def test_params_are_checked():
    from pipeline.core.errors import PipelineError

    with pytest.raises(PipelineError, match=r"report\.language"):
        parse({"language": "fr"}, Params, "params.yaml: report")
    with pytest.raises(PipelineError, match=r"report\.max_rows"):
        parse({"max_rows": 0}, Params, "params.yaml: report")
