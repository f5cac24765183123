"""Make new training records from the train split, keep those that pass the gate and do not hurt; select."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pyarrow as pa

from pipeline.augment.acceptance import Acceptance
from pipeline.augment.candidates import Candidate, make
from pipeline.augment.gate.checks import Verdicts
from pipeline.augment.notes import method_notes, writers
from pipeline.augment.params import Params, enabled_methods
from pipeline.augment.policy import parents, plan
from pipeline.augment.select.selection import select
from pipeline.core.settings import load, load_task
from pipeline.modeling.models import Models
from pipeline.runtime.awaiting_labels import awaits_labels
from pipeline.runtime.stage import Outcome, StageReport, drop_rows
from pipeline.runtime.store import read_records, to_records, to_table
from pipeline.tasks import task_type


def run(label: Path, out: Path) -> None:
    """Write records, dropped, report and metrics to `out`."""
    task, params, models = load_task(), load("augment", Params), load("models", Models)
    methods = enabled_methods(params)
    table = read_records(label / "records.parquet", task)
    report = StageReport("augment", table)
    if awaits_labels(table):
        report.notes = {"awaiting_labels": True}
        report.may_be_empty = True
        report.write(out)
        return
    records = list(to_records(table)) if methods else []  # nobody looks at them where no method is on
    draws = plan(methods, records, task, params.max_examples)
    made = make(methods, draws, parents(records), task, models, params.require_engines)
    acceptance = Acceptance(records, made.candidates, draws, params, task, models, methods)
    for name in methods:
        own = [c for c in made.candidates if c.method == name]
        report.apply(name, partial(add_children, candidates=own, verdicts=acceptance.rejected, step=name))
    if acceptance.unhelpful:
        report.apply("ablation", partial(drop_children, verdicts=acceptance.unhelpful))
    report.notes = {
        "methods": method_notes(methods, draws, made, acceptance, task_type(task).augmentable),
        "ablation": acceptance.ablation,
        "gate": acceptance.gate,
        "writers": writers(methods, models),
    }
    if params.select.keep is not None:
        report.apply("select", partial(select, settings=params.select, task=task, models=models))
        chosen = report.steps[-1]["notes"]
        report.notes |= {"select": chosen} if chosen else {}
    accepted = len({c.child.id for c in made.candidates} - acceptance.rejected.keys())
    report.write(out, examples_tried=len(made.candidates), examples_accepted=accepted)


def add_children(table: pa.Table, candidates: Sequence[Candidate], verdicts: Verdicts, step: str) -> Outcome:
    """The table with all candidates added, less those that the gate rejected."""
    children = to_table([c.child for c in candidates], table.schema)
    drops = {table.num_rows + n: verdicts[c.child.id] for n, c in enumerate(candidates) if c.child.id in verdicts}
    return drop_rows(pa.concat_tables([table, children]), step, drops, added=len(candidates))


def drop_children(table: pa.Table, verdicts: Verdicts) -> Outcome:
    """The table less the accepted examples of methods that did not help."""
    ids = table.column("id").to_pylist()
    return drop_rows(table, "ablation", {n: verdicts[name] for n, name in enumerate(ids) if name in verdicts})
