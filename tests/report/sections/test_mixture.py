"""The mixture, before and after."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pipeline.core.settings import Task
from pipeline.report.inputs import Inputs
from pipeline.report.params import Params
from pipeline.report.sections.mixture import mixture


def test_the_mixture_is_shown_before_and_after():
    groups = [
        {"source": "big", "rows": 90, "tokens": 900, "epochs": 0.5, "rows_read": 45, "tokens_read": 400},
        {"source": "客服", "rows": 10, "tokens": 100, "epochs": 4.0, "rows_read": 40, "tokens_read": 400},
    ]
    inputs = Inputs(Path(), Task(type="chat", languages=("en", "zh")), Params())
    told, shown = mixture(replace(inputs, reports={"validate": {"dataset": {"mixture": groups}}}))
    assert told["args"] == {"tokens": 1000, "tokens_read": 800, "rows_read": 85}
    assert shown["rows"] == [["big", 90, 900, 0.9, 0.5, 45, 400, 0.5], ["客服", 10, 100, 0.1, 4.0, 40, 400, 0.5]]
    assert [block["kind"] for block in mixture(inputs)] == ["missing"]
    plain = [
        {"source": "big", "rows": 90, "tokens": 900, "share_of_tokens": 0.9},
        {"source": "客服", "rows": 10, "tokens": 100, "share_of_tokens": 0.1},
    ]
    told, shown = mixture(replace(inputs, reports={"validate": {"dataset": {"mixture": plain}}}))
    assert (told["key"], told["args"]) == ("mixture_unweighed", {"rows": 100, "tokens": 1000})
    assert shown["rows"] == [["big", 90, 900, 0.9], ["客服", 10, 100, 0.1]]
    assert mixture(replace(inputs, reports={"validate": {"dataset": {}}}))[0]["key"] == "mixture_none"
