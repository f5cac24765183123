"""The order in which records are asked."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.annotation.acquisition import DECAY, most_useful_first


def test_usefulness_comes_first_and_then_other_clusters():
    near, far = np.eye(2)[[0] * 40], np.eye(2)[[1] * 10]
    ids = [f"{n:02}" for n in range(50)]
    priorities = [0.9] * 40 + [0.8] * 10
    order = most_useful_first(ids, priorities, np.concatenate([near, far]))
    assert sorted(order) == list(range(50))
    assert order[0] == 0
    assert any(n >= 40 for n in order[:4])  # .9 x .9 x .9 is less than .8
    assert DECAY == 0.9


@given(st.lists(st.floats(0, 1), min_size=1, max_size=60), st.randoms(use_true_random=False))
def test_order_does_not_depend_on_the_order_given(priorities, random):
    ids = [f"{n:03}" for n in range(len(priorities))]
    rows = np.random.default_rng(0).normal(size=(len(ids), 4))
    order = [ids[n] for n in most_useful_first(ids, priorities, rows)]
    mixed_up = list(range(len(ids)))
    random.shuffle(mixed_up)
    again = most_useful_first([ids[n] for n in mixed_up], [priorities[n] for n in mixed_up], rows[mixed_up])
    assert [ids[mixed_up[n]] for n in again] == order
