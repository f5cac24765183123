"""The stage writes the page as HTML and as JSON."""

from __future__ import annotations

import json

from pipeline.report.run import run
from tests.report.conftest import make_project


def test_two_runs_give_the_same_bytes(tmp_path, monkeypatch):
    lines = [
        "task: {type: classification, labels: [negative, neutral, positive], languages: [en, zh]}",
        "report: {language: zh}",
    ]
    (tmp_path / "params.yaml").write_text("\n".join(lines), "utf-8")
    monkeypatch.chdir(tmp_path)
    for name in ("a", "b"):
        make_project(tmp_path / name / "data")
        (tmp_path / name / "out").mkdir()
        run(tmp_path / name / "data", tmp_path / name / "out")
    for file in ("quality.html", "quality.json"):
        assert (tmp_path / "a/out" / file).read_bytes() == (tmp_path / "b/out" / file).read_bytes()
    page = (tmp_path / "a/out/quality.html").read_text("utf-8")
    assert '<html lang="zh">' in page
    assert "优先处理" in page
    assert json.loads((tmp_path / "a/out/quality.json").read_text("utf-8"))["language"] == "zh"
