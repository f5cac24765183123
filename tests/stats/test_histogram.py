from __future__ import annotations

import pytest

from pipeline.stats.histogram import LENGTHS, SHARES, bin_of, from_counts, histogram


@pytest.mark.parametrize(("value", "number"), [(0, 0), (0.3, 6), (0.299, 5), (1, 19), (-1, 0), (2, 19)])
def test_a_value_falls_into_the_bin_that_begins_at_or_below_it(value, number):
    assert bin_of(value, SHARES) == number


def test_every_value_is_counted_once_and_as_one_by_one():
    values = [0, 0.05, 0.3, 0.999, 1.0, 1.2, -3]
    found = histogram(values, {"least": 0.3, "not_set": None})
    assert found is not None
    assert sum(found["counts"]) == len(values)
    assert found["limits"] == {"least": 0.3}
    one_by_one = [0] * 20
    for value in values:
        one_by_one[bin_of(value, SHARES)] += 1
    assert found == from_counts(one_by_one, {"least": 0.3})


def test_nothing_gives_no_histogram():
    assert histogram([], {"least": 0.3}) is None
    assert from_counts([0] * 17, {}, LENGTHS) is None
