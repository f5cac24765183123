"""Personal data that is left."""

from __future__ import annotations

import pytest

from tests.validate.conftest import assert_names, check, review, sound_reviews

# What is added to the sound records, the entry, and the records that must be named with part of the reason.
FAILING = [
    ([review("bad", "Mail jo@example.org")], {"expect": "no_pii_left"}, {"bad": "an e-mail address"}),
    ([review("bad", "电话13912345678。")], {"expect": "no_pii_left"}, {"bad": "a Chinese mobile number"}),
    ([review("bad", "Tel. 030 / 90 18 20")], {"expect": "no_pii_left"}, {"bad": "a phone number"}),
    (
        [review("bad", "Front desk 733 195 545")],
        {"expect": "no_pii_left", "countries": ["PL"]},
        {"bad": "a phone number"},
    ),
    (
        [review("bad", "`ssh`: postgres://a:Tr0ub4@db/x")],
        {"expect": "no_pii_left"},
        {"bad": "a password in an address"},
    ),
    ([review("bad", "Card 4111 1111 1111 1111")], {"expect": "no_pii_left"}, {"bad": "a payment card number"}),
    ([review("bad", "身份证11010519491231002X")], {"expect": "no_pii_left"}, {"bad": "a Chinese identity number"}),
]


@pytest.mark.parametrize(("added", "entry", "named"), FAILING, ids=lambda value: str(value)[:40])
def test_a_bad_record_is_named_with_the_reason(added, entry, named):
    assert_names(added, entry, named)


@pytest.mark.parametrize(
    "text", ["Call 911!", "Order 4111 1111 1111 1112", "2026-11-21 10:15:00", "版本1.2.3.4", "@you"]
)
def test_harmless_numbers_are_no_personal_data(text):
    assert check([*sound_reviews(), review("n", text)], expect="no_pii_left").passed


def test_findings_never_show_the_personal_data_itself():
    finding = check([review("bad", "Mail jo@example.org")], expect="no_pii_left")
    assert "example.org" not in str(finding)
