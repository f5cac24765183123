"""Decide one label a record from people, crowd votes, the source and a model; queue what people should look at."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline.label.annotations import check_against, read_folder, settle
from pipeline.label.annotators import agreement_report
from pipeline.label.evidence import Group
from pipeline.label.gather import gather
from pipeline.label.label_studio_export import readers
from pipeline.label.merge import Ledger, merge
from pipeline.label.params import Params
from pipeline.label.prelabel import Prelabels
from pipeline.label.review_queue import by_record, queue
from pipeline.modeling.models import Models
from pipeline.settings import load, load_task
from pipeline.stage import StageReport, count, enter, per_record
from pipeline.store import read_table, to_records, write_table


def run(clean: Path, annotations: Path, out: Path) -> None:
    """Write records, dropped, queue, report and metrics to `out`."""
    task, params, models = load_task(), load("label", Params), load("models", Models)
    table = read_table(clean / "records.parquet")
    review = by_record(read_table(clean / "review.parquet"))
    records = {record.id: record for record in to_records(table)}
    reading = settle(read_folder(annotations, readers(task)), check_against(records, task))
    human, crowd, evidence = gather(records, reading, set(review), (task, params), models.encoder)
    ledger = Ledger()
    report = StageReport("label", table)
    report.apply("merge", lambda rows: per_record(rows, "merge", lambda r: merge(r, evidence, params, ledger)))
    waiting = queue(records.values(), evidence, review, reading.changed_texts(), params)
    write_table(waiting, out / "queue.parquet")
    report.notes = {
        "annotations": reading.summary(),
        "merge": ledger.summary(),
        "prelabel": evidence.prelabels.report,
        "agreement": {name: about(group, params) for name, group in (("human", human), ("crowd", crowd))},
        "queue": {"rows": waiting.num_rows, "reasons": count(waiting, "reason")},
        "doubtful_but_dropped": len(set(review) - set(records)),  # `clean` dropped them, so no label to decide
    }
    report.write(out, **metrics(report, ledger, evidence.prelabels, waiting))


def about(group: Group, params: Params) -> dict[str, Any]:
    """The agreement report of a group; free answers can only be counted."""
    if group.votes is None or group.consensus is None:
        return {"items": len(group.opinions)}
    return agreement_report(group.votes, group.consensus, params.agreement)


def metrics(report: StageReport, ledger: Ledger, prelabels: Prelabels, waiting: pa.Table) -> dict[str, float]:
    """The headline figures for `dvc metrics`."""
    found: dict[str, float] = {"queued": waiting.num_rows, "relabelled": sum(ledger.changes.values())}
    found |= {f"by_{kind}": ledger.decided_by.get(kind, 0) for kind in ("human", "crowd", "source", "model")}
    for group, agreement in report.notes["agreement"].items():
        if agreement.get("alpha") is not None:
            found[f"alpha_{group}"] = agreement["alpha"]
    for name in ("ece_after", "accuracy", "accepted_accuracy"):
        if prelabels.report.get(name) is not None:
            found[f"prelabel_{name}"] = prelabels.report[name]
    return found


if __name__ == "__main__":
    enter("label", __doc__, ("clean", "annotations"), run)
