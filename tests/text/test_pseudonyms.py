from __future__ import annotations

import pytest

from pipeline.text.pseudonyms import pseudonym


@pytest.mark.parametrize("name", ["ann@example.com", "+44 20 7946 0001", "13812345678", "邮箱 wang@example.cn"])
def test_a_name_that_is_an_address_is_hidden_and_stays_the_same_one(name):
    hidden = pseudonym(name, "annotator")
    assert hidden == pseudonym(name, "annotator")
    assert hidden.startswith("annotator-")
    assert name not in hidden
    assert hidden != pseudonym(name + "x@b.com", "annotator")


@pytest.mark.parametrize("name", ["ann", "", "用户 7", "thread 20240518", "1.2.3.4", "source:web"])
def test_other_names_stay(name):
    assert pseudonym(name, "annotator") == name


def test_only_the_kinds_that_are_asked_for():
    assert pseudonym("ann@example.com", "group", {"phone"}) == "ann@example.com"
