from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.augment.augmenters import METHODS
from pipeline.augment.augmenters.apertium import open_direction
from pipeline.augment.augmenters.generation import prompt, tidy
from pipeline.augment.augmenters.request import EngineMissingError, Request
from pipeline.augment.augmenters.wordnet import find_wordnet
from pipeline.augment.gate.structure import lost_structure
from pipeline.core.errors import PipelineError
from pipeline.core.record import content_id
from pipeline.modeling.models import Model, Models


def has_wordnet():
    try:
        return bool(find_wordnet())
    except EngineMissingError:
        return False


def has_apertium():
    try:
        return bool(open_direction("eng-spa"))
    except EngineMissingError:
        return False


needs_wordnet = pytest.mark.skipif(not has_wordnet(), reason="WordNet is not here: sh tools/get_wordnet.sh")
needs_apertium = pytest.mark.skipif(not has_apertium(), reason="apt-get install apertium apertium-eng-spa")


def ask(text, lang="en", protected=(), seed="x"):
    return Request(text, lang, content_id(seed, text), protected)


def build(name, **values):
    method = METHODS[name]
    return method.function(method.settings(**values), Models())


@needs_wordnet
def test_synonyms_keep_inflection_and_leave_function_words():
    [child] = build("synonyms", word_share=1.0)([ask("I bought two movies and they don't work.")])
    assert child == "I purchased two films and they don't work."


@needs_wordnet
def test_synonyms_leave_text_without_swappable_words():
    assert build("synonyms")([ask("!!!"), ask("ok"), ask("it is what it is")]) == ["!!!", "ok", "it is what it is"]


@needs_wordnet
def test_synonyms_leave_protected_words():
    [child] = build("synonyms", word_share=1.0)([ask("we bought movies", protected=("movies",))])
    assert child == "we purchased movies"


@pytest.mark.parametrize("name", ["random_swap", "random_delete"])
def test_random_words_work_in_english_and_chinese(name):
    texts = [ask("When will my new card arrive?"), ask("这家餐厅的味道非常好", "zh")]
    children = build(name)(texts)
    for request, child in zip(texts, children, strict=True):
        assert child
        assert child != request.text
        assert set(child.lower()) <= set(request.text.lower())
    assert children == build(name)(texts)
    assert children == [build(name)([text])[0] for text in texts]  # not on its neighbours


WORDS = st.sampled_from(
    ["good", "food", "not", "20", "<EMAIL>", "http://a.b/c", "Bob", "Smith", "red", "!", "isn't", "很好"]
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(WORDS, min_size=1, max_size=12), st.sampled_from(["random_swap", "random_delete"]))
def test_what_is_protected_survives_random_words(words, name):
    text = " ".join(words)
    protected = tuple(word for word in ("Bob", "Smith") if word in words)
    [child] = build(name)([ask(text, protected=protected)])
    assert lost_structure(text, child, protected) == ""


@needs_apertium
def test_back_translation_of_a_batch_keeps_order_and_masked_parts(tmp_path, monkeypatch):
    monkeypatch.setenv("SFT_CACHE", str(tmp_path))
    texts = ["I love this movie", "two\nlines here", "See http://a.b/c now, <EMAIL>", "I waited for my card"]
    children = build("back_translation")([ask(text) for text in texts])
    assert len(children) == 4
    assert "http://a.b/c" in children[2]
    assert "<EMAIL>" in children[2]
    assert "card" in children[3]
    assert children[0] != texts[0]


@needs_apertium
def test_apertium_without_the_direction_names_the_package():
    with pytest.raises(EngineMissingError, match="apertium-eng-xxx"):
        open_direction("eng-xxx")


def test_apertium_missing_names_the_package(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(EngineMissingError, match="apt-get install apertium apertium-eng-spa"):
        open_direction("eng-spa")


def test_wordnet_missing_names_the_tool(monkeypatch, tmp_path):
    monkeypatch.setenv("SFT_CACHE", str(tmp_path))
    monkeypatch.setenv("NLTK_DATA", str(tmp_path / "none"))
    if Path("/usr/share/nltk_data/corpora/wordnet").exists():
        pytest.skip("WordNet is installed for the whole system")
    with pytest.raises(EngineMissingError, match=r"tools/get_wordnet\.sh"):
        build("synonyms")


def test_generation_without_a_model_names_the_setting():
    with pytest.raises(EngineMissingError, match=r"models\.generator"):
        build("generation")


def test_generation_with_a_missing_folder_is_named():
    method = METHODS["generation"]
    with pytest.raises(EngineMissingError, match="is not there"):
        method.function(method.settings(), Models(generator=Model(name="./no/such/model")))


def test_unknown_engine_is_named():
    with pytest.raises(PipelineError, match="engine: unknown name 'apertum'"):
        build("back_translation", engine="apertum")


def test_prompts_hold_label_and_examples_in_the_texts_language():
    english = prompt(Request("My card?", "en", "0", label="card_arrival", examples=("Where is it",)), "new_example")
    assert "card_arrival" in english
    assert "- Where is it" in english
    assert "改写" in prompt(Request("你好", "zh", "0"), "paraphrase")


@pytest.mark.parametrize(
    ("answer", "text"),
    [('Here is one:\n- "A new card?"\nmore', "A new card?"), ("", ""), ("1. 一个例子", "一个例子"), ("\n\n", "")],
)
def test_tidy_takes_the_first_line_that_says_something(answer, text):
    assert tidy(answer) == text
