from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.account_numbers import cn_identity, luhn


def test_check_digits():
    assert luhn("5500 0000 0000 0004")
    assert not luhn("0000 0000 0000 0000")
    assert cn_identity("11010519491231002x")
    assert not cn_identity("110105194913310021")


@given(st.integers(10**14, 10**15 - 1))
def test_exactly_one_last_digit_satisfies_luhn(number):
    assert sum(luhn(f"{number}{digit}") for digit in range(10)) == 1 or len(set(str(number))) == 1
