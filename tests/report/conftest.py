"""A small finished project, made with the pipeline's own store and stage functions."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from pipeline.core.record import Decision, Record, Source, as_json, content_id
from pipeline.core.settings import Task
from pipeline.modeling.models import Models
from pipeline.report import params as report_params
from pipeline.report.document import build
from pipeline.report.inputs import load_inputs
from pipeline.runtime.columns import schema
from pipeline.runtime.shards import write_shards
from pipeline.runtime.stage import Drop, Outcome, StageReport, drop_rows, per_record
from pipeline.runtime.store import files_of, read_json, to_records, to_table, write_json, write_table
from pipeline.validate.dataset_view import View, view_of
from pipeline.validate.params import Params
from pipeline.validate.run import dataset_totals, described

TASK = Task(type="classification", labels=("negative", "neutral", "positive"), languages=("en", "zh"))
HOSTILE = '<script>window.hacked=1</script><img src=x onerror="window.hacked=1">'
TEXTS = [
    "The battery lasts all day and charges fast",
    "Screen came cracked, nobody answers my mails",
    "它的屏幕很清晰，非常满意",
    "物流太慢，包装也破了",
    "It is a phone. It makes calls.",
    "مرحبا بالعالم 😀 جيد",
]


def make_record(n: int, text: str | None = None, label: str | None = None, **more) -> Record:
    """Record number `n`, with a text of its own unless one is given."""
    text = text if text is not None else f"{TEXTS[n % len(TEXTS)]} ({n})"
    name, licence = (("tweets", "MIT"), ("reviews", "CC-BY-4.0"))[n % 2]
    source = Source(name, "files", f"data/raw/{name}.csv", n + 2, licence, "train", n % 3 == 0)
    values = {"target": TASK.labels[n % 3] if label is None else label, "lang": "zh" if n % 6 in (2, 3) else "en"}
    return Record(**{"id": content_id(name, str(n)), "fields": {"text": text}, "source": source, **values, **more})


def _collect(folder: Path, records: list[Record]) -> pa.Table:
    report = StageReport("collect", to_table(records, schema(TASK)))
    report.apply("read", lambda t: drop_rows(t, "read", {1: Drop("unknown_label", "'posi' is not among task.labels")}))
    report.write(folder / "collect")
    return report.table


def _clean(folder: Path, table: pa.Table) -> pa.Table:
    def repair(record: Record) -> Record:
        text = record.fields["text"]
        return record.derive("repair_text", fields={"text": text.strip()}) if text != text.strip() else record

    def copies(t: pa.Table) -> Outcome:
        first: dict[str, str] = {}
        drops = {}
        for n, record in enumerate(to_records(t)):
            if first.setdefault(record.fields["text"], record.id) != record.id:
                drops[n] = Drop("exact_duplicate", "same text", first[record.fields["text"]])
        return drop_rows(t, "exact_duplicates", drops, notes={"pairs": len(drops)})

    def splits(record: Record) -> Record:
        share = int(record.id[:2], 16) / 255
        return record.derive("splits", split="test" if share < 0.3 else "dev" if share < 0.45 else "train")

    report = StageReport("clean", table)
    report.apply("repair_text", lambda t: per_record(t, "repair_text", repair))
    report.apply("exact_duplicates", copies)
    report.apply("splits", lambda t: per_record(t, "splits", splits))
    report.write(folder / "clean")
    rows = [
        {
            "record_id": record.id,
            "reason": "label_error",
            "given": as_json(record.target),
            "suggested": as_json("neutral"),
            "confidence": 0.5 + n / 100,
            "group": None,
            "detail": "neighbours disagree",
        }
        for n, record in enumerate(list(to_records(report.table))[:8])
    ]
    write_table(pa.Table.from_pylist(rows), folder / "clean" / "review.parquet")
    return report.table


def _label(folder: Path, table: pa.Table) -> pa.Table:
    def decide(record: Record) -> Record:
        return record.derive("decide", labels_by=Decision("human:ann" if record.id < "4" else "source:tweets", 0.9))

    report = StageReport("label", table)
    report.apply("decide", lambda t: per_record(t, "decide", decide))
    bins = [{"confidence": c / 10, "accuracy": (c / 10) ** 1.2, "count": 10 * c} for c in range(3, 10)]
    report.notes = {
        "agreement": {
            "human": {
                "alpha": 0.71,
                "alpha_interval": [0.65, 0.77],
                "items": 12,
                "tied": 1,
                "annotator_list": [{"annotator": "ann", "votes": 20, "quality": 0.9, "weak": False}],
                "pairs": [{"annotators": ["ann", "bob"], "items": 12, "agree": 0.8, "kappa": 0.7}],
            }
        },
        "merge": {
            "conflicts": {"human_over_source": 3},
            "conflict_examples": [{"record_id": make_record(1).id, "source": "negative", "human": "positive"}],
        },
        "calibration": {"bins": bins, "ece": 0.04},
        "prelabel": {
            "applies": True,
            "curve": {
                "applies": True,
                "pool": 300,
                "held_out": 100,
                "accuracy_of_all": 0.83,
                "labels_needed": {"ours": 40, "random": None},
                "points": [{"labels": n, "ours": 0.6 + n / 400, "random": 0.5 + n / 400} for n in (10, 40, 90)],
            },
        },
    }
    report.write(folder / "label")
    queue = [{"record_id": "a", "reason": "uncertain", "priority": 0.9, "prelabel": None, "confidence": 0.4}]
    write_table(pa.Table.from_pylist(queue), folder / "label" / "queue.parquet")
    return report.table


def _augment(folder: Path, table: pa.Table) -> None:
    parents = [record for record in to_records(table) if record.split == "train"][:6]
    made = [p.child("synonyms", {"text": p.fields["text"].replace("fast", "quickly") + "!"}, p.target) for p in parents]

    def grow(t: pa.Table) -> Outcome:
        more = pa.concat_tables([t, to_table(made, t.schema)])
        drops = {t.num_rows: Drop("meaning_changed", "similarity 0.41 < 0.8")}
        return drop_rows(more, "synonyms", drops, added=len(made))

    report = StageReport("augment", table)
    report.apply("synonyms", grow)
    report.write(folder / "augment")
    view = validated(folder, report.table, TASK)
    rows = view.index.to_pylist()[10:]
    rows[0]["target"] = '"another"'
    old = pa.Table.from_pylist(rows, schema=view.index.schema)
    write_table(old, folder / "released" / "index.parquet")
    gates = {"class_balance train": {"smallest": 0.25}}
    write_json({**view.profile, "gates": gates}, folder / "released" / "profile.json")


def validated(folder: Path, table: pa.Table, task: Task) -> View:
    """Profile, index, map and final table as the stages write them."""
    paths = {stage: folder / stage / "report.json" for stage in ("collect", "clean", "label", "augment")}
    view = view_of(table, task, Models(), {stage: read_json(p) for stage, p in paths.items() if p.is_file()})
    totals: Any = {"name": "tiny", **dataset_totals(view)}
    view, points = described(view, Params(map_records=400), totals, None)
    write_json(view.profile, folder / "validate" / "profile.json")
    write_table(view.index, folder / "validate" / "index.parquet")
    write_table(points, folder / "validate" / "map.parquet")
    if not files_of(folder / "augment" / "records.parquet"):
        write_shards(table, folder / "augment" / "records.parquet")
    return view


def make_project(folder: Path, size: int = 60, hostile: bool = True) -> Path:
    """All stage folders of a finished project below `folder`."""
    records = [make_record(n) for n in range(size)]
    records[4] = make_record(4, text="  It is a phone.\u00a0 It makes calls. \n")
    records[10] = make_record(10, text=records[0].fields["text"])
    records[16] = make_record(16, text=records[0].fields["text"])
    if hostile:
        records[20] = make_record(20, text=f"{HOSTILE} ‮evil‬ {'长' * 100_000}")
    _augment(folder, _label(folder, _clean(folder, _collect(folder, records))))
    evaluation(folder)
    return folder


def evaluation(folder: Path) -> None:
    """What validate, train and evaluate report."""
    checks = [
        {
            "expect": "unique_ids",
            "severity": "error",
            "passed": True,
            "title": "ids are unique",
            "unexpected": 0,
            "first": [],
        },
        {
            "expect": "class_balance",
            "severity": "warn",
            "passed": False,
            "key": "class_balance train",
            "gauges": [{"name": "smallest", "value": 0.2, "low": 0.3, "high": None, "unit": "share"}],
            "title": "classes are balanced",
            "unexpected": 3,
            "observed": "neutral: 20 %",
            "first": [{"id": "", "why": HOSTILE}],
        },
    ]
    drift = dict.fromkeys(("labels", "languages", "sources", "length", "vocabulary"), 0.1)
    changes = {"since": "tiny", "kept": 40, "added": 10, "removed": 0, "relabelled": 1, "rewritten": 0, "moved": 0}
    report = {"stage": "validate", "expectations": checks, "changes": {**changes, "drift": drift}}
    write_json(report, folder / "validate" / "report.json")
    figure = {"value": 0.71, "low": 0.68, "high": 0.74}
    report = {
        "metrics": {
            "macro_f1": figure,
            "accuracy": {**figure, "value": 0.73},
            "ece": {"value": 0.05, "low": 0.03, "high": 0.08},
        },
        "headline": "macro_f1",
        "slices": [
            {
                "attribute": "lang",
                "slice": "zh",
                "n": 20,
                **figure,
                "difference": {**figure, "value": -0.1},
                "p": 0.01,
                "worse": True,
            }
        ],
        "worst_errors": [
            {"record_id": "f00", "text": HOSTILE, "given": '"neutral"', "suggested": '"positive"', "confidence": 0.98}
        ],
        "reliability": [
            {"confidence": 0.6, "accuracy": 0.5, "count": 9},
            {"confidence": 0.9, "accuracy": 0.8, "count": 50},
        ],
    }
    counts = [[50, 8, 2], [6, 40, 9], [1, 7, 70]]
    pairs = [
        (a, b)
        for a, row in zip(TASK.labels, counts, strict=True)
        for b, n in zip(TASK.labels, row, strict=True)
        for _ in range(n)
    ]
    rows = [
        {"id": str(n), "given": as_json(a), "predicted": as_json(b), "correct": a == b}
        for n, (a, b) in enumerate(pairs)
    ]
    write_table(pa.Table.from_pylist(rows), folder / "evaluate" / "predictions.parquet")
    write_json(report, folder / "evaluate" / "report.json")
    write_json({"stage": "train", "notes": {"epochs": 2}}, folder / "train" / "report.json")


@pytest.fixture(scope="session")
def project(tmp_path_factory) -> Path:
    """The data folder of a finished project that holds a hostile record."""
    return make_project(tmp_path_factory.mktemp("project") / "data")


@pytest.fixture(scope="session")
def document(project: Path) -> dict[str, Any]:
    """The page of the finished project, as data; nobody may change it."""
    return {**build(load_inputs(project, TASK, report_params.Params()))}


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of a Chromium, or a skip that says so."""
    path = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    if not Path(path).is_file():
        pytest.skip(f"no Chromium at {path} (set CHROMIUM)")
    return path
