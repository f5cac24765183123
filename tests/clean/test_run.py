import json
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.clean.params import Params
from pipeline.clean.steps import STEPS
from pipeline.core.record import Record
from pipeline.core.settings import load
from pipeline.runtime.shards import write_shards
from pipeline.runtime.store import read_table
from tests.clean.records import make, table
from tests.conftest import written

ROOT = Path(__file__).parents[2]


PARAMS = """
task: {type: classification, labels: [bad, good, so-so], languages: [en, zh]}
models: {}
clean: {CLEAN}
"""


def rows() -> list[Record]:
    """A little of everything."""
    good = [make(f"lovely and great item number {n}, 很好 {n * n}", "good", trusted=n % 3 == 0) for n in range(60)]
    bad = [make(f"awful and broken thing number {n}, 很差 {n * n}", "bad", trusted=n % 3 == 0) for n in range(60)]
    odd = [
        make(" "),
        make("don&#39;t  like", "bad"),
        make("write to a@b.com please", None),
        make("t e x t", "good", "1"),
    ]
    return [*good, *bad, *odd, make("T e x t!", "bad", "2"), make("write to A@b.com, please", "good", "3")]


def run(folder: Path, records: list[Record], clean: str = "{}") -> subprocess.CompletedProcess[str]:
    write_shards(table(records), folder / "collect" / "records.parquet")
    (folder / "params.yaml").write_text(PARAMS.replace("{CLEAN}", clean), "utf-8")
    command = [sys.executable, "-m", "pipeline.clean", "collect", "decisions", "clean"]
    environment = {"PYTHONPATH": str(ROOT), "PATH": "", "SFT_CACHE": str(folder / "cache")}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


def test_stage_writes_every_out_and_loses_nothing(tmp_path):
    done = run(tmp_path, rows())
    assert done.returncode == 0, done.stderr
    out = tmp_path / "clean"
    names = ["dropped.parquet", "metrics.json", "records.parquet", "report.json", "review.parquet"]
    assert sorted(path.name for path in out.iterdir()) == names
    kept, dropped = read_table(out / "records.parquet"), read_table(out / "dropped.parquet")
    ids = kept["id"].to_pylist() + dropped["id"].to_pylist()
    assert sorted(ids) == sorted(record.id for record in rows())
    assert None not in kept["split"].to_pylist()
    report = json.loads((out / "report.json").read_text("utf-8"))
    assert [step["step"] for step in report["steps"]] == list(Params().steps)
    assert set(read_table(out / "review.parquet")["reason"].to_pylist()) >= {"conflicting_label"}
    before = written(out)
    assert run(tmp_path, rows()).returncode == 0
    assert before == written(out)


def test_steps_that_leave_nothing_stop_the_run(tmp_path):
    done = run(tmp_path, [make(" ")])
    assert done.returncode == 1
    assert "no record is left. missing dropped 1 (empty_text)" in done.stderr
    assert not (tmp_path / "clean" / "records.parquet").exists()


@pytest.mark.parametrize(
    ("clean", "message"),
    [
        ("{steps: [near_duplicate]}", "Did you mean 'near_duplicates'?"),
        ("{splits: {tests: {share: 0.1}}}", "clean.splits.tests is not a known setting. Did you mean 'test'?"),
        ("{language: {wrong: remove}}", "clean.language.wrong"),
    ],
)
def test_wrong_settings_are_explained(tmp_path, clean, message):
    done = run(tmp_path, [make("x")], clean)
    assert done.returncode == 1
    assert message in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("file", ["params.yaml", "pipeline/commands/templates/chat.yaml"])
def test_both_projects_name_known_steps(file):
    params = load("clean", Params, ROOT / file)
    assert set(params.steps) <= set(STEPS)
