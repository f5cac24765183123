"""The projects of `sft init` and the sample data: settings parse, what is planted is caught, every project runs."""

from __future__ import annotations

import argparse
import html
import json
import os
import re
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from ruamel.yaml import YAML

from pipeline.augment.augmenters import METHODS as AUGMENTERS
from pipeline.augment.params import enabled_methods
from pipeline.clean import run as clean
from pipeline.clean.steps import STEPS
from pipeline.collect import run as collect
from pipeline.collect.formats import FORMATS
from pipeline.collect.sources import KINDS, source_settings
from pipeline.commands import predict
from pipeline.commands.init import projects, sample_files, start
from pipeline.core.record import Record
from pipeline.core.registry import pick
from pipeline.core.settings import load, load_task, read_params
from pipeline.export.files import write
from pipeline.export.formats import FORMS
from pipeline.label.aggregation import METHODS as AGGREGATION
from pipeline.label.prelabel import PREDICTORS
from pipeline.modeling.models import Models
from pipeline.modeling.predictor import load_predictor
from pipeline.report.document import build as report
from pipeline.report.inputs import load_inputs
from pipeline.report.params import Params as ReportParams
from pipeline.report.render import render
from pipeline.runtime.store import read_json, read_table, to_records, write_json, write_table
from pipeline.tasks import TASKS, TEXT_TO_TEXT, task_type
from pipeline.validate.dataset_view import view_of
from pipeline.validate.expectations import EXPECTATIONS
from pipeline.validate.export.dataset import parquet_path, tables
from pipeline.validate.params import Params
from pipeline.validate.run import dataset_totals, described
from pipeline.validate.suite import read_suite
from tests.conftest import ROOT
from tests.project import STAGES, Project, cache_with

SAMPLES = ROOT / "data/samples"
TEMPLATES = ROOT / "pipeline/commands/templates"


def is_all_sample(project: str) -> bool:
    """Whether a project reads nothing but its sample."""
    sources = read_params(TEMPLATES / f"{project}.yaml")["collect"]["sources"]
    return len(sources) == len(sample_files(project))


#: `documents` and `prompts` need a model service: their own tests (test_documents_project.py, ...) have one.
WITH_SAMPLE = sorted(one for one in projects() if is_all_sample(one) and one not in ("documents", "prompts"))

#: What `sft predict` is asked, by task type; others are asked about `A_TEXT`.
QUESTIONS: dict[str, dict[str, Any]] = {
    "regression": {"text": "The shop is closed.", "text_pair": "商店关门了。"},
    "qa": {"context": "The ferry leaves from pier 2.", "question": "From which pier does the ferry leave?"},
    "chat": {"messages": [{"role": "user", "content": "你好"}]},
}
A_TEXT = {"text": "Anna Weber moved from Oslo to Lisbon. 我的包裹还没有到"}


def folder_of(project: str) -> str:
    """The folder of data/samples that a project reads."""
    return sample_files(project)[0].split("/")[1]


def planted(folder: str) -> dict[tuple[str, int], str]:
    """(file, row) -> outcome, from the tables of data/samples/README.md."""
    text = (SAMPLES / "README.md").read_text("utf-8").split(f"\n### {folder}\n")[1].split("\n### ")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]
    return {(file, int(row)): outcome for file, row, _, outcome in rows[2:]}


def edit_params(root: Path, change: Callable[[dict[str, Any]], None]) -> None:
    yaml = YAML()
    params = yaml.load((root / "params.yaml").read_text("utf-8"))
    change(params)
    yaml.dump(params, root / "params.yaml")


def without_label_errors(params: dict[str, Any]) -> None:
    params["clean"]["steps"] = [step for step in params["clean"]["steps"] if step != "label_errors"]


def shorten(params: dict[str, Any]) -> None:
    if "generator" in params["models"]:
        params["train"] |= {"max_train_rows": 8, "max_dev_rows": 4, "max_new_tokens": 8}
        params["evaluate"] |= {"robustness_rows": 1, "base_model_rows": 4}


def place(record: Record) -> tuple[str, int]:
    return Path(record.source.locator).name, int(record.source.row or 0)


@pytest.fixture(scope="module", params=WITH_SAMPLE)
def cleaned(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """A project collected and cleaned, but for label errors: they need a model."""
    root = tmp_path_factory.mktemp(request.param)
    start(request.param, root)
    edit_params(root, without_label_errors)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        for out in ("data/collect", "data/clean"):
            Path(out).mkdir(parents=True)
        collect.run(Path("data/raw"), Path("data/collect"))
        clean.run(Path("data/collect"), Path("data/annotations/decisions"), Path("data/clean"))
        yield request.param, root


def records(path: Path) -> list[Record]:
    return list(to_records(read_table(path)))


def test_exactly_what_the_samples_readme_says_is_dropped(cleaned: tuple[str, Path]) -> None:
    project, root = cleaned
    dropped = {}
    for stage in ("collect", "clean"):
        for row in pq.read_table(root / f"data/{stage}/dropped.parquet").to_pylist():
            where = (Path(row["source"]["locator"]).name, row["source"]["row"])
            dropped[where] = f"{stage}: {row['reason']}"
    expected = planted(folder_of(project))
    assert dropped == {where: outcome for where, outcome in expected.items() if ":" in outcome}
    assert len(set(dropped.values())) >= 2


def test_what_can_be_repaired_is_and_annotations_stay_true(cleaned: tuple[str, Path]) -> None:
    project, root = cleaned
    task = load_task(root / "params.yaml")
    kept = {place(record): record for record in records(root / "data/clean/records.parquet")}
    expected = {where for where, outcome in planted(folder_of(project)).items() if outcome == "repaired"}
    assert expected
    assert [where for where in expected if not kept[where].history] == []
    for record in kept.values():
        assert task_type(task).problems(record, task) == []
        row = json.dumps(task_type(task).row(record), ensure_ascii=False)
        assert html.unescape(row) == row


def test_answers_that_are_missing_or_two_are_left_to_people(cleaned: tuple[str, Path]) -> None:
    project, root = cleaned
    kept = {place(record): record for record in records(root / "data/clean/records.parquet")}
    unlabelled = {where for where, record in kept.items() if record.target is None}
    expected = planted(folder_of(project))
    assert unlabelled == {where for where, outcome in expected.items() if outcome == "unlabelled"}
    group = {kept[where].group for where, outcome in expected.items() if "review.parquet" in outcome}
    reviewed = pq.read_table(root / "data/clean/review.parquet").column("group").to_pylist()
    assert group <= set(reviewed)


def test_samples_hold_a_few_dozen_rows_and_both_languages(cleaned: tuple[str, Path]) -> None:
    found = records(cleaned[1] / "data/clean/records.parquet")
    texts = [json.dumps([record.fields, record.target], ensure_ascii=False) for record in found]
    chinese = sum(bool(re.search(r"[\u4e00-\u9fff]", text)) for text in texts)
    assert chinese >= 20
    assert sum(bool(re.search(r"[A-Za-z]{3}", json.dumps([r.fields]))) for r in found) >= 20
    assert {record.split for record in found} >= {"train", "dev", "test"}


def test_the_chat_sample_holds_four_dialects_tools_and_reasoning_in_both_languages(cleaned: tuple[str, Path]) -> None:
    project, root = cleaned
    if project != "chat_sample":
        pytest.skip("not a sample of conversations")
    found: dict[str, set[str]] = {"tools": set(), "reasoning": set(), "call learned": set()}
    for record in records(root / "data/clean/records.parquet"):
        turns = [*record.fields["messages"], *([record.target] if record.target else [])]
        holds = {
            "tools": any(turn["role"] == "tool" for turn in turns) and record.fields["tools"],
            "reasoning": any(turn["reasoning"] for turn in turns),
            "call learned": record.target is not None and record.target["tool_calls"],
        }
        for name in (name for name, is_held in holds.items() if is_held):
            found[name] |= {record.lang, str(record.split), record.source.name}
    sources = read_params(root / "params.yaml")["collect"]["sources"]
    assert {source["format"] for source in sources.values()} == {"messages", "sharegpt", "anthropic", "alpaca"}
    assert found["tools"] >= {"en", "zh", "train", "test", "messages_en", "sharegpt_zh", "anthropic"}
    assert found["reasoning"] >= {"en", "zh", "train", "messages_en", "anthropic"}
    assert found["call learned"] >= {"en", "zh", "train", "test"}


# ------------------------------------------------------------------ settings


def test_every_task_type_has_a_profile_a_report_and_forms_to_publish_in(cleaned: tuple[str, Path]) -> None:
    """Validation's description, the quality report and the forms of `sft export`, without a model."""
    project, root = cleaned
    task, data = load_task(root / "params.yaml"), root / "data"
    table = read_table(data / "clean/records.parquet")
    view = view_of(table, task, Models(), {"clean": read_json(data / "clean/report.json")})
    view, points = described(view, Params(), {"name": project, **dataset_totals(view)}, None)
    assert points.num_rows > 10
    assert all(one["score"] is None or 0 <= one["score"] <= 1 for one in view.profile["quality_scores"].values())
    write_json(view.profile, data / "validate/profile.json")
    write_table(points, data / "validate/map.parquet")
    page = render(report(load_inputs(data, task, ReportParams())))
    assert all(f'id="{name}"' in page for name in ("scores", "bias", "coverage", "conflicts"))
    for name, part in tables(view).items():
        write_table(part, root / "published" / parquet_path(name))
    fitting = [n for n, form in FORMS.items() if (not form.only or task.type in form.only) and not form.of_records]
    for form in fitting:
        for path, count in write(root / "published", form, task, root / "out").files.items():
            assert path.stat().st_size > 20 * count > 0


@pytest.mark.parametrize("project", [*sorted(projects()), "params.yaml"])
def test_every_section_parses(project: str) -> None:
    file = ROOT / "params.yaml" if project == "params.yaml" else ROOT / f"pipeline/commands/templates/{project}.yaml"
    task = load_task(file)
    assert pick(TASKS, task.type, "task.type")
    load("models", Models, file)
    found = {stage: load(stage, import_module(f"pipeline.{stage}.params").Params, file) for stage in STAGES}
    for name, source in found["collect"].sources.items():
        assert source_settings(name, source).licence
    for step in found["clean"].steps:
        assert pick(STEPS, step, "clean.steps")
    assert len(read_suite(found["validate"].suite)) >= len(STAGES)
    enabled_methods(found["augment"])
    assert set(read_params(file)) == {"task", "models", *STAGES}


def test_every_task_type_has_a_project_with_a_sample() -> None:
    """But for a further one from a text to a text: it starts from the project of another."""
    types = {load_task(ROOT / f"pipeline/commands/templates/{project}.yaml").type for project in WITH_SAMPLE}
    assert types <= set(TASKS)
    assert set(TASKS) - types <= set(TEXT_TO_TEXT) - {"translation", "summarization"}


@pytest.mark.parametrize("project", sorted(projects()))
def test_settings_are_explained(project: str) -> None:
    lines = (ROOT / f"pipeline/commands/templates/{project}.yaml").read_text("utf-8").splitlines()
    assert sum("  # " in line for line in lines) >= 10


@pytest.mark.parametrize(
    "registry",
    [TASKS, KINDS, FORMATS, STEPS, AUGMENTERS, AGGREGATION, PREDICTORS, EXPECTATIONS],
    ids=["tasks", "kinds", "formats", "steps", "augmenters", "aggregation", "predictors", "expectations"],
)
def test_every_registered_name_is_documented(registry: dict[str, Any]) -> None:
    files = [
        *ROOT.glob("docs/**/*.md"),
        ROOT / "params.yaml",
        *ROOT.glob("pipeline/commands/templates/*.yaml"),
        ROOT / "README.md",
    ]
    text = "\n".join(file.read_text("utf-8") for file in files)
    words = set(re.findall(r"\w+", text))
    assert sorted(set(registry) - words) == []


# ------------------------------------------------------------------ whole runs

#: Projects that run through DVC too, as users run them; the others run dvc.yaml's commands in this process, where
#: torch and its kin are imported once and not five times a project. Before a release: SAMPLES_WITH_DVC=all
WITH_DVC = os.environ.get("SAMPLES_WITH_DVC", "regression")


def commands() -> Iterator[tuple[str, list[Path], dict[str, Any]]]:
    """Module, paths and declaration of each stage of dvc.yaml."""
    stages: dict[str, Any] = YAML(typ="safe").load((ROOT / "dvc.yaml").read_text("utf-8"))["stages"]
    for stage in stages.values():
        _, _, module, *paths = stage["cmd"].split()
        yield module, [Path(path) for path in paths], stage


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return cache_with("packages", "models", folder=tmp_path_factory.mktemp("cache"))


@pytest.mark.slow
@pytest.mark.parametrize("project", WITH_SAMPLE)
def test_sample_project_runs_from_end_to_end(
    project: str, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With nothing but its sample, of which language models read a part: they take seconds a row."""
    monkeypatch.setenv("SFT_CACHE", str(cache))
    monkeypatch.chdir(tmp_path)
    start(project, tmp_path)
    edit_params(tmp_path, shorten)
    for module, (*inputs, out), declared in commands():
        out.mkdir(parents=True)
        import_module(f"{module}.run").run(*inputs, out)
        for path in [*declared["outs"], *declared.get("metrics", [])]:
            assert Path(path if isinstance(path, str) else next(iter(path))).exists()
    check_results(tmp_path)
    if project == "chat_sample":
        check_tools(tmp_path)
    parser = argparse.ArgumentParser()
    predict.add_arguments(parser)
    predict.run(parser.parse_args(["--file", "ask.jsonl", "--out", "answers.jsonl"]))
    check_answer(tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("project", WITH_SAMPLE if WITH_DVC == "all" else WITH_DVC.split(","))
def test_sample_project_runs_with_dvc(project: str, cache: Path, tmp_path: Path) -> None:
    """`sft init`, `dvc repro` and `sft predict` as a user types them; `pytest -rP` shows how long it took."""
    built = Project(tmp_path, cache)
    began = time.monotonic()
    built.run("sft", "init", project, "--force")
    assert built.repro() == list(STAGES)
    print(f"{project}: {time.monotonic() - began:.0f} s")  # noqa: T201
    check_results(tmp_path)
    assert built.run("dvc", "metrics", "show").count("data/evaluate") == 1
    built.run("sft", "predict", "--file", "ask.jsonl", "--out", "answers.jsonl")
    check_answer(tmp_path)
    assert built.repro() == []


def check_results(folder: Path) -> None:
    """Metrics and report are sound; writes the question that `sft predict` is asked."""
    task = load_task(folder / "params.yaml")
    metrics = json.loads((folder / "data/evaluate/report.json").read_text("utf-8"))["metrics"]
    assert metrics
    for name, metric in metrics.items():
        assert metric["low"] <= metric["value"] <= metric["high"], name
    page = (folder / "data/report/quality.html").read_text("utf-8")
    assert page.lower().startswith("<!doctype html>")
    assert "http" not in " ".join(re.findall(r"""(?:src|href)=["']([^"']*)""", page))
    (folder / "ask.jsonl").write_text(json.dumps(QUESTIONS.get(task.type, A_TEXT), ensure_ascii=False) + "\n", "utf-8")


def check_tools(folder: Path) -> None:
    """Calls and reasoning were learned, measured and exported; the model is asked with tools like any other."""
    rows = read_json(folder / "data/train/report.json")["rows"]["train"]
    assert (rows["dropped"], rows.get("replies_refused", {})) == ({}, {})
    metrics = read_json(folder / "data/evaluate/report.json")["metrics"]
    assert metrics.keys() >= {"loss_content", "loss_tool_calls", "call_when_due", "call_right_tool"}
    exported = pq.read_table(folder / "data/validate/dataset/data/test-00000-of-00001.parquet").to_pylist()
    called = next(row for row in exported if row["messages"][-1]["tool_calls"])
    (reply,) = load_predictor(folder / "data/train/model").predict([called])
    assert reply.part_losses["tool_calls"][1] > 0
    for form in ("messages", "openai", "anthropic", "hermes", "trl"):
        done = write(folder / "data/validate/dataset", form, load_task(folder / "params.yaml"), folder / "out")
        assert sum(done.files.values()) > 60, (form, done.left_out)
    assert "<tool_call>" in (folder / "out/hermes/train.jsonl").read_text("utf-8")


def check_answer(folder: Path) -> None:
    asked = QUESTIONS.get(load_task(folder / "params.yaml").type, A_TEXT)
    answer = json.loads((folder / "answers.jsonl").read_text("utf-8"))
    assert {key: answer[key] for key in asked} == asked
    assert "prediction" in answer
