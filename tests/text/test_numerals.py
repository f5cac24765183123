"""Chinese numerals as digits, what is left as it stands, and texts without dates."""

from __future__ import annotations

import pytest

from pipeline.text.numerals import with_digits, without_dates


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("共三百二十五元", "共325元"),
        ("两千人", "2000人"),
        ("十二个", "12个"),
        ("一万零五十", "10050"),
        ("一亿二千三百四十五万六千七百八十九", "123456789"),
        ("一万亿", "1000000000000"),
        ("三百二", "320"),
        ("三百零二", "302"),
        ("三万五", "35000"),
        ("3万5千", "35000"),
        ("1.2亿元", "120000000.0元"),
        ("3,000万", "30000000"),
        ("三点一四", "3.14"),
        ("三點五萬", "35000.0"),
        ("壹佰贰拾叁元", "123元"),
        ("负二十", "-20"),
        ("负5", "-5"),
        ("二〇二四年", "2024年"),
        ("百分之五", "5%"),
        ("百分之三点五", "3.5%"),
        ("百分之3.5", "3.5%"),
        ("千分之三", "0.003"),
        ("四分之一", "0.25"),
        ("三百二十五分", "325分"),
        ("五", "5"),
        ("共五元。", "5"),
        ("五个苹果", "5"),
        ("第三名", "3"),
        ("３２５", "325"),
        ("１，０２４", "1,024"),
        ("3，5", "3 5"),
        ("\u22125", "-5"),
    ],
)
def test_a_numeral_is_read(text: str, read: str) -> None:
    assert with_digits(text) == read


@pytest.mark.parametrize(
    "text",
    [
        "一定",
        "一起",
        "万一",
        "大约有三个苹果在桌上",  # a single numeral in a sentence
        "一个也没有",
        "十几",
        "几百",
        "三百多",
        "二十来个",
        "七八",  # seven or eight
        "五个半",
        "二十一个半",
        "百分之百",
        "千万",
        "三点十分",
        "下午三点二十五分",
        "三点五分",
        "九九八十一",
        "三百百",
        "二十百",
        "二万万",
        "一百零",
        "零分之一",
        "325",
        "two hundred",
        "",
        "一" * 1000,
    ],
)
def test_what_names_no_number_for_certain_stands_as_it_is(text: str) -> None:
    assert with_digits(text) == text


def test_long_chains_of_digits_cost_no_time() -> None:
    digits = "1" * 100_000
    assert with_digits(digits + "几") == digits + "几"
    assert with_digits("万" * 10_000) == "万" * 10_000


@pytest.mark.parametrize(
    "date",
    [
        "2024-05-17",
        "2024/5/17",
        "2024.05.17",
        "17/05/2024",
        "May 17, 2024",
        "17th May 2024",
        "2024年5月17日",
        "2024年5月",
        "二〇二四年五月十七日",
        "五月十七号",
        "5月17日",
    ],
)
def test_whole_dates_are_taken_out(date: str) -> None:
    assert without_dates(f"x {date} y") == "x   y"


@pytest.mark.parametrize("text", ["2024", "2024年", "1.2.3", "10/5", "3月", "2年3月", "2024-05", "May 17"])
def test_what_is_no_whole_date_stays(text: str) -> None:
    assert without_dates(text) == text
