"""The contract that every stage keeps: what a step returns, how steps are folded, how a stage is entered.

A step takes a table of records and returns an `Outcome`: the rows it kept, the rows it
dropped with step, reason and evidence, and how many it added. Nothing vanishes:
`in + added = kept + dropped` is checked after every step.
"""

from __future__ import annotations

import argparse
import gc
import logging
import os
import shutil
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.core.errors import PipelineError, Refused, exit_code
from pipeline.core.progress import heartbeat, name_place
from pipeline.core.record import Record, Reject
from pipeline.runtime.columns import DROPPED, dropped_schema
from pipeline.runtime.params_sections import check_sections_once
from pipeline.runtime.parts import parts_of, take_rows
from pipeline.runtime.progress_bars import silence_bars
from pipeline.runtime.shards import write_shards
from pipeline.runtime.store import to_records, to_table, write_json
from pipeline.runtime.threads import limit_threads

log = logging.getLogger("pipeline")

_ROWS = 4096  # of a table that are Python objects at a time; a guess: not measured


@dataclass(frozen=True)
class Outcome:
    """What a step made of a table. `notes` is JSON that goes to report.json as it is."""

    kept: pa.Table
    dropped: pa.Table
    added: int = 0
    changed: int = 0
    notes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Drop:
    """Why one row goes: its reason (a snake_case word), what was found, and the record it relates to."""

    reason: str
    detail: str = ""
    other_id: str | None = None


Step = Callable[[pa.Table], Outcome]


def keep_all(table: pa.Table, **more: Any) -> Outcome:
    """An outcome that drops nothing."""
    return Outcome(table, dropped_schema(table.schema).empty_table(), **more)


def drop_rows(table: pa.Table, step: str, drops: Mapping[int, Drop], **more: Any) -> Outcome:
    """Split `table` by row number: rows in `drops` go, the rest stay in order."""
    if not drops:
        return keep_all(table, **more)
    order = sorted(drops)
    goes = np.zeros(table.num_rows, bool)
    goes[order] = True
    gone = table.filter(pa.array(goes))
    reasons: dict[str, list[str] | list[str | None]] = {
        "step": [step] * len(order),
        "reason": [drops[n].reason for n in order],
        "detail": [drops[n].detail for n in order],
        "other_id": [drops[n].other_id for n in order],
    }
    for name, kind in DROPPED.items():
        gone = gone.append_column(name, pa.array(reasons[name], kind))
    return Outcome(table.filter(pa.array(~goes)), gone, **more)


def replace_rows(table: pa.Table, changed: Mapping[int, Record]) -> pa.Table:
    """The table with some rows (by number) replaced, part by part, so that few are held as Python objects."""
    numbers = sorted(changed)
    parts = []
    start = place = 0
    for part in parts_of(table, _ROWS) if numbers else ():
        order = list(range(part.num_rows))
        records: list[Record] = []
        while place < len(numbers) and numbers[place] < start + part.num_rows:
            order[numbers[place] - start] = part.num_rows + len(records)
            records.append(changed[numbers[place]])
            place += 1
        both = pa.concat_tables([part, to_table(records, table.schema)]) if records else part
        parts.append(take_rows(both, order) if records else part)
        start += part.num_rows
    return pa.concat_tables(parts) if parts else table


def per_record(
    table: pa.Table,
    step: str,
    work: Callable[[Record], Record],
    looked_at: NDArray[np.bool_] | None = None,
    **more: object,
) -> Outcome:
    """Apply `work` to every record; a `Reject` drops it. Rows that `work` returns unchanged are not rebuilt.

    With `looked_at` to those rows alone: the others stay as they are and are not decoded.
    """
    parts, start = [keep_all(table.slice(0, 0))], 0
    for part in parts_of(table, _ROWS):
        mine = None if looked_at is None else np.flatnonzero(looked_at[start : start + part.num_rows])
        start += part.num_rows
        changed: dict[int, Record] = {}
        drops: dict[int, Drop] = {}
        for n, record in _numbered(part, mine):
            try:
                result = work(record)
            except Reject as reject:
                drops[n] = Drop(reject.reason, reject.detail, reject.other_id)
                continue
            if result is not record:
                changed[n] = result
        parts.append(drop_rows(replace_rows(part, changed), step, drops, changed=len(changed)))
    return joined(parts, **more)


def _numbered(part: pa.Table, rows: NDArray[np.int64] | None) -> Iterator[tuple[int, Record]]:
    """The records of a part, or of some rows of it, with their row numbers."""
    if rows is None or len(rows) == part.num_rows:
        return enumerate(to_records(part))
    return zip(rows.tolist(), to_records(take_rows(part, rows)), strict=True)


def joined(parts: Sequence[Outcome], **more: Any) -> Outcome:
    """The outcomes of a table's parts as one; `more` as in Outcome."""
    kept, dropped = (pa.concat_tables([getattr(part, name) for part in parts]) for name in ("kept", "dropped"))
    return Outcome(kept, dropped, changed=sum(part.changed for part in parts), **more)


class StageReport:
    """Folds steps over a table while it keeps the books: counts per step, all dropped rows."""

    def __init__(self, stage: str, table: pa.Table, rows_in: int | None = None) -> None:
        self.stage = stage
        self.table = table
        self.rows_in = table.num_rows if rows_in is None else rows_in
        self.dropped: list[pa.Table] = []
        self.steps: list[dict[str, Any]] = []
        self.notes: dict[str, Any] = {}
        self.may_be_empty = False  # see pipeline/runtime/awaiting_labels.py

    def apply(self, name: str, step: Step) -> None:
        """Run one step on the current table, check that nothing vanished, log one line."""
        before, started = self.table.num_rows, time.monotonic()
        name_place(self.stage, name)
        outcome = step(self.table)
        name_place(self.stage)
        kept, gone = outcome.kept.num_rows, outcome.dropped.num_rows
        if before + outcome.added != kept + gone:
            raise RuntimeError(f"{self.stage}.{name} lost records: {before} + {outcome.added} != {kept} + {gone}")
        reasons = count(outcome.dropped, "reason")
        self.table = outcome.kept
        self.dropped.append(outcome.dropped)
        entry = {"step": name, "in": before, "added": outcome.added, "kept": kept, "dropped": gone}
        self.steps.append({**entry, "changed": outcome.changed, "reasons": reasons, "notes": dict(outcome.notes)})
        why = ", ".join(f"-{n:,} {reason}" for reason, n in reasons.items())
        plus = f"  (+{outcome.added:,})" if outcome.added else ""
        edits = f"  ({outcome.changed:,} edited)" if outcome.changed else ""
        arrow = f"{before:>9,} -> {kept:,}{plus}{edits}{f'  ({why})' if why else ''}"
        log.info("%-9s %-22s %s  %.1f s", self.stage, name, arrow, time.monotonic() - started)

    def write(self, out: Path, **metrics: float) -> None:
        """Write records.parquet, dropped.parquet, report.json and metrics.json to `out`.

        Raises PipelineError when no record is left, unless `may_be_empty` is set: nothing later could run.
        """
        dropped = pa.concat_tables([dropped_schema(self.table.schema).empty_table(), *self.dropped])
        added = sum(step["added"] for step in self.steps)
        totals = {"in": self.rows_in, "added": added, "kept": self.table.num_rows, "dropped": dropped.num_rows}
        if self.table.num_rows == 0 and not self.may_be_empty:
            raise PipelineError(f"{self.stage}: no record is left. {self._where_they_went()}", _LOOK_AT)
        write_shards(self.table, out / "records.parquet")
        write_shards(dropped, out / "dropped.parquet")
        report = {"stage": self.stage, **totals, "steps": self.steps, "kept_by": breakdown(self.table)}
        write_json({**report, "notes": self.notes}, out / "report.json")
        write_json({**totals, **metrics}, out / "metrics.json")

    def _where_they_went(self) -> str:
        lost = [f"{s['step']} dropped {s['dropped']:,} ({', '.join(s['reasons'])})" for s in self.steps if s["dropped"]]
        return "; ".join(lost) or "The input was empty."


_LOOK_AT = "Loosen that step's setting in params.yaml, or look at the input it names."


def count(table: pa.Table, column: str) -> dict[str, int]:
    """How many rows carry each value of a string column, most frequent first; null counts as '(none)'."""
    values = Counter(value or "(none)" for value in table.column(column).to_pylist())
    return dict(sorted(values.items(), key=lambda item: (-item[1], item[0])))


def breakdown(table: pa.Table) -> dict[str, dict[str, int]]:
    """Row counts by source, language, split and who decided the label."""
    source = pc.struct_field(table.column("source"), "name")
    who = pc.struct_field(table.column("labels_by"), "who")
    flat = pa.table({"source": source, "lang": table["lang"], "split": table["split"], "labels_by": who})
    return {name: count(flat, name) for name in flat.column_names}


#: Objects made before Python looks for unused cycles among them. Records hold none, and a hundred thousand of them are
#: looked through time and again: with the default, of 100,000 rows, label takes 29 % more CPU time and validate 14 %
#: (benchmarks/memory.py prints these times).
_COLLECTED = (100_000, 50, 100)


def enter(
    stage: str, about: str | None, inputs: Sequence[str], work: Callable[..., object], trains: bool = False
) -> None:
    """The command line of a stage: `python -m pipeline.<stage> INPUT... OUT`.

    Checks every section of params.yaml, then calls `work(*inputs, out)` with a temporary folder as `out` and moves the
    results in place only when it succeeds, so a failed run leaves nothing half-written. Exits 1 on a PipelineError.
    Of several processes that share the work (accelerate, torchrun) the first one alone logs and leaves results.
    `trains`: see `limit_threads`.
    """
    limit_threads(trains)
    if not trains:  # where models are trained, cycles may hold tensors
        gc.set_threshold(*_COLLECTED)
    silence_bars()
    name_place(stage)
    parser = argparse.ArgumentParser(prog=f"python -m pipeline.{stage}", description=about)
    for name in (*inputs, "out"):
        parser.add_argument(name, type=Path)
    paths = vars(parser.parse_args())
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    log.setLevel(logging.INFO if _rank() == 0 else logging.ERROR)
    out: Path = paths.pop("out")

    def run() -> None:
        check_sections_once()
        with heartbeat():
            in_temporary_folder(out, lambda folder: work(*paths.values(), folder))

    sys.exit(exit_code(run))


def in_temporary_folder(out: Path, work: Callable[[Path], object]) -> None:
    """Call `work` with a folder beside `out`; what it wrote moves there, but after an error other than `Refused`."""
    folder = out.parent / f".{out.name}.unfinished{_rank() or ''}"
    _remove(folder)  # what a run that was killed left
    folder.mkdir(parents=True)
    try:
        work(folder)
        _place(folder, out)
    except Refused:
        _place(folder, out)
        raise
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _remove(path: Path) -> None:
    try:
        if path.is_dir():
            shutil.rmtree(path)
        path.unlink(missing_ok=True)
    except OSError as error:
        raise PipelineError(
            f"{path}: what an earlier run left cannot be removed: {error.strerror}.",
            "Change the permissions, or remove it as the user who owns it; then run the same command again.",
        ) from None


def _rank() -> int:
    """The number of this process among those that accelerate or torchrun started for one run; 0 where it is alone."""
    return int(os.environ.get("RANK", "0")) if int(os.environ.get("WORLD_SIZE", "1")) > 1 else 0


def _place(folder: Path, out: Path) -> None:
    if _rank() != 0:
        return
    out.mkdir(parents=True, exist_ok=True)
    for result in sorted(folder.iterdir()):
        target = out / result.name
        if target.is_dir():
            shutil.rmtree(target)
        elif result.is_dir():
            target.unlink(missing_ok=True)  # a table of one file, as earlier versions wrote them
        result.replace(target)
