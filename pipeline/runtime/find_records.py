"""Finds records in the stages' tables, a batch at a time: what `sft trace` looks through may be larger than memory.

Ids are compared as Python texts: what pyarrow.compute takes from Python makes it import pandas, which takes longer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from difflib import get_close_matches
from itertools import islice
from pathlib import Path
from typing import cast

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.core.errors import PipelineError, shorten
from pipeline.runtime.store import files_of

STAGES = ("collect", "clean", "label", "augment")
#: Records that a search finds at most: who finds so many has to say more. A guess: not measured.
MOST = 1000
#: Records whose text is shown beside the id. A guess: not measured.
LISTED = 10

_ROWS = 8192  # a guess: not measured
_ID_LENGTH = 20


def _files(data: Path) -> list[Path]:
    """The records of every stage that has run, dropped ones too."""
    stages = [data / stage / f"{name}.parquet" for stage in STAGES for name in ("records", "dropped")]
    return [file for path in stages for file in files_of(path)]


def find(data: Path, words: str) -> dict[str, str]:
    """Ids that fit `words`, each with a piece of its text.

    The id itself, else ids that begin so, else records that their source knows by this key, else texts.
    At most `MOST`, of ids the first `LISTED` with their text. Raises PipelineError where nothing fits; it names ids
    that look alike.
    """
    wanted = words.strip()
    if not wanted:
        raise PipelineError("sft trace: nothing to look for.", "Give a record id or words of its text.")
    files = _files(data)
    if not files:
        raise PipelineError(f"{data}: holds no records yet.", "Build them first: dvc repro")
    found = _by_id(files, wanted) or _by_key(files, wanted) or _by_text(files, wanted)
    if not found:
        raise PipelineError(
            f"{data}: no record has the id or text '{shorten(wanted)}'.",
            f"{_alike(files, wanted)}Ids are in the quality report and in the `id` column of data/*/records.parquet.",
        )
    return dict(sorted(found.items()))


def rows_of(path: Path, column: str, value: str) -> list[dict[str, object]]:
    """Rows of a table whose `column` equals `value`; none where the table or the column is missing.

    The column is read alone, where it may hold the value; whole rows only of the row groups that hold it.
    """
    return [row for file in files_of(path) for row in _rows_of_file(file, column, value)]


def _rows_of_file(path: Path, column: str, value: str) -> list[dict[str, object]]:
    with pq.ParquetFile(path) as file:
        if column not in file.schema_arrow.names:
            return []
        groups = [n for n in range(file.num_row_groups) if _holds(file, n, column, value)]
        found: list[dict[str, object]] = []
        if not groups:  # an empty list of groups would be read as all of them
            return []
        for batch in file.iter_batches(_ROWS, row_groups=groups):
            here = [n for n, one in enumerate(batch[column].to_pylist()) if one == value]
            found += batch.take(pa.array(here, pa.int64())).to_pylist()
    return found


def _holds(file: pq.ParquetFile, group: int, column: str, value: str) -> bool:
    about = file.metadata.row_group(group)
    leaves = (about.column(n) for n in range(about.num_columns))
    known = next((leaf.statistics for leaf in leaves if leaf.path_in_schema == column), None)
    if known is not None and known.has_min_max and not known.min <= value <= known.max:
        return False
    batches = file.iter_batches(_ROWS, row_groups=[group], columns=[column])
    return any(value in batch[column].to_pylist() for batch in batches)


def _by_id(files: Iterable[Path], wanted: str) -> dict[str, str]:
    """The record with this id; else those whose id begins so, all in full length with a text for the first ones."""
    for test, name in ((str.__eq__, wanted), (str.startswith, wanted.lower())):
        distinct = dict.fromkeys(id for path in files for id in _ids(path, test, name))
        ids = sorted(islice(distinct, MOST))
        if ids:
            return {id: shorten(_text(files, id), 70) if n < LISTED else "" for n, id in enumerate(ids)}
    return {}


def _by_key(files: Iterable[Path], wanted: str) -> dict[str, str]:
    """Records that their source knows by this key."""
    found: dict[str, str] = {}
    for path in files:
        with pq.ParquetFile(path) as file:
            source = cast("pa.StructType", file.schema_arrow.field("source").type)
            known = "key" in source.names  # a table of an older version has none
            for batch in file.iter_batches(_ROWS, columns=["id", "source.key"]) if known else ():
                keys = pc.struct_field(batch["source"], "key").to_pylist()
                found |= {id: "" for id, key in zip(batch["id"].to_pylist(), keys, strict=True) if key == wanted}
    ids = sorted(found)[:MOST]
    return {id: shorten(_text(files, id), 70) if n < LISTED else "" for n, id in enumerate(ids)}


def _by_text(files: Iterable[Path], wanted: str) -> dict[str, str]:
    holds: dict[str, str] = {}
    for row in (row for path in files for row in _rows_that_say(path, wanted)):
        holds.setdefault(str(row.pop("id")), shorten(" ".join(_strings(row)), 70))
        if len(holds) == MOST:
            break
    return holds


def _alike(files: Iterable[Path], wanted: str) -> str:
    """A question that names ids which share the beginning or the end of `wanted` and look like it."""
    if len(wanted) > _ID_LENGTH + 2:
        return ""
    half = {str.startswith: wanted[:6].lower(), str.endswith: wanted[-6:].lower()}
    ids = {id for path in files for test, part in half.items() for id in islice(_ids(path, test, part), MOST)}
    near = get_close_matches(wanted.lower(), sorted(ids), n=3, cutoff=0.7)
    return f"Did you mean {' or '.join(near)}? " if near else ""


def _ids(path: Path, test: Callable[[str, str], bool], words: str) -> Iterator[str]:
    """Ids of a file that `test` finds fit."""
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(_ROWS, columns=["id"]):
            yield from (id for id in batch["id"].to_pylist() if test(id, words))


def _text(files: Iterable[Path], id: str) -> str:
    rows = next(found for path in files if (found := rows_of(path, "id", id)))
    return " ".join(_strings({name: rows[0][name] for name in _SAYS if name in rows[0]}))


#: Columns in which words are looked for.
_SAYS = ("fields", "target", "detail")


def _rows_that_say(path: Path, words: str) -> Iterator[dict[str, object]]:
    """Rows (id and `_SAYS`) in which some text or number, however nested, holds `words` in any case."""
    with pq.ParquetFile(path) as file:
        names = [name for name in _SAYS if name in file.schema_arrow.names]
        for batch in file.iter_batches(_ROWS, columns=["id", *names]):
            here = pa.array(range(len(batch)), pa.int64())
            fits: set[int] = set()
            for texts, rows in (pair for name in names for pair in _texts(batch[name], here)):
                fits.update(rows.filter(pc.match_substring(texts, words, ignore_case=True)).to_pylist())
            if fits:
                yield from batch.take(pa.array(sorted(fits), pa.int64())).to_pylist()


def _texts(values: pa.Array, rows: pa.Array) -> Iterator[tuple[pa.Array, pa.Array]]:
    """Every text inside `values`, numbers as text, beside the row that each stands in."""
    if isinstance(values, pa.StructArray):
        for part in values.flatten():
            yield from _texts(part, rows)
    elif pa.types.is_list(values.type):
        yield from _texts(pc.list_flatten(values), rows.take(pc.list_parent_indices(values)))
    elif not pa.types.is_null(values.type):
        yield values.cast(pa.string()), rows


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _strings(one)
    elif value is not None:
        yield str(value)
