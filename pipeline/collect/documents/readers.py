"""Readers of documents by the ending of their files. A new one: write its file, add its line here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pipeline.collect.documents.docx import read_docx
from pipeline.collect.documents.html import read_html
from pipeline.collect.documents.markdown import read_markdown, read_text
from pipeline.collect.documents.pdf import read_pdf
from pipeline.collect.documents.section import Document
from pipeline.core.record import Reject

#: A file's bytes -> the document. Rejects: undecodable, unreadable_document, no_text.
Reader = Callable[[bytes], Document]


def _decoded(data: bytes) -> str:
    """UTF-8, or UTF-16 where the file says so. Rejects: undecodable."""
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return data.decode(encoding).replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        raise Reject("undecodable", f"not {encoding}: {error.reason} at byte {error.start}; save it as UTF-8") from None


READERS: dict[str, Reader] = {
    ".md": lambda data: read_markdown(_decoded(data)),
    ".markdown": lambda data: read_markdown(_decoded(data)),
    ".txt": lambda data: read_text(_decoded(data)),
    ".html": read_html,
    ".htm": read_html,
    ".pdf": read_pdf,
    ".docx": read_docx,
}


def read_document(path: Path, most: int) -> Document:
    """The document in a file. Rejects, beside what readers reject: unknown_document, too_large, no_text."""
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise Reject("unknown_document", f"'{path.suffix}' is none of {', '.join(READERS)}")
    size = path.stat().st_size
    if size > most:
        raise Reject("too_large", f"{size:,} bytes, more than max_bytes")
    found = reader(path.read_bytes())
    if not found.sections:
        raise Reject("no_text", "the document holds no text")
    return found
