import shutil

import pytest

from pipeline.augment.augmenters import build, seq2seq
from pipeline.augment.augmenters.request import Request, as_written
from pipeline.core.errors import PipelineError
from pipeline.core.record import content_id
from pipeline.modeling.models import Models
from tests.modeling.conftest import llama_folder, masked_folder, t5_folder  # noqa: F401


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("SFT_CACHE", str(tmp_path / "cache"))


def ask(text, lang="en", protected=()):
    return Request(text, lang, content_id(text), protected)


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


def test_a_model_folder_that_was_here_in_an_earlier_run_is_not_skipped(t5_folder, tmp_path):  # noqa: F811
    folder = tmp_path / "model"
    shutil.copytree(t5_folder, folder)
    seq2seq.open_model(str(folder))[1](["a good film"])
    shutil.rmtree(folder)
    with pytest.raises(PipelineError, match=r"is not there\. It has answered"):
        seq2seq.open_model(str(folder))
