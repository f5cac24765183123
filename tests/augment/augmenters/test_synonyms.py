import pytest

from pipeline.augment.augmenters import METHODS
from pipeline.augment.augmenters.request import EngineMissingError, Request
from pipeline.augment.augmenters.wordnet import find_wordnet
from pipeline.core.record import content_id
from pipeline.modeling.models import Models


def has_wordnet():
    try:
        return bool(find_wordnet())
    except EngineMissingError:
        return False


needs_wordnet = pytest.mark.skipif(not has_wordnet(), reason="WordNet is not here: sh tools/get_wordnet.sh")


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
