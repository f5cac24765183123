"""Read every source of params.yaml into records; quarantine what cannot be read.

In: data/raw, task, collect. Out: records, and dropped rows with file, row, reason and the raw text.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.collect.gather import STEPS, Gathered, gather, votes_on
from pipeline.collect.labels_from_data import write_labels
from pipeline.collect.params import Params
from pipeline.core.settings import load, load_task
from pipeline.runtime.columns import dropped_schema
from pipeline.runtime.stage import Outcome, StageReport, drop_rows
from pipeline.runtime.store import to_table


def run(raw: Path, out: Path) -> None:
    """Every input row is a kept record or a dropped row: `in = kept + dropped`.

    Rejected votes are added and dropped by the step `votes`: a vote is no record of its own.
    """
    write_labels(raw)
    task = load_task()
    found = gather(load("collect", Params), task, raw)
    columns = found.columns
    kept, nothing = pa.concat_tables(found.kept), dropped_schema(columns).empty_table()
    gone = {step: pa.concat_tables([nothing, *found.dropped[step]]) for step in STEPS}
    # The rows in the order in which steps give them up, from the end.
    given_up = [gone[step].select(columns.names) for step in reversed(STEPS)]
    report = StageReport("collect", pa.concat_tables([kept, *given_up]))
    for step in STEPS:
        report.apply(step, partial(_give_up, dropped=gone[step]))
    report.apply("votes", lambda table: _votes(table, found, columns))
    writers = (note.pop("writers", {}) for note in found.notes.values())
    report.notes = {"sources": found.notes, "writers": {name: one for some in writers for name, one in some.items()}}
    votes = pc.sum(votes_on(kept)).as_py() or 0
    report.write(out, sources=len(found.notes), labelled=kept.num_rows - kept["target"].null_count, votes=votes)


def _give_up(table: pa.Table, dropped: pa.Table) -> Outcome:
    """The table less its last rows, which are those dropped."""
    return Outcome(table.slice(0, table.num_rows - dropped.num_rows), dropped)


def _votes(table: pa.Table, found: Gathered, columns: pa.Schema) -> Outcome:
    bad = to_table((record for record, _ in found.bad_votes), columns)
    gone = drop_rows(bad, "votes", {n: drop for n, (_, drop) in enumerate(found.bad_votes)}).dropped
    return Outcome(table, gone, added=bad.num_rows, changed=found.voted_on)
