"""Classes that a drawn split lacks get a group, or are told to be too small."""

from __future__ import annotations

import pytest

from pipeline.clean.class_coverage import MIN_GROUPS, missing_classes


def lacking(strata, parts=None, draws=None, start=0.0, groups=None, allowed=lambda n: True):
    groups = groups or {f"g{n:02}": [n] for n in range(len(strata))}
    draws = draws or {name: n / len(groups) for n, name in enumerate(groups)}
    return missing_classes(groups, parts or {}, draws, strata, "dev", start, allowed)


def test_the_group_whose_draw_comes_next_is_moved():
    strata = ["好"] * MIN_GROUPS
    assert lacking(strata) == ({"g00": "好"}, [])
    assert lacking(strata, start=0.5) == ({"g12": "好"}, [])
    assert lacking(strata, start=0.99) == ({"g00": "好"}, [])  # draws go round


def test_a_class_that_is_there_is_left_alone():
    assert lacking(["a"] * MIN_GROUPS, parts={"g05": "dev"}) == ({}, [])
    assert lacking(["a"] * MIN_GROUPS, parts={"g05": "test"})[0] == {"g00": "a"}


def test_a_class_of_few_groups_is_told_and_nothing_moves():
    assert lacking(["a"] * (MIN_GROUPS - 1)) == ({}, ["a"])
    taken = {f"g{n:02}": "test" for n in range(MIN_GROUPS - 1)}
    assert lacking(["a"] * MIN_GROUPS, parts=taken) == ({}, ["a"])  # its last free group stays in train


def test_one_group_with_two_classes_serves_both():
    strata = ["a", "b"] * MIN_GROUPS
    groups = {f"g{n:02}": [2 * n, 2 * n + 1] for n in range(MIN_GROUPS)}
    moved, too_small = lacking(strata, groups=groups)
    assert (len(moved), too_small) == (1, [])


def test_rows_that_may_not_stand_in_the_split_do_not_count():
    moved, _ = lacking(["a"] * MIN_GROUPS, allowed=lambda n: n >= 3)
    assert moved == {"g03": "a"}
    assert lacking(["a"] * MIN_GROUPS, parts={"g00": "dev"}, allowed=lambda n: n > 0)[0] == {"g01": "a"}


@pytest.mark.parametrize("strata", [[], ["a"]])
def test_no_group_and_one(strata):
    assert lacking(strata) == ({}, strata)


def test_targets_without_classes_are_one_class():
    assert lacking([None] * MIN_GROUPS) == ({"g00": "(none)"}, [])
