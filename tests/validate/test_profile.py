"""Counts, lengths and words of a version."""

from __future__ import annotations

import pytest

from pipeline.validate.profile import distinct, lexical, tokens
from tests.validate.conftest import sound_reviews
from tests.validate.topics import profiled


def test_words_of_both_scripts_are_counted():
    assert tokens("Good day, 你好 día") == ["good", "day", "你", "好", "día"]
    found = lexical(["a b a b", "你好你好"])
    assert found["distinct"]["1"] == 0.5
    assert found["growth"][-1] == [2, 4]
    assert distinct([["one"]], 2) is None


@pytest.mark.parametrize("records", [sound_reviews()[:1], sound_reviews()[:2], sound_reviews()], ids=len)
def test_few_records_still_have_a_profile(records):
    looked_at, points = profiled(records)
    assert looked_at.profile["originals"] == len(records)
    assert points.num_rows in (0, 6, 8)
