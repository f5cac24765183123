"""What of a chat, a QA or a text about code is prose, so that repair may touch it; all else stays byte for byte there.

A sentence in a line of prose (prose_lines.py) counts where each of its tokens is one of prose, an entity in it where it
stands as a sign of prose does (prose_entities.py). Short lines of plain words (`Hello`, a list of names) are no
sentences: of their entities only signs of names are decoded; invisible characters and damaged encodings are mended.
Lines are looked at as they would be once repaired.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ftfy.badness import badness

from pipeline.text.markup import ENTITY_HINT, decode_entities, drop_tags
from pipeline.text.mojibake import repair_chinese, repair_encoding
from pipeline.text.prose_entities import is_sign_of_name, is_sign_of_prose
from pipeline.text.prose_lines import holds_code, is_plain_line, is_prose_line
from pipeline.text.scripts import HAN_LETTER

Region = tuple[int, int]


def not_prose(text: str, tags: bool = False, sentences: bool = False) -> list[Region]:
    """What stays as it is, as half-open offsets in order: lines, sentences and single entities that are no prose.

    `tags`: tags of HTML are to be dropped, so they count as none. `sentences`: short lines of words keep all their
    entities. Regions masked before count as a noun.
    """
    found: list[Region] = []
    place, before = 0, ""
    for line in text.split("\n"):
        shown = _shown(line, tags)
        end = place + len(line)
        is_prose = is_prose_line(shown, before)
        below = bool(found) and found[-1][1] >= place - 2 and line[:1] == " " and _MARKER.match(line) is None
        if not shown.strip():
            before = ""
        elif below or not (is_prose or is_plain_line(shown)):
            found.append((_start(text, found, place), end - line.endswith("\r")))
            before = ""
        else:
            found += [(place + a, place + b) for a, b in _kept_pieces(line, is_prose, tags, sentences)]
            before = shown if is_prose else ""
        place = end + 1
    return found


def mend_encoding(text: str) -> str:
    """`text` with mojibake undone where a line, or a cell of a table, becomes prose or plain words by it."""
    if text.isascii():
        return text
    lines, before = text.split("\n"), ""
    for number, line in enumerate(lines):
        mended = line if line.isascii() else _mended_line(line, before)
        lines[number] = mended
        before = mended if is_prose_line(_shown(mended), before) else ""
    return "\n".join(lines)


def _shown(line: str, tags: bool = False) -> str:
    """A line as it would be read once repaired: entities as signs, no invisible characters."""
    if "&" in line or "#" in line:
        line = decode_entities(line).replace("\xa0", " ")
    line = _INVISIBLE.sub("", line)
    return drop_tags(line) if tags and "<" in line else line


_MARKER = re.compile(r" +(?:[-*•·●◦▪]|\d{1,3}[.)]) ")
_INVISIBLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffc]")


def _start(text: str, found: Sequence[Region], place: int) -> int:
    """Where a region begins: two lines that stay keep the empty lines between them."""
    end = found[-1][1] if found else place
    return end if found and place > end + 2 and not text[end:place].strip("\n") else place


_SENTENCES = re.compile(r"""[^.!?。！？]*(?:[.!?。！？]+(?:["'”’»)*\s]|&quot;|&#39;|(?<=[。！？])|$)|[.!?。！？]+|$)""")
_CHUNK = re.compile(r"\S+")


def _kept_pieces(line: str, is_prose: bool, tags: bool, sentences: bool) -> list[Region]:
    """Sentences with a token of code in a line of prose, and entities that are no signs of prose."""
    is_sign = is_sign_of_prose if is_prose else _stays if sentences else is_sign_of_name
    kept = [*_sentences_with_code(line, tags)] if holds_code(_shown(line, tags)) else []
    for match in _CHUNK.finditer(line) if ENTITY_HINT.search(line) else ():
        if not ENTITY_HINT.search(match[0]) or any(a <= match.start() < b for a, b in kept):
            continue
        left = _shown(line[max(0, match.start() - _AROUND) : match.start()])
        right = _shown(line[match.end() : match.end() + _AROUND])
        chunk = drop_tags(match[0]) if tags else match[0]
        if not is_sign(decode_entities(chunk).strip(), left, right):
            kept.append(match.span())
    return sorted(kept)


def _sentences_with_code(line: str, tags: bool) -> Iterator[Region]:
    """Sentences that hold a token of code, and what stands beside them and is no sentence by itself."""
    for start, end in _sentences(line):
        sentence = _shown(line[start:end], tags)
        if holds_code(sentence) or not is_prose_line(sentence.strip()):
            yield start, end


def _sentences(line: str) -> Iterator[Region]:
    """Sentences; a stop inside a token (`x.y`, `a.b(c)`) ends none."""
    start = 0
    for match in _SENTENCES.finditer(line):
        end = match.end()
        if end == len(line) or match[0][-1:].isspace() or line[end : end + 1].isspace() or match[0][-1:] in "。！？":
            if end > start:
                yield start, end
            start = end


_AROUND = 60  # characters beside a chunk that are looked at, more than a word has: a guess, not measured


def _stays(shown: str, left: str, right: str) -> bool:
    return False


def _mended_line(line: str, before: str) -> str:
    mended = repair_encoding(line)
    if mended == line:
        return line
    for sign in "|\t":
        if line.count(sign) > (sign == "|"):
            return sign.join(_mended(cell, repair_encoding(cell)) for cell in line.split(sign))
    return _mended(line, mended, before)


def _mended(line: str, mended: str, before: str = "") -> str:
    """`mended` where its words are prose or plain, and it is less bad (ftfy's measure, or GBK's round trip)."""
    shown = _shown(mended).strip(" ")
    if not (is_prose_line(shown, before) or is_plain_line(shown)) or not _mends_a_word(line, mended):
        return line
    return mended if badness(mended) < badness(line) or repair_chinese(line) != line else line


def _mends_a_word(line: str, mended: str) -> bool:
    """Whether damage reaches prose: if so its line was decoded wrongly, and a piece of code in it with it."""
    known = set(line.split())
    chunks = mended.split()
    for n, chunk in enumerate(chunks):
        around = " ".join(chunks[max(0, n - 1) : n + 2])
        if chunk not in known and not holds_code(_shown(around)):
            return True
    return len(HAN_LETTER.findall(mended)) > len(HAN_LETTER.findall(line)) + 5
