import pytest

from pipeline.augment.augmenters import METHODS
from pipeline.augment.augmenters.request import Request
from pipeline.core.record import content_id
from pipeline.modeling.models import Models
from tests.augment.augmenters.engines import has_apertium

needs_apertium = pytest.mark.skipif(not has_apertium(), reason="apt-get install apertium apertium-eng-spa")


def ask(text, lang="en", protected=(), seed="x"):
    return Request(text, lang, content_id(seed, text), protected)


def build(name, **values):
    method = METHODS[name]
    return method.function(method.settings(**values), Models())


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
