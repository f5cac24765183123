"""`sft pretrain`: reads the project's own texts, never those of dev and test, and says what it brought."""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipeline.commands.pretrain import _loss, add_arguments, divided, run
from pipeline.core.errors import PipelineError
from pipeline.core.record import Record, Source, Split
from pipeline.core.settings import Task
from pipeline.modeling.lm.pretraining import Read
from pipeline.runtime.columns import schema
from pipeline.runtime.store import to_table, write_table
from tests.modeling.conftest import masked_folder  # noqa: F401

TASK = Task(type="classification", labels=("bad", "good"), languages=("en", "zh"))
WORDS = {"good": ("good film", "质量很好"), "bad": ("bad book", "服务很差")}


def record(n: int) -> Record:
    label = ("good", "bad")[n % 2]
    split: Split = "test" if n % 10 == 3 else "dev" if n % 10 in (6, 7) else "train"
    text = f"{WORDS[label][n // 2 % 2]} {n} {split}"
    return Record(f"r{n}", {"text": text}, Source("s", "files", "f", n, "cc0", "train"), label, "en", split)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, masked_folder: Path) -> Path:  # noqa: F811
    monkeypatch.chdir(tmp_path)
    Path("params.yaml").write_text(
        "task: {type: classification, labels: [bad, good], languages: [en, zh]}\n"
        f"models: {{encoder: {{name: {masked_folder}}}}}\nvalue: {{seeds: 3, resamples: 200}}\n",
        "utf-8",
    )
    for stage in ("clean", "label"):
        write_table(to_table(map(record, range(80)), schema(TASK)), Path(f"data/{stage}/records.parquet"))
    return tmp_path


def asked(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return parser.parse_args([*words, "--out", "adapted", "--max-length", "32", "--learning-rate", "5e-3"])


def test_it_reads_the_cleaned_texts_and_measures_loss_and_task(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(asked("--json", "--epochs", "8"))
    found = json.loads(capsys.readouterr().out)
    assert found["texts"] == 51  # 80 but for 8 of the test split, 16 of dev, and 5 held out
    assert 0 < found["held_out"] <= 5
    assert found["verdict"] == "helped"
    assert found["gain"]["low"] > 0
    assert found["task"]["dev_rows"] == 16
    assert found["task"]["metric"] == "macro_f1"
    assert found["task"]["gain"]["low"] <= found["task"]["after"] - found["task"]["before"] + 1e-3
    assert {k: v for k, v in found.items() if k != "folder"} == json.loads(Path("adapted/pretrain.json").read_text())


def test_files_are_read_in_place_of_records_and_the_line_to_change_is_said(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("more.txt").write_text("\n\n".join(f"the film was good {n} 质量很好" for n in range(30)), "utf-8")
    Path("data/label/records.parquet").unlink()
    run(asked("more.txt", "--rows", "20", "--epochs", "1"))
    said = capsys.readouterr().out
    assert said.startswith("loss a token on texts held out: ")
    assert said.endswith("To use it, params.yaml: models.encoder: {name: adapted}\n")
    assert json.loads(Path("adapted/pretrain.json").read_text())["texts"] == 20
    with pytest.raises(PipelineError, match="adapted is there already"):
        run(asked())


def test_the_loss_of_a_guessing_layer_that_began_at_random_tells_nothing() -> None:
    read = Read(np.full(20, 9.0), np.full(20, 5.0), windows=20, steps=2, fresh=("cls.predictions.bias",))
    assert _loss(read)["verdict"] == "cannot_tell"
    assert _loss(replace(read, fresh=()))["verdict"] == "helped"
    assert _loss(replace(read, fresh=(), after=read.before))["verdict"] == "no_measurable_effect"


def test_what_is_missing_or_too_small_is_explained(project: Path) -> None:
    with pytest.raises(PipelineError, match=r"models\.generator is not set"):
        run(asked("--model", "generator"))
    with pytest.raises(PipelineError, match=r"--epochs: 0\.0 is too small"):
        run(asked("--epochs", "0"))
    Path("few.txt").write_text("one text", "utf-8")
    with pytest.raises(PipelineError, match="1 texts are too few"):
        run(asked("few.txt"))
    Path("data/clean/records.parquet").unlink()
    with pytest.raises(PipelineError, match=r"clean/records\.parquet is not there"):
        run(asked())


def test_what_is_held_out_depends_on_the_texts_alone() -> None:
    texts = [f"text {n}" for n in range(40)]
    read, held_out = divided(iter(texts), 0)
    assert divided(iter([*reversed(texts), " text 1 ", ""]), 0) == (read, held_out)
    assert len(held_out) == 4
    assert sorted([*read, *held_out]) == sorted(texts)
