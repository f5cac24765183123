"""Awkward values in every place of every format: right, quarantined with file, row and reason, or one clear message."""

from __future__ import annotations

import datetime
import decimal
import gzip
import io
import json
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.bad_inputs.files import ROWS, SOUND, Sound
from tests.bad_inputs.outcome import collect
from tests.bad_inputs.values import CELLS, JSON_VALUES
from tests.collect.conftest import Collected, Project

JSON_FORMATS = ("json", "json_below", "jsonl", "messages", "sharegpt", "alpaca", "squad", "spans", "label_studio")
_HERE = "@@here@@"


def places(value: Any) -> Iterator[Any]:
    """Copies of `value`, each with the mark in place of one value inside (scalars and whole branches)."""
    if isinstance(value, dict):
        for key, inside in value.items():
            yield from ({**value, key: changed} for changed in places(inside))
    elif isinstance(value, list):
        for n, inside in enumerate(value):
            yield from ([*value[:n], changed, *value[n + 1 :]] for changed in places(inside))
    yield _HERE


def with_value(sound: Sound, text: str) -> Iterator[bytes]:
    """The JSON file once for every place in its first row, the JSON text put there."""
    lines = sound.name.endswith("l")
    content = sound.content.decode()
    first, rest = content.split("\n", 1) if lines else (content, "")
    for changed in places(json.loads(first)):
        put = json.dumps(changed, ensure_ascii=False).replace(f'"{_HERE}"', text)
        yield (put + "\n" + rest if lines else put).encode()


@pytest.mark.parametrize("value", JSON_VALUES)
@pytest.mark.parametrize("format", JSON_FORMATS)
def test_a_json_value(project: Project, format: str, value: str) -> None:
    sound = SOUND[format]
    others = sound.content.count(b"\n") - 1 if sound.name.endswith("l") else 0
    for content in with_value(sound, JSON_VALUES[value]):
        done = collect(project, sound, content)
        if others:  # a file of lines: what one line holds costs the others nothing
            assert isinstance(done, Collected), str(done)
            assert len(done.rows) >= others, f"{len(done.rows)} of {others} sound rows kept: {content[:300]!r}"


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("column", range(3))
@pytest.mark.parametrize("ending", ["csv", "tsv"])
def test_a_cell(project: Project, ending: str, column: int, cell: str) -> None:
    sound = SOUND[ending]
    sign = b"," if ending == "csv" else b"\t"
    cells: list[bytes] = [b"9", b"fine", b"a"]
    cells[column] = CELLS[cell]
    done = collect(project, sound, sound.content + sign.join(cells) + b"\n")
    if cell != "no_utf_8" and cell != "half_a_letter":
        assert isinstance(done, Collected), str(done)
        assert len(done.rows) >= len(ROWS), [row["reason"] for row in done.dropped]


@pytest.mark.parametrize(
    "cell", ["1_0", "true", "nan", "inf", "-Infinity", "1e999", "0x1F", "１２", "1,5", "9" * 5_000, ""]
)
def test_a_number_is_a_number(project: Project, cell: str) -> None:
    """Of these only full-width digits may be read as one by `float`; none is silently another number."""
    sound = SOUND["csv_numbers"]
    done = collect(project, sound, sound.content + f'odd,"{cell}"\n'.encode())
    assert isinstance(done, Collected)
    odd = [row["target"] for row in done.rows if row["fields"]["text"] == "odd"]
    assert odd in ([], [None], ["12"], [12.0]), odd


PARQUET: dict[str, pa.Array] = {
    "date_far": pa.array([100_000_000], pa.int32()).cast(pa.date32()),
    "date64_far": pa.array([10**16 // 86_400_000 * 86_400_000], pa.int64()).cast(pa.date64()),
    "timestamp_far": pa.array([2**62], pa.int64()).cast(pa.timestamp("us")),
    "timestamp_zone": pa.array([0], pa.int64()).cast(pa.timestamp("ns", "Asia/Shanghai")),
    "duration": pa.array([2**62], pa.int64()).cast(pa.duration("s")),
    "time": pa.array([datetime.time(1, 2)], pa.time64("us")),
    "int64": pa.array([-(2**63)], pa.int64()),
    "uint64": pa.array([2**64 - 1], pa.uint64()),
    "nan": pa.array([float("nan")], pa.float64()),
    "inf": pa.array([float("inf")], pa.float32()),
    "half": pa.array([1.5], pa.float32()),
    "decimal": pa.array([decimal.Decimal("1" * 30 + ".5")], pa.decimal128(38, 5)),
    "bool": pa.array([True]),
    "null": pa.nulls(1),
    "bytes": pa.array([b"\xff\x00"], pa.binary()),
    "fixed_bytes": pa.array([b"ab"], pa.binary(2)),
    "no_utf_8": pa.Array.from_buffers(
        pa.string(), 1, [None, pa.array([0, 2], pa.int32()).buffers()[1], pa.py_buffer(b"\xff\xfe")]
    ),
    "large": pa.array(["long"], pa.large_string()),
    "coded": pa.array(["coded"]).dictionary_encode(),
    "list": pa.array([["a", None]], pa.list_(pa.string())),
    "empty_list": pa.array([[]], pa.list_(pa.int64())),
    "struct": pa.array([{"a": {"b": [1]}}]),
    "map": pa.array([[("k", 1)]], pa.map_(pa.string(), pa.int64())),
}


@pytest.mark.parametrize("name", PARQUET)
@pytest.mark.parametrize("column", ["id", "text", "label"])
def test_a_parquet_column(project: Project, column: str, name: str) -> None:
    columns = {"id": pa.array(["9"]), "text": pa.array(["fine"]), "label": pa.array(["a"])}
    sink = io.BytesIO()
    pq.write_table(pa.table(columns | {column: PARQUET[name]}), sink)
    done = collect(project, SOUND["parquet"], sink.getvalue(), key="id")
    if isinstance(done, Collected) and column == "text" and name not in ("large", "coded"):
        texts = [row["fields"]["text"] for row in done.rows]
        assert not any(text.startswith(("[", "{", "b'", "(")) for text in texts), f"a repr became a text: {texts}"


BYTES: dict[str, Any] = {
    "empty": lambda content: b"",
    "only_a_mark": lambda content: b"\xef\xbb\xbf",
    "only_line_ends": lambda content: b"\n\r\n\n",
    "half": lambda content: content[: len(content) // 2],
    "all_but_one": lambda content: content[:-1],
    "nul_bytes": lambda content: bytes(4_096),
    "other_encoding": lambda content: content.decode("utf-8", "replace").encode("utf-16-be"),
    "gb18030": lambda content: content.decode("utf-8", "replace").encode("gb18030"),
    "packed": lambda content: gzip.compress(content, mtime=0),
    "twice": lambda content: content + content,
    "backwards": lambda content: content[::-1],
    "mark_in_front": lambda content: b"\xef\xbb\xbf" + content,
    "old_line_ends": lambda content: content.replace(b"\n", b"\r"),
    "windows_line_ends": lambda content: content.replace(b"\n", b"\r\n"),
    "entity_bomb": lambda content: (
        b'<?xml version="1.0"?><!DOCTYPE t [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><tmx><body>&b;</body></tmx>'
    ),
    "outer_entity": lambda content: (
        b'<?xml version="1.0"?><!DOCTYPE t [<!ENTITY a SYSTEM "file:///etc/hostname">]><tmx><body>&a;</body></tmx>'
    ),
    "alias_bomb": lambda content: b"a: &a [x, x]\nb: &b [*a, *a]\nconversations: [*b, *b]\n",
    "alias_in_itself": lambda content: b"conversations: &a [*a]\n",
    "magic_only": lambda content: b"PAR1PAR1",
}


#: Damage that leaves no row in any format.
NOTHING = ("empty", "only_a_mark", "only_line_ends")


@pytest.mark.parametrize("damage", BYTES)
@pytest.mark.parametrize("format", SOUND)
def test_whole_files(project: Project, format: str, damage: str) -> None:
    sound = SOUND[format]
    done = collect(project, sound, BYTES[damage](sound.content))
    if damage in NOTHING:
        assert not isinstance(done, Collected), "a file that holds nothing was read"
    elif isinstance(done, Collected):
        assert done.rows, "a run that keeps no row must say so"


@pytest.mark.parametrize("format", SOUND)
def test_sound_files_are_read_whole(project: Project, format: str) -> None:
    """The zero case: what the damage is done to is right, so that a refusal above is due to the damage."""
    sound = SOUND[format]
    done = collect(project, sound, sound.content)
    assert isinstance(done, Collected), str(done)
    assert done.rows
    assert not done.dropped
