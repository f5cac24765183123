"""What the tests of collect share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipeline.collect.formats import read_file
from pipeline.collect.params import FileOptions
from pipeline.collect.rows import BadRow, Row


def read(tmp_path: Path, name: str, content: str | bytes, **options: Any) -> list[Row | BadRow]:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return list(read_file(path, FileOptions(**options), name, "here"))


def values(rows: list[Row | BadRow]) -> list[Any]:
    return [dict(row.values) if isinstance(row, Row) else row.reason for row in rows]
