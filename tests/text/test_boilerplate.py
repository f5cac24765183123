import pytest

from pipeline.text.boilerplate import common, count, example, residual
from pipeline.text.normalise import normalised

LEAD = "Please answer the following question about the weather in our town"


def shared(texts, name="web"):
    return common({name: [count(texts)]}, {name: len(texts)})


def test_what_tells_texts_apart_is_left():
    texts = [normalised(f"{LEAD}: {word}!") for word in ["rain", "snow", "hail", "sleet", "mist", "fog", "sun", "wind"]]
    found = shared(texts)
    assert residual(texts, found) == ["rain", "snow", "hail", "sleet", "mist", "fog", "sun", "wind"]
    assert example(texts, "web", found) == normalised(LEAD)
    assert residual(texts[:1], {}) == texts[:1]


def test_what_one_source_shares_is_taken_out_of_equal_texts_of_all():
    """Else a copy of a row of a templated source, in a source of other texts, is no copy of it any more."""
    texts = [normalised(f"{LEAD}: {word}!") for word in ["rain", "snow", "hail", "sleet", "mist", "fog", "sun", "雪"]]
    others = [f"a text of its own number {n}" for n in range(30)]
    found = common({"a": [count(texts)], "b": [count([*others, texts[0]])]}, {"a": 8, "b": 31})
    assert residual([texts[0], texts[0], others[0]], found)[:2] == ["rain", "rain"]


def test_a_text_that_is_nothing_else_stays_whole():
    texts = [normalised(LEAD)] * 9
    assert residual(texts, shared(texts)) == texts


def test_chinese_keeps_its_spacing():
    texts = [f"请 回答下面关于天气的问题 第{n}个 abc def" for n in "甲乙丙丁戊己庚辛"]
    assert residual(texts, shared(texts))[0] == "甲个 abc def"


@pytest.mark.parametrize(("rows", "found"), [(7, False), (8, True)])
def test_few_texts_share_nothing(rows, found):
    assert bool(shared([f"{normalised(LEAD)} {n}" for n in range(rows)])) is found


def test_in_a_large_source_one_in_a_hundred_must_share_it():
    texts = [f"{normalised(LEAD)} {n}" for n in range(15)] + [f"word{n} other{n} thing{n} more{n}" for n in range(1985)]
    assert not shared(texts)
    assert shared(texts[:1500])
    assert not common({}, {})
