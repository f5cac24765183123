import pytest

from pipeline.augment.augmenters import build
from pipeline.augment.augmenters.request import EngineMissingError, Request
from pipeline.core.record import content_id
from pipeline.modeling.models import Models
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
    assert len(str(children[1])) == 4
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
