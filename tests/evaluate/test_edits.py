import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.evaluate.edits import EDITS, dropped_character, final_punctuation, punctuation_width, typo
from pipeline.evaluate.lengths import bucket
from pipeline.evaluate.rewording import entity_swap, mentions, paraphrase, swap_terms


def test_edits_by_hand():
    assert typo("abcd", 0.0) == "acbd"
    assert typo("你好 ok", 0.0) == "你好 ok"
    assert dropped_character("今天天气好", 0.0) == "今天气好"
    assert punctuation_width("你好,世界!", 0.0) == "你好\uff0c世界\uff01"
    assert punctuation_width("你好\uff0c世界\uff01", 0.0) == "你好,世界!"
    assert punctuation_width("hello, world", 0.0) == "hello, world"
    assert final_punctuation("很好\u3002", 0.0) == "很好"
    assert final_punctuation("很好", 0.0) == "很好\u3002"
    assert final_punctuation("fine", 0.0) == "fine."
    assert final_punctuation("!", 0.0) == "!"


def test_rewording_by_hand():
    assert paraphrase("I don't know", 0.0) == "I do not know"
    assert paraphrase("Because I can", 0.0) == "Since I can"
    assert paraphrase("我非常喜欢", 0.0) == "我十分喜欢"
    assert paraphrase("nothing to say", 0.0) == "nothing to say"
    assert entity_swap("ask John now", 0.0) == "ask David now"
    assert entity_swap("Johnson asks", 0.0) == "Johnson asks"  # part of a word is no name
    assert entity_swap("在北京", 0.99) == "在南京"
    assert entity_swap("room 9", 0.0) == "room 1"
    assert swap_terms("She said he left", ("she",), ("he",)) == "He said she left"
    assert swap_terms("她来了", ("她",), ("他",)) == "他来了"
    assert mentions("Ask HER.", ["her"])
    assert not mentions("there", ["her"])


@pytest.mark.parametrize("name", EDITS)
@given(text=st.text(max_size=40), place=st.floats(0, 1, exclude_max=True))
def test_edits_are_small_and_repeatable(name, text, place):
    edited = EDITS[name](text, place)
    assert edited == EDITS[name](text, place)
    if name not in ("lower_case", "upper_case", "final_punctuation", "paraphrase", "entity_swap"):
        assert abs(len(edited) - len(text)) <= 1


@pytest.mark.parametrize(("length", "name"), [(0, "0000-0050"), (50, "0000-0050"), (51, "0051-0100"), (101, "0101+")])
def test_bucket(length, name):
    assert bucket("好" * length, (50, 100)) == name
