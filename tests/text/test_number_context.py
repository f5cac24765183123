"""What the words around a number say that it is."""

from __future__ import annotations

import re

import pytest

from pipeline.text.number_context import called_a_card, called_otherwise, is_sum, phone_cue


def place(text: str) -> tuple[int, int]:
    """The longest run of digits and hyphens."""
    return max((m.span() for m in re.finditer(r"\d[\d -]*\d|\d", text)), key=lambda span: span[1] - span[0])


@pytest.mark.parametrize(
    ("text", "cue"),
    [
        ("Tel. 5551234567", "strong"),
        ("my phone number is 5551234567", "strong"),
        ("电话：5551234567", "strong"),
        ("手机 5551234567", "strong"),
        ("5551234567 (mobile)", "strong"),
        ("Telefon: 5551234567", "strong"),
        ("call 5551234567 now", "weak"),
        ("请联系 5551234567", "weak"),
        ("phone order no. 5551234567", None),  # the nearest word counts
        ("订单电话 5551234567", "strong"),
        ("order 5551234567", None),
        ("Phone us any day. The code 5551234567 is yours.", None),
        ("5551234567", None),
        ("", None),
    ],
)
def test_the_nearest_word_before_a_number_says_whether_it_is_a_phones(text: str, cue: str | None) -> None:
    assert phone_cue(text, *(place(text) if text else (0, 0))) == cue


def test_a_word_far_away_or_in_another_sentence_is_no_cue() -> None:
    far = "phone " + "x " * 40 + "5551234567"
    assert phone_cue(far, *place(far)) is None
    other = "This is my phone! Then we sold 5551234567"
    assert phone_cue(other, *place(other)) is None


@pytest.mark.parametrize(
    ("text", "otherwise"),
    [
        ("order no. 5551234567", True),
        ("订单号：5551234567", True),
        ("快递单号 5551234567", True),
        ("Rechnung Nr. 5551234567", True),
        ("card 5551234567", False),
        ("tel 5551234567", False),
        ("we have 5551234567 of them", False),
    ],
)
def test_orders_and_the_like_are_told(text: str, otherwise: bool) -> None:
    assert called_otherwise(text, place(text)[0]) is otherwise


@pytest.mark.parametrize(
    ("text", "card"),
    [
        ("my visa 4111111111111111", True),
        ("银行卡号 4111111111111111", True),
        ("card for order 4111111111111111", False),
        ("4111111111111111", False),
    ],
)
def test_cards_are_told(text: str, card: bool) -> None:
    assert called_a_card(text, place(text)[0]) is card


@pytest.mark.parametrize(
    ("text", "reckoned"),
    [
        ("4111111111111111 mod 7", True),
        ("4111111111111111 除以 3", True),
        ("calculate 4111111111111111", True),
        ("pay with 4111111111111111 today", False),
    ],
)
def test_numbers_that_the_text_reckons_with_are_told(text: str, reckoned: bool) -> None:
    assert is_sum(text, *place(text)) is reckoned
