"""`sft trace`: one record's whole lineage, from the file it was read from to the split it is exported in.

Finds a record by its id, by the beginning of its id, by its source's own key, or by words of its text; kept, dropped
and quarantined records alike.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import cast

from pipeline.annotation.label_studio_types import QueueRow
from pipeline.commands.lineage import ChangeRow, Dropped, Lineage, RecordRow, Relative, ReviewRow
from pipeline.core.conversation import Message
from pipeline.core.errors import shorten
from pipeline.report.edits import sides
from pipeline.runtime.find_records import LISTED, MOST, STAGES, find, rows_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `sft trace`."""
    parser.add_argument("record", help="record id, the beginning of one, its source's own key, or words of its text")
    parser.add_argument("--data", type=Path, default=Path("data"), help="the data folder (default: data)")
    parser.add_argument("--json", action="store_true", help="print the lineage as JSON")


def run(arguments: argparse.Namespace) -> None:
    """Print the lineage of the one record that fits, or list those that do."""
    found = find(arguments.data, arguments.record)
    if len(found) > 1:
        sys.stdout.write(listing(found, arguments.record, arguments.json))
        return
    lineage = tell(arguments.data, next(iter(found)))
    text = (
        json.dumps(lineage, ensure_ascii=False, indent=2, sort_keys=True)
        if arguments.json
        else "\n".join(page(lineage))
    )
    sys.stdout.write(text + "\n")


def listing(found: Mapping[str, str], words: str, as_json: bool) -> str:
    """The records that fit, the first ones with their text; all of them, id -> text, as JSON."""
    if as_json:
        return json.dumps(dict(found), ensure_ascii=False, indent=2, sort_keys=True) + "\n"
    most = "at least " if len(found) == MOST else ""
    lines = [f"{most}{len(found):,} records fit '{shorten(words)}':"]
    lines += [f"  {id}  {text}" for id, text in list(found.items())[:LISTED]]
    lines += [f"  ... and {len(found) - LISTED:,} more"] if len(found) > LISTED else []
    return "\n".join([*lines, "One record's lineage: sft trace <id>", ""])


def tell(data: Path, id: str) -> Lineage:
    """The lineage of record `id` as JSON: its latest state, then what every stage did to it."""
    stations = {stage: _station(data, stage, id) for stage in STAGES}
    seen = [(stage, row) for stage, (row, _) in stations.items() if row is not None]
    last = seen[-1][1]
    dropped = next((_drop(stage, row) for stage, row in seen if stations[stage][1]), None)
    return {
        "id": id,
        "source": last["source"],
        "fields": last["fields"],
        "target": last["target"],
        "lang": last["lang"],
        "split": last["split"],
        "group": last["group"],
        "labels_by": last["labels_by"],
        "votes": last["votes"],
        "scores": dict(last["scores"] or []),
        "meta": dict(last.get("meta") or []),
        "stages": [{"stage": seen[n][0], "changes": _new_changes(seen, n)} for n in range(len(seen))],
        "dropped": dropped,
        "parent": last["parent_id"],
        "children": _related(data, "augment", "parent_id", id),
        "copies": _related(data, "clean", "other_id", id),
        "review": cast("list[ReviewRow]", rows_of(data / "clean" / "review.parquet", "record_id", id)),
        "queue": cast("list[QueueRow]", rows_of(data / "label" / "queue.parquet", "record_id", id)),
        "exported": None if dropped else _exported(data, id),
    }


def page(lineage: Lineage) -> Iterator[str]:
    """The lineage as lines for a terminal."""
    source = lineage["source"]
    yield f"record {lineage['id']}"
    yield from _fields(lineage)
    yield ""
    row = f", row {source['row']}" if source["row"] else ""
    yield f"{'collect':<10} {source['name']} ({source['kind']}, {source['role']})"
    yield f"{'':<10} {source['locator']}{row}" + (f", key {source['key']}" if source.get("key") else "")
    yield f"{'':<10} licence {source['licence'] or 'unknown'}"
    yield from _meta(lineage)
    if lineage["parent"]:
        yield f"{'augment':<10} made from {lineage['parent']}"
    for stage in lineage["stages"]:
        for n, change in enumerate(stage["changes"]):
            yield f"{stage['stage'] if n == 0 else '':<10} {change['step']}: {change['field']}"
            before, after = sides(change["before"], change["after"])
            yield f"{'':<12} - {shorten(before, 100)}"
            yield f"{'':<12} + {shorten(after, 100)}"
    yield from _label_lines(lineage)
    yield from _family_lines(lineage)
    yield from _end_lines(lineage)


def _meta(lineage: Lineage) -> Iterator[str]:
    if lineage["meta"]:
        yield f"{'known':<10} " + ", ".join(
            f"{name}: {shorten(text, 80)}" for name, text in sorted(lineage["meta"].items())
        )


def _fields(lineage: Lineage) -> Iterator[str]:
    for name, value in lineage["fields"].items():
        turns = value if isinstance(value, list) else [value]
        for n, turn in enumerate(turns):
            yield from (f"  {name if n == 0 else '':<8} {shorten(text, 160)}" for text in _texts(turn))
    yield from (f"  {'target':<8} {shorten(line, 160)}" for line in _texts(lineage["target"]))


def _texts(value: object) -> Iterator[str]:
    """A text, or the lines of a turn; nothing where there is none."""
    if isinstance(value, dict):
        yield from _turn(value)
    elif value is not None:
        yield str(value)


def _turn(turn: Mapping[str, object]) -> Iterator[str]:
    """A turn of a conversation: its reasoning, then its text and its calls."""
    message = Message.of(turn)
    if message.reasoning:
        yield f"{message.role} (reasoning): {message.reasoning}"
    if message.content or not message.tool_calls:
        yield f"{message.role}: {message.content}"
    yield from (f"{message.role} (call): {call.name}({call.arguments})" for call in message.tool_calls)


def _label_lines(lineage: Lineage) -> Iterator[str]:
    decision = lineage["labels_by"]
    if decision:
        sure = "" if decision["confidence"] is None else f", confidence {decision['confidence']:.2f}"
        yield f"{'label':<10} decided by {decision['who']}{sure}"
    for vote in lineage["votes"] or []:
        yield f"{'':<10} {vote['annotator']} said {_plain(vote['value'])}"
    yield from _review_lines(lineage)
    for task in lineage["queue"]:
        yield f"{'queue':<10} waits for a person: {task['reason']}"


def _review_lines(lineage: Lineage) -> Iterator[str]:
    for item in lineage["review"]:
        suggested = f", suggests {_plain(item['suggested'])}" if item["suggested"] else ""
        sure = "" if item["confidence"] is None else f" ({item['confidence']:.2f})"
        yield f"{'review':<10} {item['reason']}: given {_plain(item['given'])}{suggested}{sure}"


def _family_lines(lineage: Lineage) -> Iterator[str]:
    for title, family in (("copies", lineage["copies"]), ("children", lineage["children"])):
        for n, one in enumerate(family[:LISTED]):
            fate = f" (dropped: {one['reason']})" if one["reason"] else ""
            yield f"{title if n == 0 else '':<10} {one['id']}{fate}"
        if len(family) > LISTED:
            yield f"{'':<10} ... and {len(family) - LISTED:,} more"


def _end_lines(lineage: Lineage) -> Iterator[str]:
    drop = lineage["dropped"]
    if drop:
        other = f", because of {drop['other_id']}" if drop["other_id"] else ""
        yield f"{'dropped':<10} in {drop['stage']}, step {drop['step']}: {drop['reason']}{other}"
        if drop["detail"]:
            yield f"{'':<10} {shorten(drop['detail'], 160)}"
        return
    if lineage["split"]:
        yield f"{'split':<10} {lineage['split']}" + (f", group {lineage['group']}" if lineage["group"] else "")
    yield f"{'exported':<10} {lineage['exported'] or 'no (not in data/validate/dataset)'}"


def _plain(text: str) -> str:
    """A JSON value as people read it."""
    value = json.loads(text)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _new_changes(seen: Sequence[tuple[str, RecordRow]], n: int) -> list[ChangeRow]:
    before = len(seen[n - 1][1]["history"]) if n else 0
    changes = seen[n][1]["history"][before:]
    return [change for change in changes if change["field"] != "child_of"]


def _drop(stage: str, row: RecordRow) -> Dropped:
    return Dropped(stage=stage, step=row["step"], reason=row["reason"], detail=row["detail"], other_id=row["other_id"])


def _station(data: Path, stage: str, id: str) -> tuple[RecordRow | None, bool]:
    """The record's row after a stage, and whether the stage dropped it."""
    for name, was_dropped in (("records", False), ("dropped", True)):
        rows = cast("list[RecordRow]", rows_of(data / stage / f"{name}.parquet", "id", id))
        if rows:
            return rows[0], was_dropped
    return None, False


def _related(data: Path, stage: str, column: str, id: str) -> list[Relative]:
    found: list[Relative] = []
    for name in ("records", "dropped"):
        rows = cast("list[RecordRow]", rows_of(data / stage / f"{name}.parquet", column, id))
        found += [{"id": row["id"], "reason": row.get("reason")} for row in rows]
    return sorted(found, key=lambda one: str(one["id"]))


def _exported(data: Path, id: str) -> str | None:
    for path in sorted((data / "validate" / "dataset").glob("data/*.parquet")):
        if rows_of(path, "id", id):
            return path.as_posix()
    return None
