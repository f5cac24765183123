"""Batches of rows by length."""

from __future__ import annotations

from pipeline.modeling.batches import by_length


def test_batches_hold_so_many_tokens_with_padding_and_a_longer_row_stands_alone():
    lengths = [3, 100, 10, 9, 2, 40]
    batches = list(by_length(lengths, 3, tokens=40))
    assert batches == [[1], [5], [2, 3, 0], [4]]
    assert sorted(n for rows in batches for n in rows) == list(range(len(lengths)))
    assert list(by_length(lengths, 4)) == [[1, 5, 2, 3], [0, 4]]
