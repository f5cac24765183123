import pytest

from pipeline.text.shingles import shingles


@pytest.mark.parametrize(
    ("text", "count"), [("", 0), ("ab", 1), ("abcde", 1), ("abcdef", 2), ("好", 1), ("很好", 1), ("很好吃", 2)]
)
def test_short_texts_are_one_shingle(text, count):
    assert len(shingles([text]).hashes) == count
