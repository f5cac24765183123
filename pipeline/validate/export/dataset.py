"""The dataset folder: Parquet and JSON Lines per split, card, data statement, Croissant, checksums."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import chain
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.core.progress import counted
from pipeline.core.record import META, Record, Row, as_json, writer_of
from pipeline.core.tool_definitions import without_nulls
from pipeline.runtime.store import write_json, write_table
from pipeline.validate.dataset_view import EXPORTED, View
from pipeline.validate.export.card import card
from pipeline.validate.export.croissant import croissant
from pipeline.validate.export.data_statement import statement
from pipeline.validate.export.licences import most_restrictive
from pipeline.validate.export.mixture import Mixed
from pipeline.validate.export.responsible import rai
from pipeline.validate.params import Params
from pipeline.validate.report_types import LicenceRow, Report

#: Lineage columns, after the task type's own.
_LINEAGE = pa.schema(
    {
        "lang": pa.string(),
        "source": pa.string(),
        "group": pa.string(),
        "parent_id": pa.string(),
        "label_by": pa.string(),
        "label_confidence": pa.float64(),
    }
)


#: Rows turned into Arrow at a time: dictionaries of a million rows would not be small. A guess: not measured.
_CHUNK = 16_384


def export(view: View, params: Params, report: Report, out: Path, mixture: Mixed | None = None) -> None:
    """Write the dataset folder. Records without a label are left out; empty splits get no file.

    `load_dataset("<folder>")` reads the Parquet files through the card's `configs`.
    """
    splits = tables(view, mixture)
    for name, table in splits.items():
        write_table(table, out / parquet_path(name))
        write_jsonl(table, out / "jsonl" / f"{name}.jsonl")
    sizes = {name: table.num_rows for name, table in splits.items()}
    columns = next(iter(splits.values())).schema
    licences = [*licence_rows(view), *writer_rows(view)]
    text = card(params, view.task, view.kind.HUB_CATEGORY, sizes, licences, report, view.reports, splits)
    (out / "README.md").write_text(text, "utf-8")
    told = statement(params, view.task, licences, report, view.reports, view.profile)
    (out / "DATA_STATEMENT.md").write_text(told, "utf-8")
    hashes = {name: sha256(out / parquet_path(name)) for name in splits}
    licence = most_restrictive([row["licence"] for row in licences])
    write_json(croissant(params, licence, columns, hashes, rai(view, report)), out / "croissant.json")
    files = sorted(path for path in out.rglob("*") if path.is_file())
    lines = [f"{sha256(path)}  {path.relative_to(out).as_posix()}\n" for path in files]
    (out / "checksums.txt").write_text("".join(lines), "utf-8")


def tables(view: View, mixture: Mixed | None = None) -> dict[str, pa.Table]:
    """Exported split name -> its rows, all with one schema; splits without rows are left out.

    What is known of records by name (`Record.meta`) stands in columns `meta_...`.
    With a mixture, column `repeats` says how often a row is read in an epoch (1 outside of train).
    """
    records = view.labelled
    own, lineage = _own_and_lineage(records, view)
    meta = {META + name: pa.array([r.meta.get(name) for r in records], pa.string()) for name in view.meta}
    keys = {"source_key": pc.struct_field(records.table["source"], "key")}  # records themselves share their sources
    table = pa.table({"id": records.table["id"], **_columns(own), **_columns(lineage), **keys, **meta})
    if mixture:
        repeats = [mixture.repeats.get(record.id, 1) for record in records]
        table = table.append_column("repeats", pa.array(repeats, pa.int32()))
    splits = records.table["split"]
    parts = {name: table.filter(pc.equal(splits, split)) for split, name in EXPORTED.items()}
    return {name: part for name, part in parts.items() if part.num_rows}


def _own_and_lineage(records: Sequence[Record], view: View) -> tuple[pa.Table, pa.Table]:
    """The task's columns of the records and those of their lineage, a chunk at a time as Python objects."""
    chunks = [records[start : start + _CHUNK] for start in range(0, len(records), _CHUNK)]
    told = counted(chunks, "rows exported", len(records))
    row_of = _with_text_arguments(view.kind.row) if _arguments_clash(records) else view.kind.row
    rows = (pa.Table.from_pylist(list(map(row_of, chunk))) for chunk in told)
    own = _typed(pa.concat_tables(rows, promote_options="permissive"))
    return own, pa.concat_tables(pa.Table.from_pylist(list(map(_lineage, chunk)), schema=_LINEAGE) for chunk in chunks)


def _arguments_clash(records: Sequence[Record]) -> bool:
    """Whether template arguments of one name have several types, or values that are no scalars: no Arrow column."""
    types: dict[str, set[type]] = {}
    for record in records:
        given = record.fields.get("template_arguments")
        for name, value in json.loads(given).items() if given else ():
            types.setdefault(name, set()).add(type(value))
    return any(len(found) > 1 or found & {list, dict} for found in types.values())


def _with_text_arguments(row_of: Callable[[Record], Row]) -> Callable[[Record], Row]:
    """Rows whose `chat_template_kwargs` are JSON texts, which `core.conversation.from_row` reads alike."""

    def row(record: Record) -> Row:
        found = dict(row_of(record))
        given = found["chat_template_kwargs"]
        return {**found, "chat_template_kwargs": None if given is None else as_json(given)}

    return row


def parquet_path(name: str) -> str:
    """Where a split's Parquet file lies in the dataset folder."""
    return f"data/{name}-00000-of-00001.parquet"


def licence_rows(view: View) -> list[LicenceRow]:
    """One entry per source: name, kind, licence and number of exported rows."""
    rows: dict[tuple[str, str, str], int] = {}
    for record in view.labelled:
        key = (record.source.name, record.source.kind, record.source.licence)
        rows[key] = rows.get(key, 0) + 1
    return [{"source": s, "kind": k, "licence": x, "rows": n} for (s, k, x), n in sorted(rows.items())]


def writer_rows(view: View) -> list[LicenceRow]:
    """One entry per language model that wrote or decided targets of exported rows: it has terms like a source."""
    known = (report.get("notes", {}).get("writers", {}) for report in view.reports.values())
    about = {f"model:{name}": one for name, one in chain.from_iterable(map(dict.items, known))}
    if not about:
        return []
    wrote = Counter(writer_of(record) for record in view.records if record.target is not None)
    return [
        {
            "source": f"{who} ({one['model']})",
            "kind": "language model",
            "licence": one["licence"] or "terms of the model not stated",
            "rows": wrote[who],
        }
        for who, one in sorted(about.items())
        if wrote[who]
    ]


def write_jsonl(table: pa.Table, path: Path) -> None:
    """One object a line: id, the task's own columns (messages for chat), meta, language, the source's own key."""
    own = [name for name in table.column_names if name not in {"id", "source_key", *_LINEAGE.names}]
    keys = ["source_key"] if table.column("source_key").null_count < table.num_rows else []
    names = ["id", *own, "lang", *keys]
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for batch in table.select(names).to_batches(max_chunksize=4096):
            file.writelines(f"{as_json(_plain(row))}\n" for row in batch.to_pylist())


def _plain(row: Row) -> Row:
    """The row without what only Arrow needs: in a chat, keys that other turns have, and columns that are empty."""
    if "messages" not in row:
        return row
    return {name: without_nulls(value) for name, value in row.items() if value is not None}


def sha256(path: Path) -> str:
    """The file's sha256 in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _typed(table: pa.Table) -> pa.Table:
    for n, column in enumerate(table.schema):
        if pa.types.is_null(column.type):  # a column that is empty throughout still needs a type
            table = table.set_column(n, column.name, pa.nulls(table.num_rows, pa.string()))
    return table


def _columns(table: pa.Table) -> dict[str, pa.ChunkedArray]:
    return {name: table.column(name) for name in table.column_names}


def _lineage(record: Record) -> dict[str, object]:
    decision = record.labels_by
    return {
        "lang": record.lang,
        "source": record.source.name,
        "group": record.group,
        "parent_id": record.parent_id,
        "label_by": decision.who if decision else None,
        "label_confidence": decision.confidence if decision else None,
    }
