"""The full form on a miniature: data of two states, two seeds each, a tiny BERT."""

import json

import pyarrow.parquet as pq
import pytest
from ruamel.yaml import YAML

from pipeline.core.errors import PipelineError
from pipeline.core.settings import Task
from pipeline.modeling.models import Model, Models
from pipeline.train.params import Params as TrainParams
from pipeline.value.params import Params
from pipeline.variants.run import CONTROL, ORDER, report, run_once, start, write_data
from tests.conftest import ROOT
from tests.modeling.conftest import bert_folder, own_cache  # noqa: F401
from tests.value.conftest import noisy, task  # noqa: F401


def test_states_share_dev_and_test_and_the_report_says_what_a_step_did(noisy, task, bert_folder, tmp_path):  # noqa: F811
    recipe = TrainParams(epochs=0.0, max_length=32, max_train_rows=100)
    models = Models(encoder=Model(name=str(bert_folder)))
    for variant in ("raw", "cleaned", "cleaned_control"):
        write_data(variant, noisy, task, tmp_path / "runs" / variant / "dataset")
        for seed in (0, 1, 2):
            folder = tmp_path / "runs" / variant
            run_once(seed, folder / "dataset", task, models, recipe, folder / f"seed-{seed}")
    one, two = (tmp_path / "runs" / name / "dataset" / "data" for name in ("raw", "cleaned"))
    for part in ("validation", "test"):
        name = f"{part}-00000-of-00001.parquet"
        assert (one / name).read_bytes() == (two / name).read_bytes()
    raw, cleaned = (pq.read_table(folder / "train-00000-of-00001.parquet") for folder in (one, two))
    assert len(set(raw["id"].to_pylist())) == raw.num_rows > cleaned.num_rows
    control = pq.read_table(tmp_path / "runs/cleaned_control/dataset/data/train-00000-of-00001.parquet")
    assert control.num_rows == cleaned.num_rows
    assert set(control["id"].to_pylist()) < set(raw["id"].to_pylist())
    assert control["id"].to_pylist() != cleaned["id"].to_pylist()
    report(tmp_path / "runs", Params(resamples=200, seeds=3), tmp_path / "report")
    found = json.loads((tmp_path / "report" / "report.json").read_text())
    (step,) = found["steps"]
    assert (step["against"], step["step"]) == ("raw", "cleaned")
    assert step["changes"]["removed"] > 100
    assert step["sentence"].startswith("cleaned: ")
    assert step["control"]["what"] == f"removing {step['changes']['removed']} rows of 'raw' at random"
    assert "at random" in step["sentence"]
    assert found["test_rows"] == 120
    assert set(found["variants"]) == {"raw", "cleaned"}


def test_what_cannot_be_compared_says_so(noisy, task, tmp_path):  # noqa: F811
    with pytest.raises(PipelineError, match="no variant 'cleand'"):
        write_data("cleand", noisy, task, tmp_path)
    with pytest.raises(PipelineError, match="type chat cannot be compared in full"):
        write_data("raw", noisy, Task(type="chat", languages=("en",)), tmp_path)
    (tmp_path / "runs" / "raw").mkdir(parents=True)
    with pytest.raises(PipelineError, match="no finished run"):
        report(tmp_path / "runs", Params(), tmp_path / "out")


def test_the_settings_name_known_variants_and_three_seeds(tmp_path):
    start(tmp_path)
    settings = YAML(typ="safe").load((tmp_path / "variants" / "params.yaml").read_text("utf-8"))["full"]
    assert settings["variants"] == [*ORDER, *(name + CONTROL for name in ORDER[1:])]
    assert len(settings["seeds"]) >= 3


def test_the_second_pipeline_is_written_on_demand(tmp_path, capsys):
    """No file of the repository is called so: `dvc status` would speak of runs that nobody asked for."""
    assert not list(ROOT.glob("variants/dvc.yaml"))
    (tmp_path / "pipeline").mkdir()
    for project, code in ((tmp_path, True), (tmp_path / "new", False)):
        project.mkdir(exist_ok=True)
        start(project)
        assert "dvc repro variants/dvc.yaml" in capsys.readouterr().out
        stages = YAML(typ="safe").load((project / "variants" / "dvc.yaml").read_text("utf-8"))["stages"]
        assert ("pipeline/variants" in stages["data"]["do"]["deps"]) is code
        assert "data/variants" in stages["report"]["deps"]
        with pytest.raises(PipelineError, match="there already"):
            start(project)
