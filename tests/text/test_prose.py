"""Chats: nothing but prose changes. The lines of the benchmark, in English and Chinese, are held here too."""

from __future__ import annotations

import html
from collections.abc import Callable

import pytest

from pipeline.text.prose import mend_encoding, not_prose
from pipeline.text.repair import Repairer, Repairs
from tests.conftest import ROOT

CHAT = Repairer(Repairs(tags=False, collapse=False, prose_only=True))
ABOUT_CODE = Repairer(Repairs(tags=False, collapse=False, prose_only=True, sentences_only=True))
#: Lines of Smalltalk, PlantUML, a game's console and COBOL that nothing but knowing the format tells from sentences.
READ_AS_PROSE = (
    "(The cat &amp; the dog) show",
    "note right of Alice: She&#39;s waiting &amp; reading",
    "say Hello &amp; welcome to the game, it&#39;s me!",
    "OPEN THE-FILE &amp; READ IT",
)
LINES = ROOT / "benchmarks" / "text_repair"


def lines(name: str) -> list[str]:
    return [line for line in (LINES / name).read_text("utf-8").splitlines() if line]


@pytest.mark.parametrize(
    "around", ["{}", "Put this in:\n{}\nIt works, and that is all.", "加入这一行：\n{}\n然后保存就可以了。"]
)
@pytest.mark.parametrize("repair", [CHAT, ABOUT_CODE])
def test_lines_of_code_and_data_stay_byte_for_byte(repair: Callable[[str], str], around: str) -> None:
    texts = [around.replace("{}", line) for line in lines("code.txt") if line not in READ_AS_PROSE]
    assert len(texts) > 800
    assert [text for text in texts if repair(text).strip() != text.strip()] == []


def test_damaged_prose_comes_back() -> None:
    wanted = lines("prose.txt")
    escaped = [line for line in wanted if html.escape(line) != line]
    assert sum(CHAT(html.escape(line)) == line for line in escaped) >= 0.97 * len(escaped)
    read_wrongly = [line for line in wanted if not line.isascii()]
    found = [CHAT(line.encode().decode("latin-1")) for line in read_wrongly]
    assert sum(a == b for a, b in zip(found, read_wrongly, strict=True)) >= 0.98 * len(read_wrongly)


def test_sound_prose_is_not_touched() -> None:
    assert [line for line in lines("prose.txt") if CHAT(line) != line] == []


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("", []),
        ("\n\n", []),
        ("Ann isn't here.", []),
        ("Ann isn&#39;t here.\nx = y &amp; 1\nShe is at home.", ["x = y &amp; 1"]),
        ("It is fine. Run `x`, then a &amp;&amp; b. That is all.", [" Run `x`, then a &amp;&amp; b."]),
        ("Write &lt;b&gt; for bold words in the text.", ["Write &lt;b&gt; for bold words in the text."]),
        ("我们的商店很好。\n价格: a &amp; b", ["&amp;"]),
        ("Angels &amp; Demons", []),
        ("angels &amp; demons", ["&amp;"]),
    ],
)
def test_what_stays_is_named_by_its_place(text: str, kept: list[str]) -> None:
    assert [text[a:b].strip() for a, b in not_prose(text)] == [piece.strip() for piece in kept]


@pytest.mark.parametrize(
    ("damaged", "mended"),
    [
        ("Itâ€™s the cafÃ© that I like.\nx = 'cafÃ©'", "It’s the café that I like.\nx = 'cafÃ©'"),
        ("| cafÃ© | b |\n", "| café | b |\n"),
        ("path=/srv/cafÃ©/x", "path=/srv/cafÃ©/x"),
        ("plain", "plain"),
    ],
)
def test_an_encoding_is_mended_where_prose_comes_of_it(damaged: str, mended: str) -> None:
    assert mend_encoding(damaged) == mended
