import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.normalise import normalised, text_key


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("great 👍", "great 👎"),
        ("great", "great 😀"),
        ("I write C++", "I write C#"),
        ("I write C", "I write C#"),
        ("5%", "5"),
        ("it is -5 outside", "it is 5 outside"),
        ("costs $5", "costs €5"),
        ("★★★★★ 不错", "★ 不错"),
        ("a > b", "a < b"),
        ("nice :)", "nice :("),
        ("好吃❤", "好吃💔"),
        ("की", "का"),  # vowel signs are marks, not letters
        ("!!!", "???"),
        ("1.5", "15"),
    ],
)
def test_what_carries_meaning_tells_texts_apart(a, b):
    assert normalised(a) != normalised(b)
    assert text_key(a) != text_key(b)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("Great phone!", "great   PHONE"),
        ("很好，推荐！", "很好 推荐"),
        ("ＡＢＣ１２３", "abc123"),
        ("great👍", "great 👍"),
        ("👍🏽 ok", "👍 ok"),  # skin tone
        ("❤️ you", "❤ you"),  # U+FE0F
        ("nice :-)", "nice :)))"),
        ("item #5", "item 5"),
        ("#love", "love"),
        ("5 %", "5%"),
        ("one | two ~ three", "one two three"),
        ("=====\nTitle\n-----", "title"),
        ("● one ■ two", "one two"),
        ("mid-season 3-5", "mid season 3 5"),
        ("see http://a.b", "see http a b"),
        ("snake_case", "snake case"),
        ("zero\u200bwidth", "zerowidth"),
        ("damaged � text", "damaged text"),
    ],
)
def test_case_width_and_punctuation_do_not_count(a, b):
    assert normalised(a) == normalised(b)
    assert text_key(a) == text_key(b)


@given(st.text(st.sampled_from("ab C#+%-5 :)(=👍★。|_ß\u200d\ufe0fक\u0940"), max_size=20) | st.text(max_size=12))
def test_normalising_twice_changes_nothing_more(text):
    once = normalised(text)
    assert normalised(once) == once
