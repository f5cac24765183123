"""`sft diff` between two folders and between git revisions whose data are in DVC's cache."""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys

import pyarrow as pa
import pytest

from pipeline.commands.diff import difference, page, read_version, run
from pipeline.core.errors import PipelineError
from pipeline.runtime.shards import write_shards
from pipeline.runtime.store import read_table
from tests.report.conftest import make_project


@pytest.fixture(scope="module")
def versions(tmp_path_factory):
    """Two data folders: the new one lost a record to a filter, has another label, split, text and a new record."""
    root = tmp_path_factory.mktemp("diff")
    make_project(root / "new", hostile=False)
    shutil.copytree(root / "new", root / "old")
    table = read_table(root / "new/augment/records.parquet")
    rows = table.to_pylist()
    labelled = [row for row in rows if row["split"] == "train" and not row["parent_id"]]
    gone, relabelled, rewritten, moved, fresh = labelled[:5]
    gone_table = table.filter(pa.compute.equal(table.column("id"), gone["id"]))
    dropped = read_table(root / "new/clean/dropped.parquet")
    for name, value in (("step", "quality"), ("reason", "too_short"), ("detail", ""), ("other_id", None)):
        gone_table = gone_table.append_column(name, pa.array([value], pa.string()))
    write_shards(pa.concat_tables([dropped, gone_table]), root / "new/clean/dropped.parquet")
    relabelled["target"] = "neutral" if relabelled["target"] != "neutral" else "positive"
    rewritten["fields"] = {"text": "another text"}
    moved["split"] = "dev"
    write_shards(
        pa.Table.from_pylist([row for row in rows if row is not gone], schema=table.schema),
        root / "new/augment/records.parquet",
    )
    old = table.filter(pa.compute.not_equal(table.column("id"), fresh["id"]))
    write_shards(old, root / "old/augment/records.parquet")
    names = ("gone", "relabelled", "rewritten", "moved", "fresh")
    return root, dict(zip(names, (one["id"] for one in (gone, relabelled, rewritten, moved, fresh)), strict=True))


def test_every_kind_of_change_is_found_with_its_reason(versions):
    root, ids = versions
    found = difference(read_version(str(root / "old")), read_version(str(root / "new")))
    assert found["added"] == [ids["fresh"]]
    assert found["removed"] == [ids["gone"]]
    assert [one[0] for one in found["relabelled"]] == [ids["relabelled"]]
    assert found["rewritten"] == [ids["rewritten"]]
    assert found["moved"] == [[ids["moved"], "train", "dev"]]
    assert found["reasons"]["removed"] == {"too_short (clean, quality)": 1}
    assert next(iter(found["reasons"]["added"])).startswith("new from ")
    assert next(iter(found["reasons"]["relabelled"])).startswith("decided by ")
    text = "\n".join(page(found, 5))
    assert ids["gone"] in text
    assert "too_short (clean, quality)" in text


def test_a_version_does_not_differ_from_itself(versions):
    root, _ = versions
    found = difference(*[read_version(str(root / "new"))] * 2)
    assert {kind: n for kind, n in found["counts"].items() if kind != "kept"} == dict.fromkeys(
        ("added", "removed", "relabelled", "rewritten", "moved"), 0
    )


def test_revisions_are_read_through_dvc(versions, tmp_path, monkeypatch, capsys):
    root, ids = versions
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DVC_NO_ANALYTICS", "1")
    dvc = [sys.executable, "-m", "dvc"]
    stage = {"cmd": "cp -r ../{0}/augment ../{0}/clean data/", "outs": []}

    def step(*command: str) -> None:
        subprocess.run(command, check=True, capture_output=True)

    def commit(side: str) -> None:
        outs = ["data/augment/records.parquet", "data/clean/dropped.parquet"]
        command = f"mkdir -p data && cp -r {root / side}/augment {root / side}/clean data/"
        lines = {"stages": {"all": {**stage, "cmd": command, "outs": outs}}}
        (tmp_path / "dvc.yaml").write_text(json.dumps(lines))
        step(*dvc, "repro", "-q")
        step("git", "add", "--all")
        step("git", "-c", "user.name=t", "-c", "user.email=t@localhost", "commit", "-qm", side)

    step("git", "init", "-q")
    step(*dvc, "init", "-q")
    commit("old")
    commit("new")
    shutil.rmtree(tmp_path / "data")
    run(argparse.Namespace(old="HEAD~1", new="HEAD", list=1, json=True))
    found = json.loads(capsys.readouterr().out)
    assert (found["removed"], found["added"]) == ([ids["gone"]], [ids["fresh"]])
    with pytest.raises(PipelineError, match="neither a data folder nor a git revision"):
        read_version("no-such-revision")
    shutil.rmtree(tmp_path / ".dvc/cache")
    with pytest.raises(PipelineError, match=r"DVC has no data/augment/records\.parquet of revision HEAD"):
        read_version("HEAD")


def test_nothing_released_and_empty_folders_say_so(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(PipelineError, match="no version is released"):
        read_version("released")
    (tmp_path / "empty").mkdir()
    with pytest.raises(PipelineError, match=r"holds no augment/records\.parquet"):
        read_version("empty")
