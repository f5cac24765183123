"""Methods over models on this machine: tiny, with random weights; what they write is odd, but the contract holds."""

import pytest

from pipeline.augment.augmenters import build
from pipeline.augment.augmenters.request import Request, as_written
from pipeline.augment.run import run
from pipeline.core.record import content_id
from pipeline.modeling.models import Model, Models
from pipeline.runtime.store import read_json
from tests.augment.conftest import CHAT, chat, record, reviews
from tests.conftest import written
from tests.modeling.conftest import llama_folder, masked_folder, t5_folder  # noqa: F401


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("SFT_CACHE", str(tmp_path / "cache"))


def ask(text, lang="en", protected=()):
    return Request(text, lang, content_id(text), protected)


def test_local_generation_runs_and_says_what_is_no_use(llama_folder):  # noqa: F811
    models = Models(generator=Model(name=str(llama_folder)))
    results = build("generation", {"max_tokens": 8}, models)([ask("a good film"), ask("good " * 3000)])
    assert as_written(results[0]).problem in ("", "endless")
    assert as_written(results[1]).problem == "too_long"


def test_a_generator_adds_the_fluency_check_to_the_gate(project, llama_folder):  # noqa: F811
    values = {"methods": {"random_swap": {"factor": 1}}, "keep": "always", "gate": {"max_perplexity_ratio": 1.0001}}
    folder = project(reviews(), values, models={"generator": {"name": str(llama_folder)}})
    run(folder / "label", folder / "out")
    rejected = read_json(folder / "out" / "report.json")["notes"]["methods"]["random_swap"]["rejected"]
    assert rejected["not_fluent"] > 0


def test_selection_with_a_real_model_shows_the_random_baseline(project, llama_folder, monkeypatch):  # noqa: F811
    records = [chat(f"what a good day {n}", "this is bad and slow " * (n % 4 + 1)) for n in range(12)]
    records += [chat("a film", "good", split="test"), chat("太差了", "质量很好", "zh")]
    values = {"select": {"keep": 0.5}}
    folder = project(records, values, CHAT, models={"generator": {"name": str(llama_folder)}})
    run(folder / "label", folder / "a")
    monkeypatch.setenv("SFT_CACHE", str(folder / "fresh"))  # else the cache answers
    run(folder / "label", folder / "b")
    report = read_json(folder / "a" / "report.json")
    assert (report["in"], report["kept"], report["dropped"]) == (14, 7, 7)
    assert {"all", "chosen", "random"} <= set(report["notes"]["select"])
    for name in ("records.parquet", "dropped.parquet", "report.json"):
        assert written(folder / "a" / name) == written(folder / "b" / name)


def test_one_class_with_new_methods(project):
    folder = project(
        [record("the waiter brought wonderful dishes")], {"methods": {"spelling": {"factor": 2}}, "keep": "always"}
    )
    run(folder / "label", folder / "out")
    assert "two classes" in read_json(folder / "out" / "report.json")["notes"]["gate"]["label_check"]
