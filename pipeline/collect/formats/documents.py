"""Formats `document` (a whole text file is one row), `eml` (a mail) and `xlsx` (a sheet of Excel)."""

from __future__ import annotations

from collections.abc import Iterator
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from typing import Any

from pipeline.collect.formats.text_lines import lines, open_binary, undecodable
from pipeline.collect.params import FileOptions
from pipeline.collect.rows import AnyRow, BadRow, Row, excerpt
from pipeline.core.errors import PipelineError, shorten


def read_document(path: Path, options: FileOptions, where: str) -> Iterator[AnyRow]:
    """One row: `text`, and the file's name without its ending as `file`. Bad rows: undecodable, nul_byte."""
    text = "".join(line for _, line in lines(path, options, where))
    yield undecodable(1, text, options) or Row(1, {"text": text.strip(), "file": path.stem})


def read_eml(path: Path, options: FileOptions, where: str) -> Iterator[AnyRow]:
    """One mail: `subject`, `text` (its plain part, else its HTML part), `sender`, `date`. Bad rows: no_text_part."""
    with open_binary(path) as file:
        mail = BytesParser(EmailMessage, policy=policy.default).parse(file)
    part = mail.get_body(("plain", "html"))
    subject = str(mail.get("subject", ""))
    if part is None:
        yield BadRow(1, "no_text_part", "the mail has no text", excerpt(subject))
        return
    try:
        text = str(part.get_content())
    except (LookupError, UnicodeError) as error:  # a charset that does not exist
        yield BadRow(1, "undecodable", shorten(error, 100), excerpt(subject))
        return
    values = {"subject": subject, "text": text.strip(), "sender": str(mail.get("from", ""))}
    yield Row(1, {**values, "date": str(mail.get("date", "")), "file": path.stem})


def read_xlsx(path: Path, options: FileOptions, where: str) -> Iterator[AnyRow]:
    """The first sheet; its first row names the columns. Empty cells are empty texts, whole numbers have no point."""
    try:
        from openpyxl import load_workbook
    except ImportError:
        raise PipelineError(f"{where}: Excel files need openpyxl.", "pip install openpyxl, or save it as CSV") from None
    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except Exception as error:  # openpyxl raises a dozen kinds for files that are none of Excel
        raise PipelineError(f"{where}: not a readable Excel file: {shorten(error, 100)}", "Save it again.") from None
    header = list(options.columns)
    for number, cells in enumerate(book.worksheets[0].iter_rows(values_only=True), 1):
        values = [_cell(cell) for cell in cells]
        if not any(values):
            continue
        if not header:
            header = values
        else:
            yield Row(number, {name: value for name, value in zip(header, values, strict=False) if name})


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
