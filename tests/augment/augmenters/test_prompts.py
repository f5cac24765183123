import pytest

from pipeline.augment.augmenters.prompts import prompt, tidy
from pipeline.augment.augmenters.request import Request


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
