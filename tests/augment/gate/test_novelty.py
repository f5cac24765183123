from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.augment.gate.novelty import nearest, repeats, shingles


def slow_jaccard(a, b):
    a, b = shingles(a), shingles(b)
    pair = (a.two, b.two) if a.five is None or b.five is None else (a.five, b.five)
    if any(grams is None for grams in pair):  # mostly Chinese, and not Chinese at all
        return 0.0
    a, b = (set(grams.tolist()) for grams in pair)
    return len(a & b) / len(a | b)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.text("ab 好的吗!", max_size=12), min_size=1, max_size=4),
    st.lists(st.text("ab 好的", max_size=12), min_size=1),
)
def test_nearest_equals_comparing_every_pair(texts, others):
    found = nearest(texts, others, [-1] * len(texts))
    for text, (score, _) in zip(texts, found, strict=True):
        assert abs(score - max(slow_jaccard(text, other) for other in others)) < 1e-9


def test_own_parent_is_left_out():
    assert nearest(["the same words"], ["the same words"], [0]) == [(0.0, -1)]


def test_case_and_punctuation_do_not_make_a_text_new():
    assert nearest(["When WILL my card arrive?!"], ["when will my card arrive"], [-1]) == [(1.0, 0)]


def test_chinese_copies_are_found_in_short_texts():
    [(score, where)] = nearest(["送餐很慢，味道不错"], ["天气真好", "送餐很慢。味道不错！"], [-1])
    assert (score, where) == (1.0, 1)


def test_copies_on_both_sides_of_half_chinese_are_found():
    longer, shorter = "手机很好用了啊 phone", "手机很好用了 phone"
    for text, other in ((longer, shorter), (shorter, longer)):
        [(score, _)] = nearest([text], [other], [-1])
        assert round(score, 2) == 0.8
        assert repeats([text, other], 0.8) == {1: 0}
    assert nearest(["phone phone"], [longer], [-1]) == [(0.0, -1)]


def test_repeats_name_the_earlier_kept_text():
    assert repeats(["a long enough text", "other words here", "A long enough text!"], 0.8) == {2: 0}


@settings(max_examples=30, deadline=None)
@given(st.lists(st.text("ab 好的", max_size=8), max_size=8), st.floats(0.3, 1))
def test_repeats_equal_comparing_every_earlier_kept_text(texts, threshold):
    expected = {}
    for n, text in enumerate(texts):
        close = (m for m in range(n) if m not in expected and slow_jaccard(text, texts[m]) >= threshold)
        if (first := next(close, None)) is not None:
            expected[n] = first
    assert repeats(texts, threshold) == expected
