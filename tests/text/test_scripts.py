from __future__ import annotations

import re

import pytest

from pipeline.text.scripts import CJK, HAN, HANGUL, KANA, UNSPACED, WORD, count_han, has_han, ranges
from tests.conftest import ROOT

#: Text repair reads damaged bytes, where a letter's script says what it was damaged from.
REPAIR = {"text/mojibake.py", "text/repair.py"}
WRITTEN_OUT = re.compile(r"\\u(?:3040|3400|4e00|9fff|ac00)|[一㐀-㐏]-[鿀-鿿]|0x(?:3400|4E00|9FFF|AC00)", re.IGNORECASE)


def inside(script: str, letter: str) -> bool:
    return re.fullmatch(f"[{script}]", letter) is not None


@pytest.mark.parametrize(
    ("letters", "scripts"),
    [
        ("好㐂鿿々〇𠮷豈", {"HAN", "UNSPACED", "CJK"}),
        ("のカー・", {"KANA", "UNSPACED", "CJK"}),
        ("한국", {"HANGUL", "CJK"}),
        ("aé1，。！ \t😀-", set()),
    ],
)
def test_every_letter_belongs_to_its_scripts(letters, scripts):
    for letter in letters:
        named = {"HAN": HAN, "KANA": KANA, "HANGUL": HANGUL, "UNSPACED": UNSPACED, "CJK": CJK}
        assert {name for name, script in named.items() if inside(script, letter)} == scripts


def test_ranges_are_those_of_the_class():
    for script in (HAN, KANA, HANGUL, CJK):
        for first, last in ranges(script):
            assert inside(script, chr(first))
            assert inside(script, chr(last))
            assert first <= last
    assert not any(a[1] >= b[0] for a, b in zip(ranges(CJK), ranges(CJK)[1:], strict=False))


def test_chinese_characters_are_counted_beyond_the_basic_plane():
    assert (count_han("𠮷野家 café"), count_han("plain"), count_han("")) == (3, 0, 0)
    assert (has_han("a 好"), has_han("カナ"), has_han("")) == (True, False, False)


def test_words_and_single_letters():
    assert WORD.findall("Don't 你好_5 한국") == ["Don", "t", "你", "好", "5", "한", "국"]


def test_no_other_module_writes_ranges_out():
    """One home for script ranges: a second list of code points would disagree with the first sooner or later."""
    for path in sorted((ROOT / "pipeline").rglob("*.py")):
        name = path.relative_to(ROOT / "pipeline").as_posix()
        if name != "text/scripts.py" and name not in REPAIR:
            assert not WRITTEN_OUT.search(path.read_text("utf-8")), name
