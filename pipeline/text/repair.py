"""The repairs of one text.

In order: the encoding of the text as it came, own patterns, control characters, entities, tags, width, NFC, space.
Code is never changed (code_regions.py), XML and tables in their encoding alone; where only prose is repaired, nothing
else is (prose.py). Repairing twice changes nothing more.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pipeline.text.code_regions import code_regions, layout_regions, xml_regions
from pipeline.text.links import unescape_links
from pipeline.text.markup import ENTITY_HINT, decode_entities, decode_entities_beside_tags, drop_tags
from pipeline.text.masking import blanked, mask, unmask
from pipeline.text.mojibake import repair_chinese, repair_encoding
from pipeline.text.prose import mend_encoding, not_prose

Edit = Callable[[str], str]


@dataclass(frozen=True)
class Repairs:
    """Which repairs are made. Where tags stay, entities that stand beside tags, or would make some, stay too."""

    encoding: bool = True
    entities: bool = True
    tags: bool = True
    fold_width: bool = False  # full-width letters and digits become ASCII
    characters: bool = True  # control and invisible characters go, Unicode becomes NFC
    collapse: bool = True  # runs of white space become one space; else only line ends are trimmed
    prose_only: bool = False  # what is not told for prose stays as it is (prose.py)
    sentences_only: bool = False  # short lines of words keep their entities too: the record says that it is about code
    replace: tuple[tuple[re.Pattern[str], str], ...] = ()


class Repairer:
    """Repairs single texts."""

    def __init__(self, repairs: Repairs) -> None:
        self._repairs = repairs
        self._clean = _CLEAN if repairs.collapse else _CLEAN_LINES
        self._hints = [pattern for pattern, _ in repairs.replace] + [ENTITY_HINT] * repairs.entities
        self._steps = {keeps: _steps(repairs, keeps) for keeps in (False, True)}

    def __call__(self, text: str) -> str:
        """`text` repaired."""
        return self.explained(text)[0]

    def explained(self, text: str) -> tuple[str, frozenset[str]]:
        """`text` repaired, and which repairs changed something; `left_alone` where code or a table kept one from it."""
        if self._needs_nothing(text):
            return text, frozenset()
        before, used = text, set[str]()
        for _ in range(_ROUNDS):
            start = text
            text = self._one_round(text, used)
            if text == start:
                break
        if before.strip() and not text:
            used.add("left_empty")
        return text, frozenset(used)

    def _needs_nothing(self, text: str) -> bool:
        if not self._clean.fullmatch(text) or any(hint.search(text) for hint in self._hints):
            return False
        return not self._repairs.encoding or text.isascii() or repair_chinese(text) == text

    def _one_round(self, text: str, used: set[str]) -> str:
        steps = self._steps[bool(code_regions(text))]
        text = _edited_around(text, self._whole(text), steps[:1], used)
        if self._repairs.prose_only and self._repairs.entities and not self._repairs.sentences_only:
            text = _edited_around(text, [*self._whole(text), *layout_regions(text)], _LINKS, used)
        kept = self._kept(text)
        steps = self._steps[bool(kept)] if self._repairs.prose_only else steps
        return _edited_around(text, [*kept, *layout_regions(text)], steps[1:], used)

    def _whole(self, text: str) -> list[tuple[int, int]]:
        """What keeps its encoding, whatever its lines are: code; where only prose is repaired, XML."""
        return [*code_regions(text), *(xml_regions(text) if self._repairs.prose_only else ())]

    def _kept(self, text: str) -> list[tuple[int, int]]:
        code = code_regions(text)
        if not self._repairs.prose_only:
            return code
        return [
            *code,
            *not_prose(blanked(text, [*code, *layout_regions(text)]), self._repairs.tags, self._repairs.sentences_only),
        ]


#: One repair may uncover work for another (`&amp;lt;br&amp;gt;`); real texts need two rounds.
#: Five times that is a guess.
_ROUNDS = 10

# Texts of these characters alone, in this order, need no repair but, perhaps, that of Chinese mojibake: printable
# ASCII without & and <, Chinese characters and punctuation, single spaces between words. Most texts are, and one
# regular expression says so.
_SAFE = r"!-%'-;=-~一-鿿、。《》！，？：；（）“”‘’…—"
_CLEAN = re.compile(rf"(?:[{_SAFE}]+(?: [{_SAFE}]+)*)?")
_CLEAN_LINES = re.compile(rf"(?:[{_SAFE}]+(?:[ \n][{_SAFE}]+)*)?")


def _edited_around(
    text: str, regions: Sequence[tuple[int, int]], steps: Sequence[tuple[str, Edit]], used: set[str]
) -> str:
    """`text` with everything but `regions` passed through `steps`; `used` gains those that changed it."""
    held: list[str] = []
    mark = ""
    if regions:
        text, mark, held = mask(text, _joined(regions))
        if any(edit(piece) != piece for name, edit in steps if name != "whitespace" for piece in held):
            used.add("left_alone")
    for name, edit in steps:
        # An own pattern might take the mark for text.
        changed = mark.join(map(edit, text.split(mark))) if held and name.startswith("replace_") else edit(text)
        if changed != text:
            used.add(name)
            text = changed
    return unmask(text, mark, held) if held else text


def _joined(regions: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, end in sorted(regions):
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _steps(repairs: Repairs, beside_code: bool) -> list[tuple[str, Edit]]:
    """Names and edits, the encoding first. A text that holds code keeps its tags: they may be what it talks about."""
    tags = repairs.tags and not beside_code
    encoding = mend_encoding if repairs.prose_only else repair_encoding
    steps: list[tuple[str, Edit]] = [("encoding", encoding if repairs.encoding else _as_it_is)]
    steps += [(f"replace_{n}", _replacer(*item)) for n, item in enumerate(repairs.replace, 1)]
    if repairs.characters:
        steps.append(("control_characters", _without_control))
    if repairs.entities:
        steps.append(("entities", decode_entities if tags else decode_entities_beside_tags))
    if tags:
        steps.append(("tags", drop_tags))
    if repairs.fold_width:
        steps.append(("full_width", lambda text: text.translate(_FULL_WIDTH)))
    if repairs.characters:
        steps.append(("unicode", lambda text: unicodedata.normalize("NFC", text)))
    return [*steps, ("whitespace", _collapsed if repairs.collapse else _trimmed)]


_LINKS: Sequence[tuple[str, Edit]] = (("entities", unescape_links),)


def _as_it_is(text: str) -> str:
    return text


def _replacer(pattern: re.Pattern[str], by: str) -> Edit:
    return lambda text: pattern.sub(by, text)


_CONTROL = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffc]"
)
_SURROGATE = re.compile("[\ud800-\udfff]")
# A joiner joins emoji, and letters of Indic and Arabic scripts; elsewhere it is dirt.
_JOINER = re.compile("(?<![\u0590-\u1fff\u2190-\u2bff\ufe0f\U0001f000-\U0001faff])[\u200c\u200d]|[\u200c\u200d]$")
_FULL_WIDTH = {code: code - 0xFEE0 for code in [*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B)]}

_SPACES = re.compile("[\t\xa0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_LINE_ENDS = re.compile("\r\n?|[\u2028\u2029]")
_RUNS = re.compile("  +")
_AROUND_LINES = re.compile(" *\n *")
_LINE_TAILS = re.compile("[ \t]+\n")
_EMPTY_LINES = re.compile("\n{3,}")


def _without_control(text: str) -> str:
    return _JOINER.sub("", _CONTROL.sub("", _SURROGATE.sub("\ufffd", text)))


def _collapsed(text: str) -> str:
    text = _SPACES.sub(" ", _LINE_ENDS.sub("\n", text))
    return _EMPTY_LINES.sub("\n\n", _AROUND_LINES.sub("\n", _RUNS.sub(" ", text))).strip()


def _trimmed(text: str) -> str:
    return _EMPTY_LINES.sub("\n\n", _LINE_TAILS.sub("\n", _LINE_ENDS.sub("\n", text).replace("\xa0", " "))).strip()
