"""The history of released versions."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.core.errors import PipelineError
from pipeline.runtime.releases import read_history, summary_of


def test_lines_are_read_in_order_and_blank_ones_skipped(tmp_path: Path) -> None:
    file = tmp_path / "history.jsonl"
    assert read_history(file) == []
    file.write_text('{"name": "一"}\n\n{"name": "two"}\n', "utf-8")
    assert [line["name"] for line in read_history(file)] == ["一", "two"]


@pytest.mark.parametrize("line", ["{broken", "[1]", "<<<<<<< HEAD"])
def test_a_line_that_is_no_object_is_named(tmp_path: Path, line: str) -> None:
    file = tmp_path / "history.jsonl"
    file.write_text(f'{{"name": "a"}}\n{line}\n', "utf-8")
    with pytest.raises(PipelineError, match=r"history\.jsonl:2 is no JSON object"):
        read_history(file)


def test_a_version_in_few_figures() -> None:
    profile = {"rows": {"train": 7}, "quality_scores": {"diversity": {"score": 0.5, "parts": {}}}}
    noise = {"value": 0.1, "low": 0.0, "high": 0.2}
    clean = {
        "steps": [
            {"step": "missing", "notes": {}},
            {"step": "label_errors", "notes": {"label_noise": {"share": noise}}},
        ]
    }
    evaluation = {"headline": "macro_f1", "metrics": {"macro_f1": {"value": 0.8}, "accuracy": {"value": 0.9}}}
    assert summary_of(profile, clean, evaluation) == {
        "records": {"train": 7},
        "quality_scores": {"diversity": 0.5},
        "wrong_labels": noise,
        "metric": {"name": "macro_f1", "value": 0.8},
    }


def test_what_is_not_told_is_left_out() -> None:
    assert summary_of({}, {}, {}) == {"records": {}, "quality_scores": {}}
    untold = {"steps": [{"step": "label_errors", "notes": {"label_noise": {"share": None}}}]}
    assert "wrong_labels" not in summary_of({}, untold, {"headline": "x", "metrics": {}})
