from __future__ import annotations

import pytest

from pipeline.core.counts import ranked


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ({}, []),
        ({"a": 0}, [("a", 0)]),
        ({"b": 1, "c": 2, "a": 1}, [("c", 2), ("a", 1), ("b", 1)]),
        ({"好": 1, "坏": 1, "": 3}, [("", 3), ("坏", 1), ("好", 1)]),
        ({("b", "x"): 0.5, ("a", "z"): 0.5}, [(("a", "z"), 0.5), (("b", "x"), 0.5)]),
    ],
)
def test_the_largest_come_first_and_equal_ones_by_their_keys(counts, expected):
    assert ranked(counts) == expected
