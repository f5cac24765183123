import pytest

from pipeline.collect.documents.numbers import numbers


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1,000 and 007, 2.50 or ３", {"1000", "7", "2.5", "3"}),
        ("Two hundred and forty-five ships, twelve of them new", {"245", "12"}),
        ("three thousand two hundred; a hundred", {"3200", "100"}),
        ("共有两千三百级台阶，二十元，十五册，三百二十个", {"2300", "20", "15", "320"}),
        ("一万二千人，1万人，一八七一年", {"12000", "10000", "1871"}),
        ("一亿二千万人，三万二千亿元", {"120000000", "3200000000000"}),
        ("one of them, 一般, 万一, 十分", set()),
        ("3万册，1.5亿，两万五", {"30000", "150000000", "25000"}),
        ("占百分之五，5%，三个人，三百多人", {"5", "3", "300"}),
        ("", set()),
    ],
)
def test_numbers_in_digits_and_words_are_compared_as_digits(text, found):
    assert numbers(text) == found
