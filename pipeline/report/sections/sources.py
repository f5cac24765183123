"""Where the records came from, and under which licences."""

from __future__ import annotations

from collections import Counter
from typing import Any, TypedDict

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.report.blocks import Block, facts, from_notes, missing, note, stage_notes, table
from pipeline.report.inputs import Inputs
from pipeline.report.sections.documents import documents
from pipeline.report.sections.model_costs import model_costs
from pipeline.runtime.store import files_of

_COLUMNS = {
    "source": "text",
    "kind": "code",
    "role": "code",
    "licence": "text",
    "collected": "num",
    "quarantined": "num",
    "in_dataset": "num",
    "kept_share": "pct",
    "locator": "text",
}


class _Source(TypedDict):
    """A source with the number of its rows in a file."""

    name: str
    kind: str
    role: str
    licence: str
    locator: str
    rows: int


def _rows(inputs: Inputs) -> list[list[object]]:
    """The largest source first."""
    about: dict[str, _Source] = {}
    gave, lost, reached = Counter[str](), Counter[str](), Counter[str]()
    for name, counts in (("collect/records.parquet", gave), ("collect/dropped.parquet", lost)):
        for source in _sources(inputs, name):
            about.setdefault(source["name"], source)
            counts[source["name"]] += source["rows"]
    for source in _sources(inputs, "augment/records.parquet", pc.field("parent_id").is_null()):
        reached[source["name"]] += source["rows"]
    rows: list[list[object]] = []
    for name in sorted(about, key=lambda name: (-gave[name], name)):
        kept = reached[name] / gave[name] if gave[name] else None
        origin = [about[name]["kind"], about[name]["role"], about[name]["licence"]]
        rows.append([name, *origin, gave[name], lost[name], reached[name], kept, inputs.cut(about[name]["locator"])])
    return rows


def sources(inputs: Inputs) -> list[Block]:
    """One row a source: licence, how many rows it gave, how many reached the dataset; coverage of documents."""
    if not files_of(inputs.folder / "collect/records.parquet"):
        return [missing("collect")]
    rows = _rows(inputs)
    notes = from_notes(inputs.report("collect").get("notes", {}))
    binding = facts(("binding_licence", inputs.report("validate").get("dataset", {}).get("licence"), "text"))
    dataset = inputs.folder / "validate/dataset"
    links = [
        note(key, href=f"../validate/dataset/{name}")
        for key, name in (("card", "README.md"), ("statement", "DATA_STATEMENT.md"))
        if (dataset / name).is_file()
    ]
    return [
        table("sources", _COLUMNS, rows),
        binding,
        *links,
        *documents(inputs),
        *model_costs(inputs),
        *stage_notes(notes),
    ]


_DISTINCT = ("name", "kind", "role", "licence", "locator")


def _sources(inputs: Inputs, name: str, where: pc.Expression | None = None) -> list[_Source]:
    """Distinct sources with the number of their `rows`, in the order in which they first stand in the file."""
    found = inputs.table(name, ["source"], where)
    if found is None:
        return []
    source = found.column("source")
    parts = pa.table({part: pc.struct_field(source, part) for part in _DISTINCT})
    counted = parts.group_by(list(_DISTINCT), use_threads=False).aggregate([([], "count_all")])
    rows: list[Any] = counted.rename_columns([*_DISTINCT, "rows"]).to_pylist()
    return rows
