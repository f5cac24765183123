"""The step `near_duplicates` with its defaults (or SETTING=VALUE), on records as `collect` writes them: TEXTS OUT."""

import json
import sys
from collections import defaultdict
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.clean.step import Context
from pipeline.clean.steps.near_duplicates import NearDuplicates, drop_near_duplicates
from pipeline.core.settings import Task
from pipeline.runtime.columns import schema

TASK = Task(type="classification", labels=("any",), languages=("en", "zh"))


def records(texts: pa.Table) -> pa.Table:
    """The texts as unlabelled records; ids are row numbers."""
    columns = schema(TASK)
    size = texts.num_rows
    text = texts["text"].combine_chunks()
    kinds = columns.field("fields").type
    assert isinstance(kinds, pa.StructType)
    source = {
        "name": "made",
        "kind": "files",
        "locator": "made",
        "row": 0,
        "licence": "",
        "role": "train",
        "trusted": False,
    }
    values = {
        "id": pc.utf8_lpad(texts["n"].cast(pa.string()), 8, "0"),
        "fields": pa.StructArray.from_arrays([text], fields=list(kinds)),
        "lang": pa.array(["en"] * size),
        "source": pa.repeat(pa.scalar(source, columns.field("source").type), size),
        **{name: pa.repeat(pa.scalar([], columns.field(name).type), size) for name in ("votes", "scores", "history")},
    }
    return pa.table([values.get(field.name, pa.nulls(size, field.type)) for field in columns], schema=columns)


def main() -> None:
    settings = NearDuplicates(**{name: json.loads(value) for name, value in (a.split("=") for a in sys.argv[3:])})
    table = records(pq.read_table(sys.argv[1]))
    outcome = drop_near_duplicates(table, settings, Context(TASK))
    dropped = [int(id) for id in outcome.dropped["id"].to_pylist()]
    groups = defaultdict(list)
    for part in (outcome.kept, outcome.dropped):
        for id, group in zip(part["id"].to_pylist(), part["group"].to_pylist(), strict=True):
            if group:
                groups[group].append(int(id))
    grouped = [n for members in groups.values() for n in sorted(members)[1:]]
    Path(sys.argv[2]).write_text(json.dumps({"grouped": grouped, "dropped": dropped}))


if __name__ == "__main__":
    main()
