import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.clean.step import Context
from pipeline.clean.steps.near_duplicates import NearDuplicates, drop_near_duplicates
from pipeline.text.normalise import normalised
from pipeline.text.similarity import copies_of_earlier, jaccard, most_similar
from tests.clean.records import TASK, make
from tests.clean.records import table as clean_table


def grams(text):
    """The n-grams, spelled out: 2 characters from a CJK letter on, else 5; a short text is one."""
    found = set()
    for n, letter in enumerate(text):
        size = min(2 if "一" <= letter <= "鿿" or letter == "𠮷" else 5, len(text) if n == 0 else 99)
        if n + size <= len(text):
            found.add(text[n : n + size])
    return found


def slow_jaccard(a, b):
    a, b = grams(normalised(a)), grams(normalised(b))
    return len(a & b) / max(len(a | b), 1)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.text("ab 好的吗!", max_size=12), min_size=1, max_size=4),
    st.lists(st.text("ab 好的", max_size=12), min_size=1),
)
def test_nearest_equals_comparing_every_pair(texts, others):
    found = most_similar(texts, others, [-1] * len(texts))
    for text, (score, _) in zip(texts, found, strict=True):
        assert abs(score - max(slow_jaccard(text, other) for other in others)) < 1e-9


def test_own_parent_is_left_out():
    assert most_similar(["the same words"], ["the same words"], [0]) == [(0.0, -1)]


def test_case_and_punctuation_do_not_make_a_text_new():
    assert most_similar(["When WILL my card arrive?!"], ["when will my card arrive"], [-1]) == [(1.0, 0)]


def test_chinese_copies_are_found_in_short_texts():
    [(score, where)] = most_similar(["送餐很慢，味道不错"], ["天气真好", "送餐很慢。味道不错！"], [-1])
    assert (score, where) == (1.0, 1)


#: One word replaced in an English text and in its translation, two copies, mixed text: every stage gives these values.
PINNED = [
    ("the battery lasts two days on a charge", "the battery lasts ten days on a charge", 0.7),
    ("电池充一次电可以用两天非常满意", "电池充一次电可以用十天非常满意", 0.75),
    ("送餐速度很快，味道也不错，下次还会再来。", "送餐速度很快，味道也很不错，下次还会再来", 0.7619),
    ("手机很好用了啊 phone", "手机很好用了 phone", 0.7),
    ("When WILL my card arrive?!", "when will my card arrive", 1.0),
    ("很好", "很好！", 1.0),
    ("很好", "很坏", 0.0),
    ("𠮷野家的牛丼很好吃", "𠮷野家的牛丼很难吃", 0.6),
]


@pytest.mark.parametrize(("one", "other", "value"), PINNED)
def test_every_stage_gives_the_same_value(one, other, value):
    [(score, _)] = most_similar([one], [other], [-1])
    given_pair = jaccard(pa.array([normalised(one), normalised(other)]), np.array([[0, 1]]))
    assert score == given_pair[0] == pytest.approx(slow_jaccard(one, other))
    assert round(score, 4) == value


@pytest.mark.parametrize(("one", "other", "value"), PINNED)
def test_the_gate_and_clean_decide_alike(one, other, value):
    """What `clean` drops at a threshold the gate of `augment` refuses at the same one."""
    table = clean_table([make(one, key="a"), make(other, key="b")])
    for threshold in (0.4, 0.6, 0.7):
        settings = NearDuplicates(drop=threshold, review=threshold)
        dropped = drop_near_duplicates(table, settings, Context(TASK)).dropped.num_rows
        assert bool(dropped) == bool(copies_of_earlier([one, other], threshold)) == (value >= threshold)


def test_repeats_name_the_earlier_kept_text():
    assert copies_of_earlier(["a long enough text", "other words here", "A long enough text!"], 0.8) == {2: 0}


@settings(max_examples=30, deadline=None)
@given(st.lists(st.text("ab 好的", max_size=8), max_size=8), st.floats(0.3, 1))
def test_repeats_equal_comparing_every_earlier_kept_text(texts, threshold):
    expected = {}
    for n, text in enumerate(texts):
        close = (m for m in range(n) if m not in expected and slow_jaccard(text, texts[m]) >= threshold)
        if (first := next(close, None)) is not None:
            expected[n] = first
    assert copies_of_earlier(texts, threshold) == expected
