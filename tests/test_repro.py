"""The whole pipeline through DVC on a copy of the project with little data: what a user's first hour is made of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipeline.runtime.store import read_table
from tests.project import STAGES, Project, cache_with

pytestmark = pytest.mark.slow


def shrink_sentiment(params: dict[str, Any]) -> None:
    """A few hundred rows, one short epoch."""
    sources = params["collect"]["sources"]
    sources["tweets"]["limit"] = 700
    sources["reviews"]["limit"] = 60
    sources["reviews_new"]["limit"] = 30
    params["train"].update(max_train_rows=96, epochs=1)
    params["augment"]["max_examples"] = 40
    params["value"]["seeds"] = 3
    for expectation in params["validate"]["suite"]:
        if expectation["expect"] == "rows_between":
            expectation["min"] = 1


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache that starts with the fetched packages, if there are any, and no results."""
    return cache_with("packages", folder=tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Project:
    """The sentiment project, built once for this module."""
    project = Project(tmp_path_factory.mktemp("project"), cache)
    project.edit(shrink_sentiment)
    assert project.make_repro() == list(STAGES)
    return project


def test_everything_is_where_the_readme_says(built: Project) -> None:
    for path in (
        "data/validate/dataset/README.md",
        "data/validate/data_docs/index.html",
        "data/train/model/config.json",
        "data/evaluate/metrics.json",
        "data/report/quality.html",
    ):
        assert (built.folder / path).is_file(), path


def test_nothing_vanishes_between_the_stages(built: Project) -> None:
    rows = None
    for stage in STAGES[:4]:
        report = built.json(f"data/{stage}/report.json")
        assert report["in"] + report["added"] == report["kept"] + report["dropped"]
        assert rows in (None, report["in"])
        rows = report["kept"]
        assert read_table(built.folder / f"data/{stage}/records.parquet").num_rows == report["kept"]
        assert read_table(built.folder / f"data/{stage}/dropped.parquet").num_rows == report["dropped"]


def test_second_run_runs_nothing(built: Project) -> None:
    assert built.repro() == []
    assert "up to date" in built.run("dvc", "status")  # a second pipeline in the repository would show as changed


def test_dropped_record_tells_its_lineage(built: Project) -> None:
    dropped = read_table(built.folder / "data/clean/dropped.parquet").to_pylist()[0]
    told = built.run("sft", "trace", dropped["id"])
    assert dropped["reason"] in told
    assert dropped["source"]["name"] in told


def test_dataset_and_model_load_with_the_usual_libraries(built: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    from datasets import load_dataset
    from transformers import AutoModelForSequenceClassification

    dataset = load_dataset(str(built.folder / "data/validate/dataset"), cache_dir=str(built.folder / ".hf"))
    assert {"train", "validation", "test"} == set(dataset)
    model = AutoModelForSequenceClassification.from_pretrained(built.folder / "data/train/model")
    assert sorted(model.config.label2id) == ["negative", "neutral", "positive"]


def test_prediction_from_the_command_line(built: Project) -> None:
    answer = built.run("sft", "predict", "--text", "I love this, it works great")
    assert any(label in answer for label in ("negative", "neutral", "positive"))


def test_metrics_and_params_commands_say_something(built: Project) -> None:
    shown = built.run("dvc", "metrics", "show")
    assert "accuracy" in shown
    assert "failed to load" not in shown
    assert max(map(len, shown.splitlines())) < 220, "more columns than a person can read"
    difference = built.run("dvc", "params", "diff")
    assert "train.max_train_rows" in difference
    assert "96" in difference


def test_plots_are_drawn_without_a_network(built: Project) -> None:
    built.run("dvc", "plots", "show", "--out", "plots")
    page = (built.folder / "plots/index.html").read_text("utf-8")
    assert "Given label and prediction" in page
    assert 'src="http' not in page


def test_changed_augment_setting_runs_augment_and_later_stages_only(built: Project) -> None:
    built.edit(lambda params: params["augment"].update(max_examples=20))
    ran = built.repro()
    built.edit(lambda params: params["augment"].update(max_examples=40))
    assert ran[0] == "augment"
    assert not {"collect", "clean", "label"} & set(ran)


def test_two_clean_runs_give_equal_bytes(built: Project, cache: Path, tmp_path: Path) -> None:
    own_cache = tmp_path / "cache"
    own_cache.mkdir()
    (own_cache / "packages").symlink_to(cache / "packages")
    (tmp_path / "project").mkdir()
    again = Project(tmp_path / "project", own_cache)
    again.edit(shrink_sentiment)
    again.repro()
    built.repro()
    files = [path.relative_to(built.folder) for path in built.folder.glob("data/*/**/*") if path.is_file()]
    outputs = sorted(str(f) for f in files if f.parts[1] in STAGES and f.name != ".gitignore")
    assert len(outputs) > 30
    assert [name for name in outputs if built.data(name) != again.data(name)] == []


def test_misspelt_setting_stops_the_run_and_leaves_the_results_alone(built: Project) -> None:
    built.repro()
    before = built.data("data/clean/report.json")
    built.edit(lambda params: params["clean"].update(stepz=[]))
    output = built.run("dvc", "repro", fails=True)
    assert "clean.stepz is not a known setting" in output
    assert "Did you mean 'steps'" in output
    assert "Traceback" not in output
    built.edit(lambda params: params["clean"].pop("stepz"))
    built.run("dvc", "checkout")
    assert built.data("data/clean/report.json") == before
    assert not list(built.folder.glob("data/.*.unfinished"))


def test_chat_project_runs_through_the_same_stages(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> None:
    project = Project(tmp_path_factory.mktemp("chat"), cache)
    project.run("sft", "init", "chat", "--force")

    def shrink(params: dict[str, Any]) -> None:
        for source in params["collect"]["sources"].values():
            source["limit"] = 60
        params["train"].update(max_train_rows=24, epochs=1)
        params["value"].update(max_reply_rows=20, max_held_out_replies=6, reply_seeds=2, reply_passes=1)
        for expectation in params["validate"]["suite"]:
            if expectation["expect"] == "rows_between":
                expectation["min"] = 1

    project.edit(shrink)
    assert project.repro() == list(STAGES)
    assert "perplexity" in project.run("dvc", "metrics", "show")
    assert project.run("sft", "predict", "--text", "What is AI?").strip()
