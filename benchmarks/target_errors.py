"""Planted errors in spans, sets of labels, numbers and answers: how well `label_errors` ranks them, beside peers.

Called by label_errors.py. The errors are those of the task's detector (`plant`), with seeds that the step never sees;
it plants its own, in a copy, to choose how it ranks. Peers get out-of-sample predictions of the same folds.
"""

from __future__ import annotations

import ast
import csv
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from pipeline.clean.label_errors.detectors import detector_for
from pipeline.clean.label_errors.detectors.contract import rounds
from pipeline.clean.label_errors.settings import LabelErrors
from pipeline.clean.label_errors.step import find_label_errors
from pipeline.clean.step import Context
from pipeline.core.record import Record, Source, content_id, share
from pipeline.core.settings import Task
from pipeline.modeling.features.linear import grouped_folds
from pipeline.modeling.models import Models
from pipeline.runtime.columns import schema
from pipeline.runtime.store import to_records, to_table
from pipeline.stats.ranking import average_precision

SEEDS = range(int(os.environ.get("SEEDS", "3")))
SOURCE = Source("benchmark", "files", "rows", 1, "", "train")
Ranking = dict[str, np.ndarray]  # peer -> doubt of each record, greatest first


def record(n: int, fields: dict[str, Any], target: Any, group: str | None = None) -> Record:
    return Record(id=f"{n:06d}", fields=fields, source=SOURCE, target=target, group=group)


def wnut17(folder: Path) -> tuple[Task, list[Record]]:
    sentences: list[list[list[str]]] = [[]]
    for line in (folder / "wnut17" / "wnut17train.conll").read_text("utf-8").split("\n"):
        parts = line.split("\t")
        if line.strip():
            sentences[-1].append(parts)
        elif sentences[-1]:
            sentences.append([])
    found = [_from_bio(sentence) for sentence in sentences if sentence]
    labels = tuple(sorted({span["label"] for _, spans in found for span in spans}))
    records = [record(n, {"text": text}, spans) for n, (text, spans) in enumerate(found)]
    return Task(type="ner", labels=labels), records


def _from_bio(sentence: Sequence[Sequence[str]]) -> tuple[str, list[dict[str, Any]]]:
    spans: list[dict[str, Any]] = []
    end = 0
    for token, tag in sentence:
        if tag.startswith("I-") and spans and spans[-1]["end"] == end - 1:
            spans[-1]["end"] = end + len(token)
        elif tag != "O":
            spans.append({"start": end, "end": end + len(token), "label": tag[2:]})
        end += len(token) + 1
    return " ".join(token for token, _ in sentence), spans


def _cluener_rows(folder: Path) -> list[dict[str, Any]]:
    text, decoder, place, rows = (folder / "cluener" / "train.json").read_text("utf-8"), json.JSONDecoder(), 0, []
    while place < len(text.rstrip()):
        row, place = decoder.raw_decode(text, place + len(text[place:]) - len(text[place:].lstrip()))
        rows.append(row)
    return rows


def cluener(folder: Path) -> tuple[Task, list[Record]]:
    found = []
    for row in _cluener_rows(folder):
        places = [
            {"start": a, "end": b + 1, "label": label}
            for label, names in row["label"].items()
            for name in names.values()
            for a, b in name
        ]
        found.append((row["text"], sorted(places, key=lambda span: (span["start"], span["end"]))))
    labels = tuple(sorted({span["label"] for _, spans in found for span in spans}))
    return Task(type="ner", labels=labels, languages=("zh",)), [
        record(n, {"text": text}, spans) for n, (text, spans) in enumerate(found)
    ]


def cluener_sets(folder: Path) -> tuple[Task, list[Record]]:
    """Which types of name a sentence holds."""
    rows = _cluener_rows(folder)
    labels = tuple(sorted({label for row in rows for label in row["label"]}))
    records = [record(n, {"text": row["text"]}, sorted(row["label"])) for n, row in enumerate(rows)]
    return Task(type="classification", labels=labels, multi_label=True, languages=("zh",)), records


def mlqe(folder: Path) -> tuple[Task, list[Record]]:
    with (folder / "mlqe_pe_enzh" / "train.enzh.df.short.tsv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    records = [
        record(n, {"text": row["original"], "text_pair": row["translation"]}, float(row["mean"]))
        for n, row in enumerate(rows)
        if len(ast.literal_eval(row["scores"])) > 1
    ]
    return Task(type="regression", range=(0.0, 100.0), languages=("en", "zh")), records


def _xquad(folder: Path, lang: str) -> tuple[Task, list[Record]]:
    data = json.loads((folder / "xquad" / f"xquad.{lang}.json").read_text("utf-8"))["data"]
    records: list[Record] = []
    for article in data:
        for paragraph in article["paragraphs"]:
            for asked in paragraph["qas"]:
                answers = [{"start": a["answer_start"], "text": a["text"]} for a in asked["answers"]]
                fields = {"context": paragraph["context"], "question": asked["question"]}
                records.append(record(len(records), fields, answers, content_id(paragraph["context"])))
    return Task(type="qa", languages=(lang,)), records


DATA: dict[str, Callable[[Path], tuple[Task, list[Record]]]] = {
    "wnut17": wnut17,
    "cluener": cluener,
    "cluener_sets": cluener_sets,
    "mlqe": mlqe,
    "xquad_en": lambda folder: _xquad(folder, "en"),
    "xquad_zh": lambda folder: _xquad(folder, "zh"),
}


def _folds(records: Sequence[Record]) -> np.ndarray:
    return grouped_folds(np.zeros(len(records), np.int64), [r.group or r.id for r in records], 10, 0)


def span_peers(prepared: Any, records: Sequence[Record], task: Task) -> Ranking:
    """cleanlab's ranking of sentences, from either tagger."""
    from cleanlab.token_classification.rank import get_label_quality_scores

    from pipeline.clean.label_errors.detectors.spans import tagged

    tags, logs = tagged(prepared, np.arange(len(records)), [r.target for r in records], _folds(records), task)
    ends = np.cumsum([len(part) for part in tags])[:-1]
    return {
        f"cleanlab, {who}": -get_label_quality_scores(tags, np.split(np.exp(found), ends))[0]
        for who, found in logs.items()
    }


def set_peers(prepared: Any, records: Sequence[Record], task: Task) -> Ranking:
    """cleanlab's ranking of sets from the linear model."""
    from cleanlab.multilabel_classification.rank import get_label_quality_scores

    from pipeline.clean.label_errors.detectors.label_sets import linear

    bits = np.array([[label in r.target for label in task.labels] for r in records])
    odds = linear(prepared.vectors, bits, _folds(records))
    given = [np.flatnonzero(row).tolist() for row in bits]
    return {"cleanlab, linear": -get_label_quality_scores(given, 1 / (1 + np.exp(-odds)))}


def number_peers(prepared: Any, records: Sequence[Record], task: Task) -> Ranking:
    """cleanlab's scores from the same ridge regression: its default and the plain residual."""
    from cleanlab.regression.rank import get_label_quality_scores
    from sklearn.linear_model import RidgeCV

    given = np.array([r.target for r in records])
    expected = np.zeros(len(given))
    for train, held_out in rounds(_folds(records)):
        expected[held_out] = (
            RidgeCV((1.0, 10.0, 100.0, 1000.0)).fit(prepared[train], given[train]).predict(prepared[held_out])
        )
    return {f"cleanlab, {way}": -get_label_quality_scores(given, expected, method=way) for way in ("outre", "residual")}


def answer_peers(prepared: Any, records: Sequence[Record], task: Task) -> Ranking:
    """No library has one: words of the question around the answer, rare ones counting more."""
    from pipeline.clean.label_errors.detectors.answer_places import to_place

    def near(reading: Any, answer: Any) -> float:
        place = to_place(answer, reading.context)
        if place is None:
            return 0.0
        first, last = place
        weights = reading.weights
        around = weights[min(last + 13, len(weights) - 1)] - weights[max(first - 12, 0)]
        return around - 2 * (weights[last + 1] - weights[first])

    return {"words of the question": np.array([-near(s, r.target[0]) for s, r in zip(prepared, records, strict=True)])}


PEERS = {"spans": span_peers, "texts": set_peers, "number": number_peers, "answers": answer_peers}


def trial(name: str, rows: int, folder: Path, models: Models) -> None:
    from pipeline.tasks import task_type

    task, records = DATA[name](folder)
    models = models if "en" in task.languages else Models()  # the encoder knows no Chinese
    detector = detector_for(task)
    assert detector
    records = [records[n] for n in detector.eligible(records, task, 10).rows]
    records = sorted(records, key=lambda r: share("benchmark", r.group or "", r.id))[:rows]
    detector.prepare(records[:200], 200, task, models.encoder, LabelErrors())  # imports do not count
    for seed in SEEDS:
        planted = detector.plant(records, task, 0.1, f"benchmark {seed}", None)["planted"]
        noisy = [
            Record(r.id, r.fields, r.source, p.target if p else r.target, group=r.group)
            for r, p in zip(records, planted, strict=True)
        ]
        wrong = np.array([p is not None for p in planted])
        kinds = sorted({p.kind for p in planted if p})
        start = time.process_time()
        context = Context(task, models)
        outcome = find_label_errors(to_table(noisy, schema(task)), LabelErrors(review_share=1), context)
        cpu = time.process_time() - start
        after = {r.id: r for r in to_records(outcome.kept)}
        doubt = {"ours": np.array([-after[r.id].scores["label_quality"] for r in noisy])}
        prepared = detector.prepare(noisy, len(noisy), task, models.encoder, LabelErrors())
        doubt |= PEERS[task_type(task).target_kind(task)](prepared, noisy, task)
        changed = [n for n, r in enumerate(noisy) if after[r.id].target != r.target]
        right = sum(detector.same(after[noisy[n].id].target, records[n].target, task) for n in changed)
        suggested = {d.record_id: d.suggested for d in context.review_items}
        right_suggestions = (
            sum(
                noisy[n].id in suggested
                and detector.same(json.loads(suggested[noisy[n].id] or "null") or [], records[n].target, task)
                for n in np.flatnonzero(wrong)
            )
            if task.type != "regression"
            else 0
        )
        print(
            f"{name} {seed}: {len(noisy)} rows, {wrong.sum()} planted, recipe {outcome.notes['planted']['recipe']}, "
            f"changed {len(changed)} ({right} right), "
            f"suggestions right for {right_suggestions} of the planted, {cpu:.0f} CPU s"
        )
        for who, scores in doubt.items():
            parts = []
            for kind in kinds:
                mine = np.array([p is not None and p.kind == kind for p in planted])
                there = mine | ~wrong
                parts.append(f"{kind} {average_precision(mine[there], scores[there]):.3f}")
            print(f"  {who:24s} {average_precision(wrong, scores):.3f}  {'  '.join(parts)}", flush=True)
        print(f"  {'chance':24s} {wrong.mean():.3f}", flush=True)
