from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.masking import mask, unmask


@given(st.text(max_size=30), st.lists(st.integers(0, 30), min_size=2, max_size=6, unique=True))
def test_what_was_set_aside_comes_back(text, places):
    ends = sorted(min(p, len(text)) for p in places)
    regions = [(a, b) for a, b in zip(ends[::2], ends[1::2], strict=False) if a < b]
    rest, mark, held = mask(text, regions)
    assert rest.count(mark) == len(held) == len(regions)
    assert unmask(rest, mark, held) == text
    assert unmask(rest.upper(), mark, held).count(mark) == 0


def test_a_text_that_holds_the_first_mark_gets_another():
    rest, mark, held = mask("\ufdd0ab", [(1, 2)])
    assert mark != "\ufdd0"
    assert unmask(rest, mark, held) == "\ufdd0ab"
