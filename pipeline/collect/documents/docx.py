"""Word files as sections: headings by their style, tables as Markdown, pages where Word noted them."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pipeline.collect.documents.section import Document, Outline, Section
from pipeline.collect.rows import most_bytes
from pipeline.core.archives import DAMAGED
from pipeline.core.errors import shorten
from pipeline.core.record import Reject

if TYPE_CHECKING:
    from docx.document import Document as WordFile
    from docx.table import Table
    from docx.text.paragraph import Paragraph

_HEADING = re.compile(r"(?:heading|标题)\s*([1-9])", re.IGNORECASE)


def read_docx(data: bytes) -> Document:
    """Rejects: unreadable_document (damaged, locked, or unpacking to too much)."""
    import docx
    from docx.opc.exceptions import OpcError

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            if sum(entry.file_size for entry in packed.infolist()) > most_bytes(len(data)):
                raise Reject("unreadable_document", "it unpacks to far more than a document holds")
        file = docx.Document(io.BytesIO(data))
        sections, title = tuple(_sections(file)), file.core_properties.title
    except (*DAMAGED, OpcError, OSError, ValueError, LookupError, SyntaxError, AttributeError) as error:
        raise Reject("unreadable_document", f"no Word file that can be read: {shorten(error, 100)}") from None
    first = next((section.headings[0] for section in sections if section.headings), "")
    return Document(title or first, sections, max((one.page for one in sections), default=0))


def _sections(file: WordFile) -> Iterator[Section]:
    from docx.table import Table

    outline, lines, page = Outline(), list[str](), 1
    has_pages = bool(file.element.xpath("//w:lastRenderedPageBreak | //w:br[@w:type='page']"))

    def section() -> Iterator[Section]:
        text = "\n".join(lines).strip()
        if text:
            yield Section(text, outline.path, page if has_pages else 0)
        lines.clear()

    for block in file.iter_inner_content():
        if isinstance(block, Table):
            lines.extend(_rows(block))
            continue
        breaks = _page_breaks(block)
        if breaks:  # a paragraph that crosses pages is taken to be on the one where it ends
            yield from section()
            page += breaks
        level = _level(block)
        if level and block.text.strip():
            yield from section()
            outline.enter(level, block.text)
        elif block.text.strip():
            lines.append(block.text.strip())
    yield from section()


def _page_breaks(paragraph: Paragraph) -> int:
    """Pages that end in a paragraph: Word notes them when it saves, writers force some (and Word notes those too)."""
    noted = len(paragraph._p.xpath(".//w:lastRenderedPageBreak"))
    return noted or len(paragraph._p.xpath(".//w:br[@w:type='page']"))


def _level(paragraph: Paragraph) -> int:
    """Of a heading 1 to 9 (a title counts as 1), else 0."""
    name = (paragraph.style.name if paragraph.style else None) or ""
    found = _HEADING.match(name)
    return int(found[1]) if found else int(name.casefold() in ("title", "标题"))


def _rows(table: Table) -> Iterator[str]:
    for row in table.rows:
        yield "| " + " | ".join(" ".join(cell.text.split()) for cell in row.cells) + " |"
