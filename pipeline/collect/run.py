"""Read every source of params.yaml into records; quarantine what cannot be read.

In: data/raw, task, collect. Out: records, and dropped rows with file, row, reason and the raw text.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pyarrow as pa

from pipeline.collect.gather import STEPS, Gathered, gather
from pipeline.collect.labels_from_data import write_labels
from pipeline.collect.params import Params
from pipeline.core.record import Record
from pipeline.core.settings import load, load_task
from pipeline.runtime.stage import Drop, Outcome, StageReport, drop_rows
from pipeline.runtime.store import schema, to_table


def run(raw: Path, out: Path) -> None:
    """Every input row is a kept record or a dropped row: `in = kept + dropped`.

    Rejected votes are added and dropped by the step `votes`: a vote is no record of its own.
    """
    write_labels(raw)
    task = load_task()
    found = gather(load("collect", Params), task, raw)
    columns = schema(task)
    # The rows in the order in which steps give them up, from the end.
    rows = found.kept + [record for step in reversed(STEPS) for record, _ in found.dropped[step]]
    report = StageReport("collect", to_table(rows, columns))
    for step in STEPS:
        report.apply(step, partial(_drop_tail, step=step, drops=[drop for _, drop in found.dropped[step]]))
    report.apply("votes", lambda table: _votes(table, found, columns))
    writers = (note.pop("writers", {}) for note in found.notes.values())
    report.notes = {"sources": found.notes, "writers": {name: one for some in writers for name, one in some.items()}}
    labelled = sum(record.target is not None for record in found.kept)
    votes = sum(len(record.votes) for record in found.kept)
    report.write(out, sources=len(found.notes), labelled=labelled, votes=votes)


def _drop_tail(table: pa.Table, step: str, drops: list[Drop]) -> Outcome:
    start = table.num_rows - len(drops)
    return drop_rows(table, step, {start + n: drop for n, drop in enumerate(drops)})


def _votes(table: pa.Table, found: Gathered, columns: pa.Schema) -> Outcome:
    bad: list[Record] = [record for record, _ in found.bad_votes]
    gone = _drop_tail(to_table(bad, columns), "votes", [drop for _, drop in found.bad_votes]).dropped
    return Outcome(table, gone, added=len(bad), changed=found.voted_on)
