"""A project without a clone: its dvc.yaml, version files, git and DVC."""

from __future__ import annotations

import argparse
import logging
import shutil
from typing import Any

import pytest
from ruamel.yaml import YAML

from pipeline.commands import run_stage
from pipeline.commands.init import add_arguments, run, start
from pipeline.commands.packaged_files import code_version, shipped, shipped_stages
from pipeline.commands.run_stage import write_versions
from pipeline.commands.scaffold import project_pipeline, scaffold, update
from pipeline.core.errors import PipelineError, missing_package
from tests.conftest import ROOT


def stages(text: str) -> dict[str, dict[str, Any]]:
    return YAML(typ="safe").load(text)["stages"]


def test_stages_depend_on_data_and_their_version_and_on_no_file_of_a_clone():
    own, ours = stages(project_pipeline()), shipped_stages()
    assert list(own) == ["code", *ours]
    for name, stage in ours.items():
        assert own[name]["cmd"] == f"sft run {str(stage['cmd']).removeprefix('python -m pipeline.')}"
        assert own[name]["deps"] == [
            *(d for d in stage["deps"] if not d.startswith("pipeline/")),
            f".sft/{name}.version",
        ]
        assert own[name]["params"] == stage["params"]
        assert own[name]["outs"] == stage["outs"]
    assert own["code"]["always_changed"] is True
    assert len(own["code"]["outs"]) == len(ours)


def test_a_version_changes_with_the_code_of_its_stage_and_with_no_other(tmp_path, monkeypatch):
    copy = tmp_path / "pipeline"
    shutil.copytree(ROOT / "pipeline", copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr("pipeline.commands.packaged_files._PACKAGE", copy)

    def versions() -> dict[str, str]:
        return {name: code_version(stage["deps"]) for name, stage in stages_of_root.items()}

    stages_of_root = YAML(typ="safe").load((ROOT / "dvc.yaml").read_text("utf-8"))["stages"]
    before = versions()
    assert len(set(before.values())) == len(before)
    assert versions() == before
    file = copy / "clean/steps/missing.py"
    file.write_text(file.read_text("utf-8") + "\n# an edit\n", "utf-8")
    after = versions()
    assert {name for name in before if before[name] != after[name]} == {"clean"}
    (copy / "clean/__pycache__").mkdir()
    (copy / "clean/__pycache__/x.pyc").write_bytes(b"1")
    assert versions() == after


def test_nothing_that_is_there_is_changed(tmp_path):
    (tmp_path / "dvc.yaml").write_text("stages: {}\n")
    (tmp_path / ".gitignore").write_text("mine\n")
    start("ner", tmp_path)
    assert (tmp_path / "dvc.yaml").read_text() == "stages: {}\n"
    assert (tmp_path / ".gitignore").read_text() == "mine\n"
    assert scaffold(tmp_path, False) == []


def test_git_comes_when_asked_and_dvc_knows_whether_it_is_there(tmp_path):
    start("ner", tmp_path / "plain")
    assert "no_scm = true" in (tmp_path / "plain/.dvc/config").read_text()
    assert not (tmp_path / "plain/.git").exists()
    start("ner", tmp_path / "with", with_git=True)
    assert (tmp_path / "with/.git").is_dir()
    assert "no_scm" not in (tmp_path / "with/.dvc/config").read_text()


def test_a_project_inside_another_ones_folder_shares_its_repository(tmp_path, monkeypatch, capsys):
    start("ner", tmp_path, with_git=True)
    monkeypatch.chdir(tmp_path)
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    run(parser.parse_args(["regression", "--into", "projects/x", "--git"]))
    assert not (tmp_path / "projects/x/.git").exists()
    assert not (tmp_path / "projects/x/.dvc").exists()
    assert (tmp_path / "projects/x/dvc.yaml").is_file()
    assert "next: cd projects/x && dvc repro" in capsys.readouterr().out


def test_an_upgrade_tells_of_its_dvc_yaml_and_takes_it_over_when_asked(tmp_path, caplog, monkeypatch):
    start("ner", tmp_path)
    params = (tmp_path / "params.yaml").read_bytes()
    assert update(tmp_path) == []
    (tmp_path / "dvc.yaml").write_text("stages: {}\n")
    with caplog.at_level(logging.WARNING):
        write_versions(tmp_path / ".sft")
    assert "sft init --update" in caplog.text
    assert update(tmp_path)[0] == "dvc.yaml.bak: the stages until now"
    assert (tmp_path / "dvc.yaml").read_text("utf-8") == project_pipeline()
    assert (tmp_path / "params.yaml").read_bytes() == params
    with pytest.raises(PipelineError, match="This is a clone"):
        update(ROOT)
    with pytest.raises(PipelineError, match="no such file"):
        update(tmp_path / "data")


def test_run_knows_the_stages_alone(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(PipelineError, match="unknown name 'cleann'"):
        run_stage.run(argparse.Namespace(stage="cleann", paths=[]))
    run_stage.run(argparse.Namespace(stage="code", paths=["v"]))
    assert sorted(path.stem for path in (tmp_path / "v").iterdir()) == sorted(shipped_stages())


def test_a_package_of_an_extra_is_named_with_the_extra():
    told = missing_package(ModuleNotFoundError("no torch", name="torch.nn"))
    assert told is not None
    assert "sft-data-pipeline[train]" in told.hint
    assert missing_package(ModuleNotFoundError("no such", name="pipelin")) is None


def test_what_wheels_carry_is_there():
    for name in ("dvc.yaml", ".dvc/plots", ".dvc/config", "data/samples", "data/annotations/README.md"):
        assert shipped(name).exists()
