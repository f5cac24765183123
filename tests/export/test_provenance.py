"""The dataset folder that leaves the house says what it is built from; the one in the house stays as it is."""

from __future__ import annotations

import hashlib
import json
import subprocess

import pytest

from pipeline.core.errors import PipelineError
from pipeline.export.provenance import stamped


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "dataset"
    (folder / "data").mkdir(parents=True)
    (folder / "data/train.parquet").write_bytes(b"rows")
    (folder / "README.md").write_text("# Reviews\n\nVersion 1.2.\n\n## Columns\n\n| a |\n", "utf-8")
    (folder / "croissant.json").write_text(json.dumps({"name": "评论", "version": "1.2"}), "utf-8")
    return folder


@pytest.fixture
def project(tmp_path):
    root = tmp_path / "project"
    root.mkdir()
    (root / "params.yaml").write_text("a: 1\n")
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "x"]):
        who = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
        subprocess.run(["git", *who, *words], cwd=root, check=True)
    return root


def test_card_and_croissant_name_commit_settings_and_day(folder, project, tmp_path):
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    out = tmp_path / "out"
    stamp = stamped(folder, out, project)
    assert len(stamp["commit"]) == 40
    card = (out / "README.md").read_text("utf-8")
    assert card.index("## Built from") < card.index("## Columns")
    assert f"| commit | {stamp['commit']} |" in card
    assert "| dvc.lock | none |" in card
    croissant = json.loads((out / "croissant.json").read_text("utf-8"))
    assert croissant["name"] == "评论"
    assert croissant["datePublished"] == stamp["published"]
    assert stamp["params.yaml"] in croissant["identifier"]
    for line in (out / "checksums.txt").read_text().splitlines():
        digest, _, name = line.partition("  ")
        assert hashlib.sha256((out / name).read_bytes()).hexdigest() == digest
    assert {path: path.read_bytes() for path in before} == before


def test_a_changed_project_says_so_and_a_date_that_is_set_stays(folder, project, tmp_path):
    (project / "params.yaml").write_text("a: 2\n")
    (folder / "croissant.json").write_text(json.dumps({"datePublished": "2020-01-01"}), "utf-8")
    assert stamped(folder, tmp_path / "out", project)["commit"].endswith("+changes")
    assert json.loads((tmp_path / "out/croissant.json").read_text())["datePublished"] == "2020-01-01"


def test_outside_of_git_and_without_a_dataset(folder, tmp_path):
    assert stamped(folder, tmp_path / "out", tmp_path)["commit"] == "none"
    with pytest.raises(PipelineError, match="holds no exported dataset"):
        stamped(tmp_path / "nowhere", tmp_path / "out2", tmp_path)
