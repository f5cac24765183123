"""Formats `document` (a whole text file is one row), `eml` (a mail), `mbox` (many) and `xlsx` (a sheet of Excel)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from io import BytesIO
from mailbox import mbox
from pathlib import Path
from typing import IO

from pipeline.collect.formats.text_lines import lines, open_binary, undecodable
from pipeline.collect.params import FileOptions
from pipeline.collect.rows import AnyRow, BadRow, Row, excerpt
from pipeline.core.errors import PipelineError, shorten

#: Mailboxes begin each mail with a line "From ...", so such a line of a text is written with a mark before it.
_QUOTED_FROM = re.compile(rb"^>(>*From )", re.MULTILINE)


def read_document(path: Path, options: FileOptions, where: str) -> Iterator[AnyRow]:
    """One row: `text`, and the file's name without its ending as `file`. Bad rows: undecodable, nul_byte."""
    text = "".join(line for _, line in lines(path, options, where))
    yield undecodable(1, text, options) or Row(1, {"text": text.strip(), "file": path.stem})


def read_eml(path: Path, options: FileOptions, where: str) -> Iterator[AnyRow]:
    """One mail: `subject`, `text` (its plain part, else its HTML part), `sender`, `date`. Bad rows: no_text_part."""
    with open_binary(path) as file:
        yield _mail(_parsed(file), 1, path.stem)


def read_mbox(path: Path, options: FileOptions, where: str) -> Iterator[AnyRow]:
    """The mails of a mailbox, numbered from 1, with the columns and bad rows of `eml`."""
    with path.open("rb") as file:
        first = file.readline()
    if first.strip() and not first.startswith(b"From "):
        raise PipelineError(f"{where}: no mailbox: it does not begin with 'From '.", "Of one mail: `format: eml`.")
    box = mbox(path, create=False)
    for number, key in enumerate(box.keys(), 1):
        yield _mail(_parsed(BytesIO(_QUOTED_FROM.sub(rb"\1", box.get_bytes(key)))), number, path.stem)


def _parsed(file: IO[bytes]) -> EmailMessage:
    return BytesParser(EmailMessage, policy=policy.default).parse(file)


def _mail(mail: EmailMessage, number: int, file: str) -> AnyRow:
    part = mail.get_body(("plain", "html"))
    subject = str(mail.get("subject", ""))
    if part is None:
        return BadRow(number, "no_text_part", "the mail has no text", excerpt(subject))
    try:
        text = str(part.get_content())
    except (LookupError, UnicodeError) as error:  # a charset that does not exist
        return BadRow(number, "undecodable", shorten(error, 100), excerpt(subject))
    values = {"subject": subject, "text": text.strip(), "sender": str(mail.get("from", ""))}
    return Row(number, {**values, "date": str(mail.get("date", "")), "file": file})


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
    lines = ((n, list(map(_cell, cells))) for n, cells in enumerate(book.worksheets[0].iter_rows(values_only=True), 1))
    filled = filter(lambda line: any(line[1]), lines)
    header = list(options.columns) or next(filled, (0, []))[1]
    for number, values in filled:
        yield Row(number, {name: value for name, value in zip(header, values, strict=False) if name})


def _cell(value: object) -> str:
    if value is None:
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
