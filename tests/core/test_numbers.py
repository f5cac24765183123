"""What counts as a number in a cell."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.numbers import as_number


@pytest.mark.parametrize(
    ("value", "number"), [(3, 3.0), (2.5, 2.5), (" -7 ", -7.0), ("1e3", 1000.0), ("+.5", 0.5), (0, 0.0), ("３", 3.0)]
)
def test_numbers_and_what_people_write_as_one(value: object, number: float) -> None:
    assert as_number(value) == number


@pytest.mark.parametrize(
    "value", [True, False, None, "", "  ", "1_0", "1,5", "three", "三", [1], {"n": 1}, "nan", "inf", "1e999", b"3"]
)
def test_all_else_is_refused_by_what_it_is(value: object) -> None:
    with pytest.raises(ValueError, match="is not a") as error:
        as_number(value)
    assert str(value) in str(error.value) or repr(value) in str(error.value)


@pytest.mark.parametrize("value", [float("nan"), float("-inf"), 10**400])
def test_a_number_must_be_finite(value: object) -> None:
    with pytest.raises(ValueError, match="is not a finite number"):
        as_number(value)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_survives_being_written(value: float) -> None:
    assert as_number(repr(value)) == as_number(value) == value
