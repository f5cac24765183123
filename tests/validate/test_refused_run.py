"""A whole run that validation stops, with real DVC: the page says why, and nothing of an earlier run is on it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from pipeline.runtime.store import read_json, write_json
from tests.conftest import ROOT
from tests.validate.conftest import reports_for, review, sound_reviews

INPUTS = " ".join(f"data/{stage}" for stage in reports_for(0))
LEAK = review("leak", "一点也不好吃。", "negative")
STAGES = f"""stages:
  validate:
    cmd: {sys.executable} -m pipeline.validate {INPUTS} data/released data/validate
    deps: [data/augment/records.parquet]
    outs: [data/validate/dataset, data/validate/report.json]
  report:
    cmd: {sys.executable} -m pipeline.report data data/report
    deps: [data/validate/report.json]
    outs: [data/report/quality.html]
"""


def run(*command: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "DVC_NO_ANALYTICS": "1", "SFT_CACHE": ".cache"}
    return subprocess.run([sys.executable, "-m", *command], env=environment, capture_output=True, text=True)


def test_the_page_says_not_ready_and_why_and_the_run_fails(project):
    records = [replace(one, split="train" if one.split == "dev" else one.split) for one in sound_reviews()]
    project.write([*records, LEAK], [{"expect": "no_leakage"}, {"expect": "rows_between", "split": "dev", "min": 1}])
    params = Path("params.yaml")
    params.write_text(json.dumps({**json.loads(params.read_text("utf-8")), "report": {}}), "utf-8")
    write_json({"stage": "train", "best_step": 7}, Path("data/train/report.json"))  # of an earlier run
    Path("dvc.yaml").write_text(STAGES, "utf-8")
    subprocess.run(["git", "init", "--quiet"], check=True)
    assert run("dvc", "init", "--quiet").returncode == 0
    done = run("pipeline.cli", "repro")
    assert done.returncode not in (0, 1), done.stdout
    assert "the report is written from what there is" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    assert Path("data/report/quality.json").is_file(), done.stdout
    told = read_json(Path("data/report/quality.json"))
    assert told["verdict"]["state"] == "fail"
    reasons = {one["key"] for one in told["verdict"]["because"]}
    assert {"because.errors", "because.leakage"} <= reasons
    assert "best_step" not in json.dumps(told["sections"])
    assert [path.name for path in Path("data/validate/dataset").iterdir()] == ["NOT_EXPORTED.md"]
