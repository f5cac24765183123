"""Repair text, remove duplicates, find likely label errors, assign splits."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import cast

from pipeline.annotation.review_decisions import final_decisions, read_decisions
from pipeline.clean.params import Params, chosen_steps
from pipeline.clean.review_decisions import drop_decided, keeping
from pipeline.clean.step import Context, review_table
from pipeline.clean.steps.pii import Pii, mask_dropped
from pipeline.core.settings import load, load_task
from pipeline.modeling.models import Models
from pipeline.runtime.engine import load_engine
from pipeline.runtime.part_cache import tidy
from pipeline.runtime.stage import StageReport, count
from pipeline.runtime.store import read_records, write_table


def run(collected: Path, decisions: Path, out: Path) -> None:
    """Clean `collected`/records.parquet; write records, dropped, review, report and metrics to `out`.

    `decisions` is the folder of what people decided in the report (docs/labelling.md).
    """
    params = load("clean", Params)
    steps = chosen_steps(params)
    context = Context(load_task(), load("models", Models), engine=load_engine())
    report = StageReport("clean", read_records(collected / "records.parquet", context.task))
    decided = final_decisions(read_decisions(decisions))
    if decided:
        report.apply("decisions", partial(drop_decided, decided=decided))
    masking = partial(mask_dropped, settings=cast("Pii", params.of("pii")), context=context)
    for name, step in steps.items():
        work = partial(step.function, settings=params.of(name), context=context)
        kept = keeping(name, work, decided, masking if name == "pii" else None)
        report.apply(name, kept if decided.keep else work)
    if "pii" in steps:
        before = list(steps).index("pii") + bool(decided)
        report.dropped[: before + 1] = map(masking, report.dropped[: before + 1])
    tidy()
    review = review_table(context.review_items, set(report.table.column("id").to_pylist()))
    write_table(review, out / "review.parquet")
    splits = count(report.table, "split")
    report.notes["review"] = count(review, "reason")
    report.write(out, review=review.num_rows, **{f"split_{name}": n for name, n in splits.items() if name != "(none)"})
