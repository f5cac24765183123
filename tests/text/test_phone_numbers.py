"""Phone numbers, whole or not at all; what else has digits is none."""

from __future__ import annotations

import re

import pytest

from pipeline.text.phone_numbers import PLANS, cn_mobiles, phones


def found(text: str, *countries: str) -> list[str]:
    return [text[a:b] for a, b in phones(text, countries)]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("write or +49 30 901820 today", "+49 30 901820"),
        ("+1 (415) 555-2671.", "+1 (415) 555-2671"),
        ("(415) 555-2671 is it", "(415) 555-2671"),
        ("020 7946 0958", "020 7946 0958"),
        ("电话：010-62345678", "010-62345678"),
        ("tel 555-2671", "555-2671"),
        ("call 4155552671", "4155552671"),
        ("+86 138 1234 5678", "+86 138 1234 5678"),
        ("0044 20 7946 0958", "0044 20 7946 0958"),
        ("(415) 555-2671 ext. 12", "(415) 555-2671 ext. 12"),
        ("电话 010-62345678 转 801", "010-62345678 转 801"),
    ],
)
def test_a_number_is_found_whole_with_its_extension(text: str, number: str) -> None:
    assert found(text) == [number]


@pytest.mark.parametrize(
    "text",
    [
        "on 2024-03-15 and 15.03.2024",
        "from 1998 - 2004",
        "192.168.10.254",
        "order no. 4155552671",
        "订单号 4155552671",
        "ISBN 978-3-16-148410-0",
        "it costs 1.234.567 in all",
        "$4155552671",
        "v415.555.2671b",
        "3.14159 / 2.71828",
        "4155552671",  # ten digits that nothing calls a phone's
        "",
    ],
)
def test_other_figures_are_none(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "country", "number"),
    [
        ("Front desk 733 195 545", "PL", "733 195 545"),
        ("Büro 030 901820", "DE", "030 901820"),
        ("desk 9876543210", "IN", "9876543210"),
    ],
)
def test_national_forms_count_for_the_countries_that_are_named(text: str, country: str, number: str) -> None:
    assert found(text, country) == [number]
    assert found(text) == []


def test_numbers_in_a_list_follow_the_first() -> None:
    assert found("Tel. 555-2671 or 555-2672") == ["555-2671", "555-2672"]
    assert found("order 555-2671 or 555-2672") == []


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("打13812345678给我", ["13812345678"]),
        ("138-1234-5678", ["138-1234-5678"]),
        ("+8613812345678", ["+8613812345678"]),
        ("订单号 13812345678", []),
        ("12812345678", []),
        ("138123456789", []),
        ("", []),
    ],
)
def test_chinese_mobile_numbers(text: str, numbers: list[str]) -> None:
    assert [text[a:b] for a, b in cn_mobiles(text)] == numbers


def test_every_plan_is_a_pattern() -> None:
    for code, trunk, national in PLANS.values():
        assert code.isdigit()
        assert re.compile(f"{trunk}{national}")
