from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import pipeline
from pipeline.core.errors import PipelineError, Refused
from pipeline.modeling.dataset import read_split
from pipeline.runtime.store import read_json
from tests.validate.conftest import CHAT, chat, reports_for, review, sound_chats, sound_reviews

SUITE = [
    {"expect": "conserved_counts"},
    {"expect": "no_leakage", "note": "a test text seen in training proves nothing"},
    {"expect": "no_pii_left", "severity": "warn"},
]
LEAK = review("leak", "一点也不好吃。", "negative")


def test_a_sound_project_is_exported_with_its_report(project):
    out = project.write(sound_reviews(), SUITE, name="Reviews").validate()
    tables = ["failing.parquet", "index.parquet", "map.parquet"]
    written = ["data_docs", "dataset", *tables, "metrics.json", "mixture.parquet", "profile.json", "report.json"]
    assert sorted(path.name for path in out.iterdir()) == written
    metrics = read_json(out / "metrics.json")
    assert {name: one for name, one in metrics.items() if not name.startswith("quality_")} == {
        "rows": 8,
        "rows_train": 4,
        "rows_validation": 2,
        "rows_test": 2,
        "expectations": 3,
        "expectations_passed": 3,
        "expectations_failed": 0,
        "errors": 0,
        "warnings": 0,
    }
    report = read_json(out / "report.json")
    assert [entry["expect"] for entry in report["expectations"]] == [entry["expect"] for entry in SUITE]
    assert report["dataset"]["rows"] == {"train": 4, "validation": 2, "test": 2}
    assert report["dataset"]["classes"]["test"] == {"negative": 1, "positive": 1}
    assert report["dataset"]["languages"] == {"en": 4, "zh": 4}


def test_an_error_stops_the_run_and_names_the_records(project):
    project.write([*sound_reviews(), LEAK], SUITE)
    with pytest.raises(PipelineError) as caught:
        project.validate()
    text = str(caught.value)
    assert "no_leakage failed" in text
    assert "1 of 9 records: leak (the same text as zh4 in test)" in text
    assert "severity: warn reports without stopping" in text
    assert [path.name for path in Path("data/validate/dataset").iterdir()] == ["NOT_EXPORTED.md"]


def test_after_an_error_the_findings_can_be_looked_at(project):
    project.write([*sound_reviews(), LEAK], SUITE)
    with pytest.raises(Refused):
        project.validate()
    place = Path("data/validate")
    assert read_json(place / "metrics.json")["errors"] == 1
    assert "1 of 9 records: leak" in (place / "dataset/NOT_EXPORTED.md").read_text("utf-8")
    assert "was <b>not</b> exported" in (place / "data_docs" / "index.html").read_text("utf-8")
    failed = [entry for entry in read_json(place / "report.json")["expectations"] if not entry["passed"]]
    assert failed[0]["first"] == [{"id": "leak", "why": "the same text as zh4 in test"}]
    with pytest.raises(PipelineError, match="exported nothing"):
        read_split(place / "dataset", "train")


def test_a_warning_does_not_stop_the_run(project):
    out = project.write([*sound_reviews(), review("mail", "Ask me: jo@example.org")], SUITE).validate()
    metrics = read_json(out / "metrics.json")
    assert (metrics["warnings"], metrics["errors"], metrics["expectations_failed"]) == (1, 0, 1)
    assert (out / "dataset" / "data" / "train-00000-of-00001.parquet").is_file()
    assert "gave a warning" in (out / "data_docs" / "index.html").read_text("utf-8")
    assert "no personal data is left: not met, 1 of 9 records fail." in (out / "dataset/README.md").read_text("utf-8")


def test_every_failed_error_is_reported_at_once(project):
    reports = reports_for(9)
    reports["clean"]["dropped"] = 5
    project.write([*sound_reviews(), LEAK], SUITE, reports=reports)
    with pytest.raises(PipelineError) as caught:
        project.validate()
    assert "no_leakage failed" in str(caught.value)
    assert "clean: 11 in + 0 added, but 9 kept + 5 dropped" in str(caught.value)


def test_what_is_not_exported_is_counted(project):
    more = [
        review("pool", "Unlabelled", None, "unlabelled"),
        review("bench", "Benchmark text", split="benchmark"),
        review("open", "还没有标签", None),
    ]
    out = project.write([*sound_reviews(), *more], SUITE).validate()
    report = read_json(out / "report.json")["dataset"]
    assert report["not_exported"] == {"benchmark": 1, "no_label": 1, "unlabelled_split": 1}
    assert sum(report["rows"].values()) == 8
    assert "Benchmark text" not in (out / "dataset/jsonl/train.jsonl").read_text("utf-8")


def test_a_table_without_labels_is_refused(project):
    project.write([review("a", "Text", None), review("b", "文本", None, "unlabelled")], SUITE)
    with pytest.raises(PipelineError, match="no labelled record is in train, dev or test"):
        project.validate()


def test_chat_runs_on_the_same_code(project):
    out = project.write(sound_chats(), SUITE, CHAT, name="Chats").validate()
    line = (out / "dataset/jsonl/train.jsonl").read_text("utf-8").splitlines()[1]
    assert json.loads(line)["messages"] == [
        {"role": "user", "content": "你好，你叫什么名字？"},
        {"role": "assistant", "content": "我叫小明。"},
    ]
    assert read_json(out / "report.json")["dataset"]["classes"] == {"train": {}, "validation": {}, "test": {}}


def test_two_runs_give_the_same_bytes(project):
    first = project.write([*sound_reviews(), review("mail", "jo@example.org")], SUITE).validate("data/one")
    second = project.validate("data/two")
    files = sorted(path.relative_to(first) for path in first.rglob("*") if path.is_file())
    assert len(files) == 18
    for file in files:
        assert (first / file).read_bytes() == (second / file).read_bytes(), file


def test_a_missing_report_says_what_to_run(project):
    project.write(sound_reviews(), SUITE)
    Path("data/label/report.json").unlink()
    with pytest.raises(PipelineError, match=r"data/label/report\.json: no such file"):
        project.validate()


def test_the_command_line_exits_with_one_and_leaves_the_findings_in_the_place_of_the_dataset(project):
    project.write([*sound_chats(), chat("bad", [("user", "Hi"), ("user", "喂")], "")], None, CHAT)
    old = Path("data/validate/dataset/data/train-00000-of-00001.parquet")  # of an earlier version
    old.parent.mkdir(parents=True)
    old.write_bytes(b"")
    command = [
        sys.executable,
        "-m",
        "pipeline.validate",
        *(f"data/{stage}" for stage in reports_for(0)),
        "data/released",
    ]
    environment = {"PYTHONPATH": str(Path(pipeline.__file__).parents[1]), "SFT_CACHE": ".cache", "PATH": ""}
    result = subprocess.run([*command, "data/validate"], capture_output=True, text=True, env=environment)
    assert result.returncode == 1
    assert "validate: valid_structure failed" in result.stderr
    assert "bad (turns 1 and 2 are both of role user; turn 3 (assistant) says nothing)" in result.stderr
    assert "Traceback" not in result.stderr
    assert "temporary" not in result.stderr
    assert [path.name for path in Path("data/validate/dataset").iterdir()] == ["NOT_EXPORTED.md"]
    left = ["augment", "clean", "collect", "label", "validate"]
    assert sorted(path.name for path in Path("data").iterdir()) == left
