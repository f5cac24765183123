"""Every section of params.yaml is checked before a stage starts."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from pipeline.core.errors import PipelineError
from pipeline.core.settings import Settings
from pipeline.runtime import params_sections
from pipeline.runtime.params_sections import FURTHER, SECTIONS, TOGETHER, check_sections, check_sections_once
from tests.conftest import ROOT

TASK = "task: {type: classification, labels: [a, b], languages: [en]}\n"


def check(folder: Path, text: str) -> None:
    path = folder / "params.yaml"
    path.write_text(TASK + text, "utf-8")
    check_sections(path)


@pytest.mark.parametrize("path", [ROOT / "params.yaml", *sorted((ROOT / "pipeline/commands/templates").glob("*.yaml"))])
def test_our_own_files_pass(path):
    check_sections(path)


def test_every_name_leads_to_something():
    for place in (*SECTIONS.values(), *FURTHER.values(), *TOGETHER.values()):
        module, name = place.split(":")
        assert callable(getattr(importlib.import_module(module), name))
    assert all(
        issubclass(getattr(importlib.import_module(p.split(":")[0]), p.split(":")[1]), Settings)
        for p in SECTIONS.values()
    )


def test_nothing_but_the_task(tmp_path):
    check(tmp_path, "")


@pytest.mark.parametrize(
    ("text", "named", "hint"),
    [
        ("train: {epohcs: 1}\n", "train.epohcs", "epochs"),
        ("value: {seeds: 2}\n", "value.seeds", ""),
        ("trian: {epochs: 1}\n", "'trian'", "train"),
        ("clean: {steps: [repair_text, near_duplicate]}\n", "near_duplicate", "near_duplicates"),
        ("label: {crowd: {method: dawid_sken}}\n", "label.crowd.method", "dawid_skene"),
        ("label: {prelabel: {method: linaer}}\n", "label.prelabel.method", "linear"),
        ("augment: {methods: {synonym: {}}}\n", "augment.methods", "synonyms"),
        ("validate: {suite: [{expect: uniqe}]}\n", "entry 1", "unique"),
        ("collect: {sources: {s: {kind: file, licence: CC0, role: train}}}\n", "collect.sources.s.kind", "files"),
        ("collect: {sources: {s: {kind: files, licence: CC0, role: train, path: a.csv, keys: id}}}\n", "s.keys", "key"),
        ("engine: {kind: rai}\n", "engine.kind", ""),
        ("report: {lang: en}\n", "report.lang", ""),
        ("train: ''\n", "train", ""),
        ("train: []\n", "train", ""),
        ("train: false\n", "train", ""),
    ],
)
def test_a_slip_in_any_section_is_named(tmp_path, text, named, hint):
    with pytest.raises(PipelineError) as error:
        check(tmp_path, text)
    assert named in str(error.value)
    assert hint in f"{error.value}{error.value.hint}"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (
            "task: {type: regression}\ntrain: {class_weights: balanced}\n",
            "train.class_weights: numbers have no classes",
        ),
        ("task: {type: qa}\ntrain: {packing: true}\n", "train.packing: only language models"),
        ("task: {type: chat}\ntrain: {}\n", "models.generator is missing"),
        ("task: {type: summarization}\ntrain: {}\n", "models.generator is missing"),
        ("task: {type: translation}\nmodels: {seq2seq: {name: t5}}\ntrain: {}\n", "task.target_language is missing"),
        ("task: {type: ner}\ntrain: {}\n", "task.labels is empty"),
        ("task: {type: summarization}\nlabel: {audit: {records: 5}}\n", "label.audit.records"),
        ("task: {type: ner}\naugment: {select: {keep: 0.5}}\n", "augment.select.keep"),
        ("task: {type: chat}\naugment: {select: {keep: 0.5}}\n", "needs models.generator"),
    ],
)
def test_settings_that_task_or_models_make_impossible(tmp_path, text, named):
    (tmp_path / "params.yaml").write_text(text, "utf-8")
    with pytest.raises(PipelineError) as error:
        check_sections(tmp_path / "params.yaml")
    assert named in str(error.value)
    assert error.value.hint


def test_a_section_that_a_stage_reads_is_missed_at_once(tmp_path):
    (tmp_path / "dvc.yaml").write_text("stages: {train: {cmd: x, params: [task, train]}}\n", "utf-8")
    with pytest.raises(PipelineError, match="'train' is missing; the stage 'train'"):
        check(tmp_path, "")
    check(tmp_path, "train: {}\n")


def test_labels_that_collect_is_to_write_pass(tmp_path):
    (tmp_path / "params.yaml").write_text("task: {type: classification, labels: from_data}\n", "utf-8")
    check_sections(tmp_path / "params.yaml")


def test_the_first_stage_stops_at_a_slip_in_the_last(tmp_path):
    (tmp_path / "params.yaml").write_text(TASK + "collect: {sources: {}}\nvalue: {seeds: 2}\n", "utf-8")
    command = [sys.executable, "-m", "pipeline.collect", "data/raw", "out"]
    done = subprocess.run(
        command, cwd=tmp_path, env={"PYTHONPATH": str(ROOT), "PATH": ""}, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert "value.seeds" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


def test_yaml_reads_as_it_stands():
    """The list of sections is complete: params.yaml has no other."""
    assert set(YAML(typ="safe", pure=True).load((ROOT / "params.yaml").read_text("utf-8"))) <= set(SECTIONS)


def test_files_that_were_sound_are_not_checked_again_and_others_are(tmp_path, monkeypatch):
    monkeypatch.setenv("SFT_CACHE", str(tmp_path / "cache"))
    path = tmp_path / "params.yaml"
    path.write_text(TASK, "utf-8")
    checked: list[Path] = []
    monkeypatch.setattr(params_sections, "check_sections", checked.append)
    for _ in range(2):
        check_sections_once(path)
    assert checked == [path]
    path.write_text(TASK + "train: {}\n", "utf-8")
    check_sections_once(path)
    (tmp_path / "dvc.yaml").write_text("stages: {}\n", "utf-8")
    check_sections_once(path)
    monkeypatch.setattr(params_sections, "program_digest", lambda: b"another version")
    check_sections_once(path)
    assert checked == [path] * 4


def test_what_is_wrong_is_refused_every_time_and_a_cache_that_cannot_be_written_is_no_matter(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    path = tmp_path / "params.yaml"
    for folder in ("cache", "file"):
        monkeypatch.setenv("SFT_CACHE", str(tmp_path / folder))
        path.write_text(TASK + "value: {seeds: 2}\n", "utf-8")
        for _ in range(2):
            with pytest.raises(PipelineError, match=r"value\.seeds"):
                check_sections_once(path)
        path.write_text(TASK, "utf-8")
        check_sections_once(path)
