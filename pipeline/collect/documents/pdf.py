"""PDF files as sections: one a page, or more where the file's bookmarks name headings on it."""

from __future__ import annotations

import io
import logging
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from itertools import chain
from typing import TYPE_CHECKING, Any

from pipeline.collect.documents.section import Document, Outline, Section
from pipeline.core.errors import shorten
from pipeline.core.record import Reject
from pipeline.text.scripts import UNSPACED_LETTER

if TYPE_CHECKING:
    from pypdf import PdfReader

#: Page -> the headings on it: (level, text).
_Bookmarks = Mapping[int, Sequence[tuple[int, str]]]

_DIGITS = re.compile(r"\d+")
_ENDS = re.compile(r"[.!?:;。！？：；”\"]\s*$")
#: A line this much shorter than the longest one ends its paragraph. A guess: not measured.
_SHORT = 0.75
#: Pages from which on a line at the top or bottom of most of them is a header or footer. A guess: not measured.
_FEW_PAGES = 4


def read_pdf(data: bytes) -> Document:
    """Lines are joined to paragraphs, page headers and footers left out.

    Rejects: unreadable_document (damaged, or locked by a password), no_text (scanned pages).
    """
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    logging.getLogger("pypdf").setLevel(logging.ERROR)  # it tells of every small fault of a file
    try:
        reader = PdfReader(io.BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise Reject("unreadable_document", "the PDF is locked by a password")
        pages = [page.extract_text().splitlines() for page in reader.pages]
        marks, title = _bookmarks(reader), _title(reader)
    except Reject:
        raise
    except (PyPdfError, OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise Reject("unreadable_document", f"no PDF that can be read: {shorten(error, 100)}") from None
    if not any(map(str.strip, chain.from_iterable(pages))):
        raise Reject("no_text", f"{len(pages)} pages without text: scanned? Run text recognition first")
    return Document(" ".join(title.split()), tuple(_sections(_without_headers(pages), marks)), len(pages))


def _title(reader: PdfReader) -> str:
    return str(reader.metadata.title or "") if reader.metadata else ""


def _bookmarks(reader: PdfReader) -> _Bookmarks:
    found: defaultdict[int, list[tuple[int, str]]] = defaultdict(list)

    def walk(items: Sequence[Any], level: int) -> None:
        for item in items:
            if isinstance(item, list):
                walk(item, level + 1)
            else:
                number = reader.get_destination_page_number(item)
                if number is not None and number >= 0:
                    found[number + 1].append((level, str(item.title or "")))

    walk(reader.outline, 1)
    return found


def _without_headers(pages: Sequence[Sequence[str]]) -> list[list[str]]:
    """The lines of each page, without first and last ones that stand on most pages (numbers aside)."""
    if len(pages) < _FEW_PAGES:
        return [list(lines) for lines in pages]
    edges = Counter(_without_numbers(line) for lines in pages for line in {*lines[:1], *lines[-1:]})
    often = {line for line, count in edges.items() if count * 2 > len(pages)}
    return [_without_edges(lines, often) for lines in pages]


def _without_edges(lines: Sequence[str], often: Set[str]) -> list[str]:
    edges = (0, len(lines) - 1)
    return [line for n, line in enumerate(lines) if n not in edges or _without_numbers(line) not in often]


def _without_numbers(line: str) -> str:
    return _DIGITS.sub("0", line.strip())


def _sections(pages: Sequence[Sequence[str]], marks: _Bookmarks) -> Iterator[Section]:
    outline = Outline()
    for page, lines in enumerate(pages, 1):
        waiting, part = list(marks.get(page, ())), list[str]()
        for line in lines:
            if waiting and _same(line, waiting[0][1]):
                yield from _section(part, outline, page)
                part = []
                outline.enter(*waiting.pop(0))
            else:
                part.append(line)
        yield from _section(part, outline, page)
        for level, heading in waiting:  # bookmarks that no line of the page repeats hold from the next page on
            outline.enter(level, heading)


def _same(line: str, heading: str) -> bool:
    """Whether a line is the heading, its number aside."""
    plain = ["".join(text.split()).casefold() for text in (line, heading)]
    return bool(plain[1]) and (plain[0] == plain[1] or plain[0].lstrip("0123456789.") == plain[1])


def _section(lines: Sequence[str], outline: Outline, page: int) -> Iterator[Section]:
    text = _paragraphs(lines)
    if text:
        yield Section(text, outline.path, page)


def _paragraphs(lines: Sequence[str]) -> str:
    """Lines joined as the writer broke them; a short one that ends a sentence ends its paragraph."""
    longest = max(map(len, lines), default=0)
    text = ""
    for line in lines:
        text += line.strip()
        if not line.strip() or (_ENDS.search(line) and len(line) < _SHORT * longest):
            text += "\n"
        elif not UNSPACED_LETTER.search(line.strip()[-1]):
            text += " "
    text = re.sub(r"(?<=[a-z])- (?=[a-z])", "", text)  # a word that the line end cut in two
    return re.sub(r" *\n[ \n]*", "\n", text).strip()
