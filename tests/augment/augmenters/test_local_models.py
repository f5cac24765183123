"""Methods over models on this machine: tiny, with random weights; what they write is odd, but the contract holds."""

import shutil

import pytest

from pipeline.augment.augmenters import build, seq2seq
from pipeline.augment.augmenters.availability import note_answer
from pipeline.augment.augmenters.request import EngineMissingError, Request, as_written
from pipeline.augment.run import run
from pipeline.core.errors import PipelineError
from pipeline.core.record import content_id
from pipeline.modeling.models import Model, Models
from pipeline.runtime.store import read_json
from tests.augment.conftest import CHAT, chat, record, reviews
from tests.modeling.conftest import llama_folder, masked_folder, t5_folder  # noqa: F401


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("SFT_CACHE", str(tmp_path / "cache"))


def ask(text, lang="en", protected=()):
    return Request(text, lang, content_id(text), protected)


def test_contextual_replaces_free_words_only(masked_folder, tmp_path, monkeypatch):  # noqa: F811
    values = {"model": {"name": str(masked_folder)}, "word_share": 0.5, "min_probability": 0.0}
    rewrite = build("contextual", values, Models())
    requests = [ask("the good film is not 20 slow", protected=("slow",)), ask("质量很好", "zh"), ask("it is not 20")]
    children = rewrite(requests)
    words = children[0].split()
    assert [words[n] for n in (0, 3, 4, 5, 6)] == ["the", "is", "not", "20", "slow"]
    assert (words[1], words[2]) != ("good", "film")
    assert len(children[1]) == 4
    assert children[1] != "质量很好"
    assert children[2] == "it is not 20"  # no word that could be swapped
    monkeypatch.setenv("SFT_CACHE", str(tmp_path / "fresh"))  # else the cache answers
    assert children == rewrite(requests)
    monkeypatch.setenv("SFT_CACHE", str(tmp_path / "alone"))
    assert children[0] == rewrite(requests[:1])[0]


def test_contextual_without_a_model_is_skipped_by_name():
    with pytest.raises(EngineMissingError, match=r"augment\.methods\.contextual\.model is not set"):
        build("contextual", {}, Models())
    with pytest.raises(EngineMissingError, match="is not there"):
        build("contextual", {"model": {"name": "./no/such"}}, Models())


def test_back_translation_by_any_seq2seq(t5_folder, tmp_path, monkeypatch):  # noqa: F811
    values = {"engine": "seq2seq", "forward": str(t5_folder), "backward": str(t5_folder)}
    requests = [ask("a good film"), ask("bad " * 300), ask("what a day, thank you")]
    results = [as_written(r) for r in build("back_translation", values, Models())(requests)]
    assert len(results) == 3
    assert results[1].text == ""  # longer than the model
    monkeypatch.setenv("SFT_CACHE", str(tmp_path / "fresh"))  # else the cache answers
    assert results == [as_written(r) for r in build("back_translation", values, Models())(requests)]


def test_a_model_trained_anew_in_the_same_folder_translates_anew(t5_folder, tmp_path):  # noqa: F811
    folder = tmp_path / "model"
    shutil.copytree(t5_folder, folder)
    before, _ = seq2seq.open_model(str(folder))
    config = folder / "generation_config.json"
    config.write_text(config.read_text("utf-8") + " ", "utf-8")
    assert seq2seq.open_model(str(folder))[0] != before


HERE_NO_MODEL = "some-owner/no-such-model"


@pytest.mark.parametrize(
    ("name", "values", "models"),
    [
        ("back_translation", {"engine": "seq2seq", "forward": HERE_NO_MODEL, "backward": HERE_NO_MODEL}, Models()),
        ("contextual", {"model": {"name": HERE_NO_MODEL}}, Models()),
        ("generation", {}, Models(generator=Model(name=HERE_NO_MODEL))),
    ],
)
def test_a_hub_model_that_is_not_here_is_skipped_unless_it_has_answered_before(name, values, models):
    rewrite = build(name, values, models)
    with pytest.raises(EngineMissingError, match=HERE_NO_MODEL):
        rewrite([ask("the good film")])
    note_answer(HERE_NO_MODEL)
    with pytest.raises(PipelineError, match="has answered in an earlier run"):
        build(name, values, models)([ask("the good film")])


def test_a_model_folder_that_was_here_in_an_earlier_run_is_not_skipped(t5_folder, tmp_path):  # noqa: F811
    folder = tmp_path / "model"
    shutil.copytree(t5_folder, folder)
    seq2seq.open_model(str(folder))[1](["a good film"])
    shutil.rmtree(folder)
    with pytest.raises(PipelineError, match=r"is not there\. It has answered"):
        seq2seq.open_model(str(folder))


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
        assert (folder / "a" / name).read_bytes() == (folder / "b" / name).read_bytes()


def test_one_class_with_new_methods(project):
    folder = project(
        [record("the waiter brought wonderful dishes")], {"methods": {"spelling": {"factor": 2}}, "keep": "always"}
    )
    run(folder / "label", folder / "out")
    assert "two classes" in read_json(folder / "out" / "report.json")["notes"]["gate"]["label_check"]
