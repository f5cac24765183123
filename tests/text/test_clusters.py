"""What belongs together because a chain of pairs joins it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.clusters import components, same_value

EDGES = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=12)


def test_a_chain_joins_its_ends_under_the_smallest_row() -> None:
    assert components(6, [(4, 2), (2, 5), (0, 1)]).tolist() == [0, 0, 2, 3, 2, 2]


def test_no_row_and_no_pair() -> None:
    assert components(0, []).tolist() == []
    assert components(3, []).tolist() == [0, 1, 2]


@given(EDGES, st.randoms(use_true_random=False))
def test_neither_the_order_of_pairs_nor_their_direction_matters(pairs: list[tuple[int, int]], random) -> None:
    other = [(b, a) for a, b in pairs]
    random.shuffle(other)
    assert components(10, pairs).tolist() == components(10, other).tolist()


@given(EDGES)
def test_rows_are_joined_exactly_where_a_walk_along_the_pairs_leads(pairs: list[tuple[int, int]]) -> None:
    found = components(10, pairs)
    for start in range(10):
        reached, todo = {start}, [start]
        while todo:
            n = todo.pop()
            new = {b for a, b in pairs if a == n} | {a for a, b in pairs if b == n}
            todo += new - reached
            reached |= new
        assert found[start] == min(reached)


def test_equal_values_join_and_none_equals_nothing() -> None:
    assert same_value(["好", None, "a", "好", None, "好", "a"]) == [(0, 3), (0, 5), (2, 6)]
    assert same_value([]) == []
    assert same_value([None, None]) == []
