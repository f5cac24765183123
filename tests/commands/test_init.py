from __future__ import annotations

import argparse
import subprocess

import pytest

from pipeline.commands import init
from pipeline.commands.init import add_arguments, projects, run, start
from pipeline.core.errors import PipelineError
from pipeline.core.settings import load, load_task
from pipeline.modeling.models import Model, Models
from tests.conftest import ROOT


def asked(*words: str, **more: object) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return argparse.Namespace(**{**vars(parser.parse_args([*words])), **more})


@pytest.mark.parametrize("project", sorted(projects()))
def test_every_project_can_be_started(tmp_path, project):
    done = start(project, tmp_path)
    assert done[-1] == "next: dvc repro"
    assert (tmp_path / "data/raw").is_dir()
    assert (tmp_path / "data/annotations").is_dir()
    assert load_task(tmp_path / "params.yaml").type
    assert start(project, tmp_path) == ["nothing to do: all is in place"]


def test_other_settings_are_not_overwritten(tmp_path):
    (tmp_path / "params.yaml").write_text("mine: 1\n")
    with pytest.raises(PipelineError, match="holds other settings") as error:
        start("chat", tmp_path)
    assert "--force" in error.value.hint
    assert (tmp_path / "params.yaml").read_text() == "mine: 1\n"


def test_the_default_project_can_be_left_and_come_back_to(tmp_path):
    """A fresh clone's params.yaml is nobody's work: it is replaced without --force, and `sentiment` brings it back."""
    default = (ROOT / "pipeline/commands/templates/sentiment.yaml").read_bytes()
    (tmp_path / "params.yaml").write_bytes(default)
    start("classification", tmp_path)
    assert (tmp_path / "params.yaml").read_bytes() != default
    start("sentiment", tmp_path)
    assert (tmp_path / "params.yaml").read_bytes() == default
    assert not (tmp_path / "params.yaml.bak").exists()


def test_the_default_project_is_the_params_file_of_a_clone():
    """The two files are one text: after editing params.yaml, copy it to pipeline/commands/templates/sentiment.yaml."""
    committed = subprocess.run(["git", "show", "HEAD:params.yaml"], cwd=ROOT, capture_output=True)
    if committed.returncode:
        pytest.skip("not a git checkout: params.yaml may be the user's own")
    shipped = subprocess.run(
        ["git", "show", "HEAD:pipeline/commands/templates/sentiment.yaml"], cwd=ROOT, capture_output=True
    )
    assert shipped.stdout == committed.stdout


def test_force_keeps_a_backup(tmp_path):
    (tmp_path / "params.yaml").write_text("mine: 1\n")
    start("chat", tmp_path, force=True)
    assert load_task(tmp_path / "params.yaml").type == "chat"
    assert (tmp_path / "params.yaml.bak").read_text() == "mine: 1\n"


def test_without_torch_features_need_none(tmp_path, monkeypatch):
    monkeypatch.setattr(init, "find_spec", lambda name: None)
    done = start("ner", tmp_path)
    assert done[-1].startswith("next: dvc repro validate")
    models = load("models", Models, tmp_path / "params.yaml")
    assert models.encoder == Model(name="tfidf")
    start("qa", tmp_path)  # nobody edited the file: it may go
    assert load_task(tmp_path / "params.yaml").type == "qa"


def test_an_unknown_project_is_refused(tmp_path):
    with pytest.raises(PipelineError, match="unknown name 'chatt'") as error:
        start("chatt", tmp_path)
    assert "Did you mean 'chat'?" in error.value.hint
    assert list(tmp_path.iterdir()) == []


def test_the_list_names_every_project(capsys):
    run(asked(list=True))
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == sorted(projects())
    assert all(len(line.split()) > 3 for line in lines)


def test_start_runs_in_the_current_folder(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    run(asked("chat"))
    assert "wrote params.yaml: settings of the project 'chat'" in capsys.readouterr().out
    assert (tmp_path / "params.yaml").is_file()


def test_the_sample_comes_along_and_is_never_overwritten(tmp_path):
    done = start("ner", tmp_path)
    assert "wrote data/raw/samples/ner/news_en.conll" in done
    own = tmp_path / "data/raw/samples/ner/news_en.conll"
    own.write_text("Oslo B-LOC\n")
    (tmp_path / "data/raw/samples/ner/news_zh.jsonl").unlink()
    assert start("ner", tmp_path) == ["wrote data/raw/samples/ner/news_zh.jsonl", "next: dvc repro"]
    assert own.read_text() == "Oslo B-LOC\n"
