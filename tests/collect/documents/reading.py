"""A document as its reader gives it."""

from __future__ import annotations

from pipeline.collect.documents.readers import read_document


def read(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_document(path, 50_000_000)


def shown(document):
    return [(section.headings, section.page, section.text) for section in document.sections]
