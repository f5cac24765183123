from __future__ import annotations

import pytest

from pipeline.text.prose_entities import is_sign_of_name, is_sign_of_prose


@pytest.mark.parametrize(
    ("shown", "left", "right"),
    [
        ("&", "Tom ", " Ann went home"),
        ("isn't", "It ", " here"),
        ("“yes”,", "He said ", " and left"),
        ("<", "children under ", " 5 years"),
        ("小王&小李", "", "一起去了"),
        ("—", "the town ", " a small one"),
    ],
)
def test_signs_of_prose(shown: str, left: str, right: str) -> None:
    assert is_sign_of_prose(shown, left, right)


@pytest.mark.parametrize(
    ("shown", "left", "right"),
    [
        ("&", "write ", " for and"),
        ("&", "the ", " operator"),
        ("<b>", "use ", " there"),
        ("&", "x_1 ", " y_2"),
        ("<", "a ", " b"),
        ("&", "用", " 表示"),
        ("https://x.example/?a=1&b=2，就可以", "访问 ", ""),
        ("&", "", ""),
    ],
)
def test_signs_that_a_text_speaks_of_or_holds_as_code(shown: str, left: str, right: str) -> None:
    assert not is_sign_of_prose(shown, left, right)


def test_in_short_lines_only_signs_of_names() -> None:
    assert is_sign_of_name("&", "Angels ", " Demons")
    assert is_sign_of_name("O'Sullivan", "Ronnie ", "")
    assert is_sign_of_name("café", "the ", "")
    assert not is_sign_of_name("&", "angels ", " demons")
    assert not is_sign_of_name("'x'", "", "")
