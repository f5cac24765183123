"""Lines of text files, undecodable bytes kept visible so that no line is lost or silently altered."""

from __future__ import annotations

import codecs
import gzip
import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

from pipeline.collect.params import FileOptions, codec_chain
from pipeline.collect.rows import MOST_GROWTH, AnyRow, BadRow, Row, excerpt, is_escaped, most_bytes
from pipeline.core.errors import PipelineError

_KEEP = "surrogateescape"
#: Bytes; a JSON document of a gigabyte on one line is no line of rows. A guess: not measured.
_LONGEST_LINE = 512 << 20


def lines(path: Path, options: FileOptions, where: str) -> Iterator[tuple[int, str]]:
    """Number and text of every line, line end included; a line ends at LF.

    Bytes that the encoding does not know stay as lone surrogates: see `undecodable`.
    """
    chain = codec_chain(options.encoding)
    if codecs.lookup(chain[0]).name.startswith(("utf-16", "utf-32")):
        yield from _wide_lines(path, chain[0], where)
        return
    with open_binary(path) as file:
        number = 0
        for number, raw in enumerate(_readable(file, where, path.stat().st_size), 1):
            if number == 1:
                raw = _without_mark(raw, chain[0], where)
            yield number, _decode(raw, chain)


def whole_text(path: Path, options: FileOptions, where: str) -> str:
    """The file's text, for formats that are not line by line. Undecodable bytes stop the run: no row holds them."""
    parts = []
    for number, line in lines(path, options, where):
        if is_escaped(line):
            raise PipelineError(f"{where}:{number}: not {options.encoding}: {excerpt(line)}", _SET_ENCODING)
        parts.append(line)
    return "".join(parts)


def undecodable(number: int, raw: str, options: FileOptions) -> BadRow | None:
    """The quarantined row for `raw` if it holds undecodable bytes, or NUL."""
    if is_escaped(raw):
        return BadRow(number, "undecodable", f"the line is not {options.encoding}", excerpt(raw))
    if "\0" in raw:
        return BadRow(number, "nul_byte", "the line holds a NUL byte", excerpt(raw))
    return None


def read(path: Path, options: FileOptions, where: str) -> Iterator[AnyRow]:
    """Format `lines`: plain text, one row a line, in the column `text`. Blank lines are no rows."""
    for number, line in lines(path, options, where):
        if line.strip():
            yield undecodable(number, line, options) or Row(number, {"text": line.rstrip("\r\n")})


def open_binary(path: Path) -> IO[bytes]:
    """The file, unpacked on the fly where it ends in .gz."""
    return cast("IO[bytes]", gzip.open(path)) if path.suffix == ".gz" else path.open("rb")


def _readable(file: IO[bytes], where: str, size: int) -> Iterator[bytes]:
    left = most_bytes(size)
    try:
        while line := file.readline(_LONGEST_LINE):
            if len(line) == _LONGEST_LINE:
                raise PipelineError(f"{where}: a line of more than {_LONGEST_LINE >> 20:,} MB.", "Is it text?")
            left -= len(line)
            if left < 0:
                raise PipelineError(
                    f"{where}: unpacks to more than {MOST_GROWTH:,} times its size.", "Is it made to fill the disk?"
                )
            yield line
    except (OSError, EOFError, zlib.error) as error:
        raise PipelineError(f"{where}: cannot be read: {error}", "Fetch the file again.") from None


def _decode(raw: bytes, chain: list[str]) -> str:
    text = raw.decode(chain[0], _KEEP)
    try:
        for encode, decode in zip(chain[1::2], chain[2::2], strict=True):
            text = text if text.isascii() else text.encode(encode, _KEEP).decode(decode, _KEEP)
    except UnicodeEncodeError:
        return raw.decode("ascii", _KEEP)
    return text


def _without_mark(raw: bytes, encoding: str, where: str) -> bytes:
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) and codecs.lookup(encoding).name == "utf-8":
        raise PipelineError(f"{where}: the file begins with the mark of UTF-16.", "Set `encoding: utf-16`.")
    if raw.startswith(b"PK\x03\x04"):
        raise PipelineError(f"{where}: a zip archive or an Excel file under another name.", "Rename it, .zip or .xlsx.")
    return raw.removeprefix(codecs.BOM_UTF8) if codecs.lookup(encoding).name == "utf-8" else raw


def _wide_lines(path: Path, encoding: str, where: str) -> Iterator[tuple[int, str]]:
    number = 0
    try:
        with open_binary(path) as packed, io.TextIOWrapper(packed, encoding=encoding, newline="\n") as file:
            for number, line in enumerate(file, 1):
                yield number, line
    except (OSError, EOFError, zlib.error) as error:
        raise PipelineError(f"{where}: cannot be read: {error}", "Fetch the file again.") from None
    except UnicodeError as error:
        raise PipelineError(f"{where}:{number + 1}: not {encoding}: {error}", _SET_ENCODING) from None


_SET_ENCODING = "Set `encoding` of this source to the file's own."
