"""Where the records came from, and under which licences."""

from __future__ import annotations

from collections import Counter
from typing import Any

from pipeline.report.blocks import Block, details, facts, from_notes, missing, table
from pipeline.report.inputs import Inputs

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


def sources(inputs: Inputs) -> list[Block]:
    """One row a source: licence, how many rows it gave, how many reached the dataset."""
    collected = inputs.table("collect/records.parquet", ["source"])
    if collected is None:
        return [missing("collect")]
    about: dict[str, dict[str, Any]] = {}
    gave, lost, reached = Counter[str](), Counter[str](), Counter[str]()
    for source in _sources(inputs, "collect/records.parquet"):
        about.setdefault(source["name"], source)
        gave[source["name"]] += 1
    for source in _sources(inputs, "collect/dropped.parquet"):
        about.setdefault(source["name"], source)
        lost[source["name"]] += 1
    reached.update(source["name"] for source in _sources(inputs, "augment/records.parquet", originals=True))
    rows = [
        [
            name,
            one["kind"],
            one["role"],
            one["licence"],
            gave[name],
            lost[name],
            reached[name],
            reached[name] / gave[name] if gave[name] else None,
            inputs.cut(one["locator"]),
        ]
        for name, one in sorted(about.items(), key=lambda item: (-gave[item[0]], item[0]))
    ]
    notes = from_notes(inputs.report("collect").get("notes", {}))
    binding = facts(("binding_licence", inputs.report("validate").get("dataset", {}).get("licence"), "text"))
    return [table("sources", _COLUMNS, rows), binding, *([details("stage_notes", notes)] if notes else [])]


def _sources(inputs: Inputs, name: str, originals: bool = False) -> list[dict[str, Any]]:
    found = inputs.table(name, ["source", "parent_id"])
    if found is None:
        return []
    pairs = zip(found.column("source").to_pylist(), found.column("parent_id").to_pylist(), strict=True)
    return [source for source, parent in pairs if not (originals and parent)]
