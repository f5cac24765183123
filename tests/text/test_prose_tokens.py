from __future__ import annotations

import pytest

from pipeline.text.prose_tokens import is_code, is_name, is_odd, is_word, tokens


def test_tokens_are_without_quotes_stops_and_chinese_letters() -> None:
    assert tokens("“Tom” & I, 他们用 x=1。") == ["Tom", "&", "I", "x=1"]
    assert tokens("") == []


@pytest.mark.parametrize("token", ["cat", "don't", "well-known", "U.S.", "café", "Мир"])
def test_words(token: str) -> None:
    assert is_word(token)
    assert not is_odd(token)


@pytest.mark.parametrize("token", ["1,234.5", "12%", "30°C", "COVID-19", "R&D", "and/or", "@ann", "10:30", "1990s"])
def test_names_and_numbers_of_prose(token: str) -> None:
    assert is_name(token)
    assert not is_code(token)


@pytest.mark.parametrize(
    "token", ["x_1", "f(x", "a=b", "<b>", "$x", "--all", "a::b", "SELECT", "`x`", "os.path.join", "/usr/bin"]
)
def test_code(token: str) -> None:
    assert is_code(token)
    assert is_odd(token)
