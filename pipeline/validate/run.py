"""Holds the final table against the suite of params.yaml; exports the dataset when no error is left."""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.core.counts import ranked
from pipeline.core.errors import PipelineError, Refused
from pipeline.core.record import Record
from pipeline.core.registry import did_you_mean
from pipeline.core.settings import load, load_task
from pipeline.modeling.models import Models
from pipeline.runtime.awaiting_labels import awaits_labels, write_awaiting
from pipeline.runtime.dataset_versions import INDEX, compare, split_digest
from pipeline.runtime.refused_dataset import write_refused
from pipeline.runtime.store import LEAN, read_records, read_stage_report, write_json, write_table
from pipeline.tasks import has_free_answers
from pipeline.validate.data_docs import write_data_docs
from pipeline.validate.dataset_view import EXPORTED, Released, View, labels_of, read_released, view_of
from pipeline.validate.expectation_results import results
from pipeline.validate.expectations.versions import drift
from pipeline.validate.export.dataset import export, writer_rows
from pipeline.validate.export.licences import most_restrictive
from pipeline.validate.export.mixture import READ, as_it_is, changed_by, mixed
from pipeline.validate.failing_records import FAILING, failing
from pipeline.validate.finding import Finding
from pipeline.validate.params import Params
from pipeline.validate.profile import profile
from pipeline.validate.report_types import Profile, Report, Totals
from pipeline.validate.semantic_coverage import MAP, coverage
from pipeline.validate.suite import make_checks, read_suite

if TYPE_CHECKING:
    import pyarrow as pa


STAGES = ("collect", "clean", "label", "augment")

log = logging.getLogger("pipeline")


def run(collect: Path, clean: Path, label: Path, augment: Path, released: Path, out: Path) -> None:
    """Read the stage folders and the released version; write dataset/, data_docs/ and what describes both to `out`.

    That is report.json, metrics.json, profile.json, index.parquet, map.parquet, failing.parquet
    and mixture.parquet.

    A failed `error` expectation raises `Refused`: the same files say what was found, and dataset/ holds a note.
    """
    params, task, models = load("validate", Params), load_task(), load("models", Models)
    rules = read_suite(params.suite)
    folders = dict(zip(STAGES, (collect, clean, label, augment), strict=True))
    reports = {stage: read_stage_report(folder / "report.json") for stage, folder in folders.items()}
    table = read_records(augment / "records.parquet", task, LEAN)
    if awaits_labels(table):
        _write_awaiting(out)
        return
    view = view_of(table, task, models, reports)
    _check_labelled(view)
    totals: Totals = {"name": params.name, **dataset_totals(view)}
    mixture = mixed(view, params.mixture) if params.mixture else None
    if mixture or has_free_answers(task):
        totals["mixture"] = list(mixture.groups) if mixture else as_it_is(view)
    view, points = described(view, params, totals, read_released(released))
    checks = make_checks(rules, view)
    found = results(rules, checks, view)
    findings = found.findings
    listed = [finding.as_dict() for finding in findings]
    report: Report = {"stage": "validate", "expectations": listed, "dataset": totals, "changes": changes(view)}
    _log(findings)
    write_json(report, out / "report.json")
    write_json({**view.profile, "gates": gates(findings)}, out / "profile.json")
    write_table(view.index, out / "index.parquet")
    write_table(points, out / "map.parquet")
    write_table(failing(checks, findings, view), out / "failing.parquet")
    write_table(changed_by(mixture), out / "mixture.parquet")
    write_data_docs(found, totals, out / "data_docs")
    write_json(_metrics(findings, totals, view.profile), out / "metrics.json")
    errors = [explain(finding) for finding in findings if not finding.passed and finding.severity == "error"]
    if errors:
        write_refused(out / "dataset", "\n\n".join(errors))
        raise Refused("\n".join(errors), _REMEDY)
    export(view, params, report, out / "dataset", mixture)


def _write_awaiting(out: Path) -> None:
    """No dataset, and results that say why; rules are held against it once somebody has labelled something."""
    tables = {"index.parquet": INDEX, "map.parquet": MAP, "failing.parquet": FAILING, "mixture.parquet": READ}
    write_awaiting("validate", out, tables, folders=["dataset", "data_docs"])
    write_json({}, out / "profile.json")


def _check_labelled(view: View) -> None:
    if not view.labelled:
        raise PipelineError(
            "validate: no labelled record is in train, dev or test, so there is nothing to export.",
            "Look at data/label/report.json: who was to decide the labels, and how sure they had to be.",
        )


def described(view: View, params: Params, totals: Totals, released: Released | None) -> tuple[View, pa.Table]:
    """The view with its profile and the released version, and the points of the map."""
    unknown = sorted(set(params.attributes) - {*view.columns, "length"})
    if unknown:
        raise PipelineError(
            f"params.yaml: validate.attributes: the table has no column '{unknown[0]}'.",
            did_you_mean(unknown[0], [*view.columns, "length"]),
        )
    found, points = coverage(view, params.map_records)
    described = profile(view, params, totals, found)
    described["test_digest"] = split_digest(view.index, "test")
    return replace(view, profile=described, released=released), points


def gates(findings: Sequence[Finding]) -> dict[str, dict[str, float]]:
    """The figures of every expectation, for the versions to come."""
    return {finding.key: {one["name"]: one["value"] for one in finding.gauges} for finding in findings}


def changes(view: View) -> dict[str, object] | None:
    """What became of the released version's records, and how far distributions moved; None without one."""
    if view.released is None:
        return None
    found = compare(view.released.index, view.index)
    return {
        "since": view.released.profile["name"],
        **found.counts(),
        "drift": drift(view.released.profile, view.profile),
    }


def dataset_totals(view: View) -> Totals:
    """Counts of what is exported, and of what is not and why."""
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for record in view.labelled:
        _count(view, record, counts)
    written = [row["licence"] for row in writer_rows(view)]  # terms of language models bind like those of sources
    return {
        "rows": {name: counts["rows"][split] for split, name in EXPORTED.items()},
        "classes": {name: dict(sorted(counts[f"classes {split}"].items())) for split, name in EXPORTED.items()},
        "languages": dict(ranked(counts["languages"])),
        "sources": dict(ranked(counts["sources"])),
        "label_by": dict(ranked(counts["label_by"])),
        "licence": most_restrictive([*sorted(counts["licences"]), *written] or [""]),
        "augmented": counts["augmented"].total(),
        "not_exported": {
            "no_label": len(view.records) - len(view.labelled),
            "benchmark": len(view.held_back),
            "unlabelled_split": view.rows - len(view.records) - len(view.held_back),
        },
    }


def _count(view: View, record: Record, counts: defaultdict[str, Counter[str]]) -> None:
    """Count an exported record under all that the totals tell."""
    counts["rows"][str(record.split)] += 1
    counts[f"classes {record.split}"].update(labels_of(record.target) if view.task.labels else ())
    counts["languages"][record.lang] += 1
    counts["sources"][record.source.name] += 1
    counts["label_by"][record.labels_by.who if record.labels_by else "(nobody)"] += 1
    counts["licences"][record.source.licence] += 1
    if record.parent_id is not None:
        counts["augmented"][""] += 1


def explain(finding: Finding) -> str:
    """A failed expectation in one paragraph: what, how many, the first ones."""
    named = "; ".join(f"{item['id']} ({item['why']})" if item["id"] else item["why"] for item in finding.first[:5])
    more = finding.unexpected - min(len(finding.first), 5)
    tail = f"; and {more:,} more" if more > 0 else ""
    count = (
        f"{finding.unexpected:,} of {finding.checked:,} records: " if finding.first and finding.first[0]["id"] else ""
    )
    return f"validate: {finding.expect} failed ({finding.title}): {count}{named or finding.observed}{tail}"


_REMEDY = (
    "The quality report lists them all: `sft repro` writes it after a failure too, after `dvc repro` it is "
    "`sft run report data data/report`. Follow a record with `sft trace <record id>`; then fix the data or the stage "
    "that let it through, or change the entry in params.yaml: validate.suite (severity: warn reports without stopping)."
)


def _metrics(findings: Sequence[Finding], totals: Totals, found: Profile) -> dict[str, float]:
    failed = Counter(finding.severity for finding in findings if not finding.passed)
    rows = {f"rows_{name}": count for name, count in totals["rows"].items()}
    passed = sum(finding.passed for finding in findings)
    return {
        **rows,
        "rows": sum(rows.values()),
        "expectations": len(findings),
        "expectations_passed": passed,
        "expectations_failed": len(findings) - passed,
        "errors": failed["error"],
        "warnings": failed["warn"],
        **{
            f"quality_{name}": one["score"] for name, one in found["quality_scores"].items() if one["score"] is not None
        },
    }


def _log(findings: Sequence[Finding]) -> None:
    for finding in findings:
        word = "holds" if finding.passed else finding.severity.upper()
        log.info("%-9s %-22s %-6s %s (%s)", "validate", finding.expect, word, finding.title, finding.observed)
