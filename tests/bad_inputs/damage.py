"""Damage to the files that stages hand to each other: Parquet tables and JSON, whole or in one column or key."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

Change = Callable[[Path], None]


def _bytes(change: Callable[[bytes], bytes]) -> Change:
    def apply(path: Path) -> None:
        path.write_bytes(change(path.read_bytes()))

    return apply


def _flipped(content: bytes) -> bytes:
    """A few bytes of the middle changed: the footer of a Parquet file stays sound."""
    rng, signs = random.Random(1), bytearray(content)
    for _ in range(8):
        signs[rng.randrange(4, max(5, len(signs) // 3))] ^= 0xFF
    return bytes(signs)


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


#: Name -> what happens to a file, whatever it holds.
ANY_FILE: dict[str, Change] = {
    "empty": _bytes(lambda content: b""),
    "half": _bytes(lambda content: content[: len(content) // 2]),
    "all_but_one": _bytes(lambda content: content[:-1]),
    "nul_bytes": _bytes(lambda content: bytes(len(content))),
    "flipped": _bytes(_flipped),
    "foreign": _bytes(lambda content: b"<html>502 Bad Gateway</html>"),
    "no_utf_8": _bytes(lambda content: b"\xff\xfe" + content),
    "folder": _folder,
    "missing": Path.unlink,
}


def _table(change: Callable[[pa.Table], pa.Table]) -> Change:
    def apply(path: Path) -> None:
        pq.write_table(change(pq.read_table(path)), path)

    return apply


def _with(column: str, values: Callable[[pa.ChunkedArray], pa.Array]) -> Change:
    def change(table: pa.Table) -> pa.Table:
        return table.set_column(table.column_names.index(column), column, values(table[column]))

    return _table(change)


def _nulls(values: pa.ChunkedArray) -> pa.Array:
    return pa.nulls(len(values), values.type)


def _numbers(values: pa.ChunkedArray) -> pa.Array:
    return pa.array(range(len(values)), pa.int64())


def of_table(path: Path) -> Iterator[tuple[str, Change]]:
    """Damage to a Parquet file, each column gone, empty and of another type."""
    yield from ANY_FILE.items()
    yield "no_rows", _table(lambda table: table.slice(0, 0))
    yield "no_columns", _table(lambda table: pa.table({}))
    yield "other_table", _table(lambda table: pa.table({"a": [1]}))
    yield "twice", _table(lambda table: pa.concat_tables([table, table]))
    for name in pq.read_schema(path).names:
        yield f"without_{name}", _table(partial(pa.Table.drop_columns, columns=[name]))
        yield f"{name}_numbers", _with(name, _numbers)
        yield f"{name}_nulls", _with(name, _nulls)


def _json(change: Callable[[Any], Any]) -> Change:
    def apply(path: Path) -> None:
        path.write_text(json.dumps(change(json.loads(path.read_text("utf-8")))), "utf-8")

    return apply


def _without(key: str, value: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in value.items() if k != key}


def _with_value(key: str, other: object, value: dict[str, Any]) -> dict[str, Any]:
    return {**value, key: other}


_OTHERS: dict[str, Any] = {"null": None, "list": [1], "object": {"a": 1}, "text": "x", "minus": -1}


def of_json(path: Path) -> Iterator[tuple[str, Change]]:
    """Damage to a JSON file, each key at the top gone and with another kind of value."""
    yield from ANY_FILE.items()
    yield "deep", _bytes(lambda content: b"[" * 100_000)
    yield "digits", _bytes(lambda content: b"9" * 5_000)
    yield "no_object", _json(lambda value: [value])
    yield "null", _json(lambda value: None)
    yield "bare", _json(lambda value: {})
    value = json.loads(path.read_text("utf-8"))
    for key in value if isinstance(value, dict) else ():
        yield f"without_{key}", _json(partial(_without, key))
        for name, other in _OTHERS.items():
            yield f"{key}_{name}", _json(partial(_with_value, key, other))


def of_text(path: Path) -> Iterator[tuple[str, Change]]:
    """Damage to any other file."""
    yield from ANY_FILE.items()


def damages(path: Path) -> Iterator[tuple[str, Change]]:
    """Every damage that fits the file, by its ending."""
    kinds = {".parquet": of_table, ".json": of_json}
    return kinds.get(path.suffix, of_text)(path)


def restore(path: Path, content: bytes) -> None:
    """Put the file back as it was, whatever stands there."""
    if path.is_dir():
        shutil.rmtree(path)
    path.write_bytes(content)
