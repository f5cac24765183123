import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.evaluate.perturbations import EDITS, dropped_character, final_punctuation, punctuation_width, typo


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


@pytest.mark.parametrize("name", EDITS)
@given(text=st.text(max_size=40), place=st.floats(0, 1, exclude_max=True))
def test_edits_are_small_and_repeatable(name, text, place):
    edited = EDITS[name](text, place)
    assert edited == EDITS[name](text, place)
    if name not in ("lower_case", "upper_case", "final_punctuation", "paraphrase", "entity_swap"):
        assert abs(len(edited) - len(text)) <= 1
