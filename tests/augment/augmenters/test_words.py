import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.augment.augmenters.words import Weaver, is_fixed, is_negation


@given(st.text(max_size=60))
def test_weaver_puts_any_text_back_exactly(text):
    weaver = Weaver()
    assert weaver.join(weaver.split(text)) == text


@given(st.text(max_size=60))
def test_glued_tokens_hold_the_whole_text_when_there_are_words(text):
    weaver = Weaver(glue=True)
    tokens = weaver.split(text)
    assert not tokens or weaver.join(tokens) == text.strip()


def test_contractions_addresses_and_placeholders_are_one_word():
    assert Weaver().split("I don't see <EMAIL> at https://a.b/c?d=1") == [
        "I", "don't", "see", "<EMAIL>", "at", "https://a.b/c?d=1",
    ]  # fmt: skip


def test_chinese_is_segmented():
    assert Weaver().split("这家餐厅的味道非常好。") == ["这家", "餐厅", "的", "味道", "非常", "好"]


@pytest.mark.parametrize("word", ["not", "Never", "isn't", "WON'T", "dont", "不", "没有"])
def test_negations_are_known_and_fixed(word):
    assert is_negation(word)
    assert is_fixed(word)


@pytest.mark.parametrize("word", ["20", "@joe", "#fail", "<EMAIL>", "http://a.b"])
def test_numbers_tags_and_addresses_are_fixed(word):
    assert is_fixed(word)


@pytest.mark.parametrize("word", ["good", "餐厅", "knot"])
def test_common_words_are_free(word):
    assert not is_fixed(word)
