import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.augment.augmenters import METHODS
from pipeline.augment.augmenters.request import Request
from pipeline.augment.gate.structure import lost_structure
from pipeline.core.record import content_id
from pipeline.modeling.models import Models


def ask(text, lang="en", protected=(), seed="x"):
    return Request(text, lang, content_id(seed, text), protected)


def build(name, **values):
    method = METHODS[name]
    return method.function(method.settings(**values), Models())


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
