import pytest

from pipeline.clean.contamination.planted import PLANTS, plant
from tests.clean.contamination.problems import problem


@pytest.mark.parametrize("item", [problem(1), "小明有12个苹果，小红给了他5个，又吃掉3个，请问现在还剩下多少个苹果？"])
@pytest.mark.parametrize("kind", PLANTS)
def test_planted_copies_are_copies(kind, item):
    (texts,), (again,) = (plant(kind, [item], ["another text"]) for _ in range(2))
    assert texts == again
    assert (texts == [item]) == (kind == "verbatim")


def test_an_item_without_numbers_has_none_to_swap():
    assert plant("numbers_swapped", ["no numbers here"], []) == [[]]
