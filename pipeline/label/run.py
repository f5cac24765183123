"""Decide one label a record from people, crowd votes, the source and a model; queue what people should look at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path

import pyarrow as pa

from pipeline.annotation.annotations import Reading, SetAside, latest_answers, read_folder
from pipeline.annotation.checks import by_own_key, check_against
from pipeline.annotation.gold import read_gold
from pipeline.annotation.label_studio_export import readers
from pipeline.annotation.push_ledger import read_pushed
from pipeline.annotation.review_decisions import FOLDER, read_decisions
from pipeline.core.record import Record, as_json
from pipeline.core.settings import Task, load, load_task
from pipeline.label.annotator_quality import annotator_quality, warnings
from pipeline.label.annotators import agreement_report
from pipeline.label.answers.teacher_answers import write_candidates
from pipeline.label.audit import audited, draw
from pipeline.label.evidence import Group
from pipeline.label.first_splits import FirstSplits
from pipeline.label.gather import gather
from pipeline.label.merge import Ledger, merge_all, source_alone
from pipeline.label.params import Params
from pipeline.label.prelabel_bias import prelabel_bias
from pipeline.label.prelabels import Prelabels
from pipeline.label.ratings import Ratings, bars, held_to, rated, ratings, rejections, summary
from pipeline.label.review_queue import by_record, may_need_a_person, queue
from pipeline.modeling.models import Models
from pipeline.runtime.awaiting_labels import awaits_labels
from pipeline.runtime.records import RecordsById
from pipeline.runtime.stage import Outcome, StageReport, count, log, per_record
from pipeline.runtime.store import read_records, read_table, write_table
from pipeline.stats.histogram import NOTES, histogram
from pipeline.text.pseudonyms import pseudonym

#: Answers that were set aside and are named in the log. A guess: not measured.
_TOLD = 10


def run(clean: Path, annotations: Path, out: Path) -> None:
    """Write records, dropped, queue, report and metrics to `out`; and candidates.jsonl where teachers answered."""
    task, params, models = load_task(), load("label", Params), load("models", Models)
    review = by_record(read_table(clean / "review.parquet"))
    records = RecordsById(read_records(clean / "records.parquet", task))
    decided = filter(None, (one.annotation() for one in read_decisions(annotations / FOLDER)))
    answers = chain(read_folder(annotations, readers(task, params.utf16_offsets)), decided)
    found = by_own_key(answers, records)
    reading = without_addresses(latest_answers(found, check_against(records, task, params.half_words)))
    tell(reading, task)
    gold = read_gold(annotations, task)
    human, crowd, evidence = gather(records, reading, review, (task, params), models, gold)
    sample = draw(records.values(), evidence, task, params)
    evidence = replace(evidence, audit=sample.open(human.outcomes))
    ledger = Ledger()
    report = StageReport("label", records.table)
    alone = source_alone(records.table, evidence, params)
    report.apply("merge", lambda rows: merge_all(rows, evidence, params, ledger, alone))
    given, against = ratings(reading.used), rejections(reading.used)
    if given or against:
        report.apply("ratings", lambda rows: by_ratings(rows, (given, against), params, records))
    changed = reading.changed_texts()
    waiting = queue(
        may_need_a_person(records.table, alone, evidence, {*review, *changed}), evidence, review, changed, params
    )
    write_table(waiting, out / "queue.parquet")
    write_candidates(evidence.taught, params.answers, out / "candidates.jsonl")
    report.notes = {
        "annotations": reading.summary(),
        "merge": ledger.summary(),
        "reply_ratings": summary(given, reading.used),
        "prelabel": _with_histogram(evidence.prelabels),
        "answers": evidence.taught.report,
        "writers": {**evidence.prelabels.writers, **evidence.taught.writers},
        "agreement": {
            "human": about(human, params, annotator_quality(reading.used, gold, params.agreement)),
            "crowd": about(crowd, params) | ({"known_labels": crowd.calibration} if crowd.calibration else {}),
        },
        "prelabel_bias": prelabel_bias(reading.used, read_pushed(annotations, task), set(gold), params.agreement),
        "audit": audited(sample, human.outcomes, set(review), task, params),
        "gold_disputed": disputed(human, gold),
        "queue": {"rows": waiting.num_rows, "reasons": count(waiting, "reason")},
        "suspected_but_dropped": sum(name not in records for name in review),  # by `clean`: no label to decide
    }
    if waiting.num_rows and awaits_labels(report.table):
        report.notes["awaiting_labels"] = label_these_first(evidence.first_splits, waiting.num_rows)
        report.may_be_empty = True
    report.write(out, **metrics(report, ledger, evidence.prelabels, waiting))


def remedies(items: Sequence[SetAside]) -> str:
    """What is to be done about answers that were set aside: of Label Studio, of a file, and about unknown records."""
    unknown = sum(item.reason == "unknown_record" for item in items)
    asked = sum(item.reason != "unknown_record" and item.studio is not None for item in items)
    by_hand = len(items) - unknown - asked
    told = (
        (asked, "`sft label push` asks the annotators of {} again"),
        (by_hand, "correct {} in their file"),
        (unknown, "{} name no record that comes out of `clean`"),
    )
    return ", ".join(text.format(f"{n:,}") for n, text in told if n)


def by_ratings(
    rows: pa.Table, said: tuple[Ratings, Mapping[str, Sequence[str]]], params: Params, before: RecordsById
) -> Outcome:
    """Records with people's ratings among their scores; those rejected, or rated below `label.min_rating`, go.

    `said`: ratings, and who rejected which record's reply. `before` holds the records with the replies that were shown.
    """
    given, against = said
    needed = bars(params.min_rating, given)

    def judged(record: Record) -> Record:
        if record.id not in given and record.id not in against:
            return record
        shown = before[record.id].target
        return held_to(rated(record, given), given, needed, shown, against.get(record.id, ()))

    return per_record(rows, "ratings", judged)


def tell(reading: Reading, task: Task) -> None:
    """Log which answers were set aside and wait for their annotator, and what to do about it."""
    open_ones = reading.unsettled()
    open_places = {id(item) for item in open_ones}
    settled = Counter(item.reason for item in reading.set_aside if id(item) not in open_places)
    if settled:
        reasons = ", ".join(f"{n:,} {reason}" for reason, n in sorted(settled.items()))
        log.info("label     answers that are not used, and wait for nobody: %s", reasons)
    if not open_ones:
        return
    log.info("label     %s answers were set aside; %s:", f"{len(open_ones):,}", remedies(open_ones))
    for item in open_ones[:_TOLD]:
        log.info(
            "label       %s, %s, record %s: %s: %s",
            item.place,
            item.annotator,
            item.record_id,
            item.reason,
            item.detail,
        )
    if len(open_ones) > _TOLD:
        log.info(
            "label       and %s more (report.json: annotations.set_aside_by_annotator)", f"{len(open_ones) - _TOLD:,}"
        )
    if any("unknown_label" in (item.reason, item.detail.partition(":")[0]) for item in open_ones):
        log.info(
            "label       a label that was renamed or merged: params.yaml: task.renamed: {old label: label of today}"
        )


def label_these_first(found: FirstSplits, queued: int) -> dict[str, int | str]:
    """What a project that has nothing to learn from yet is to do, logged and for report.json."""
    why = found.waits or "nobody has labelled a record yet"
    log.info(
        "label     label these first: %s records wait in queue.parquet (sft label up, push). %s", f"{queued:,}", why
    )
    return {"queued": queued, "labelled": found.labelled, "wanted": found.wanted, "unvouched": len(found.unvouched)}


def without_addresses(reading: Reading) -> Reading:
    """Annotators who are known by an address, as pseudonyms: addresses stay in data/annotations."""

    def hide(name: str) -> str:
        return pseudonym(name, "annotator")

    used = [replace(one, annotator=hide(one.annotator)) for one in reading.used]
    set_aside = [replace(one, annotator=hide(one.annotator)) for one in reading.set_aside]
    return replace(reading, used=used, set_aside=set_aside)


def about(group: Group, params: Params, working: Mapping[str, Mapping[str, object]] | None = None) -> dict[str, object]:
    """The agreement report of a group; free answers can only be counted. `working` is about each person."""
    if group.votes is not None and group.consensus is not None:
        return agreement_report(group.votes, group.consensus, params.agreement, working)
    if not working:
        return {"items": len(group.outcomes)}
    people = [{"annotator": name, **one} for name, one in working.items()]
    return {"items": len(group.outcomes), "warnings": warnings(working), "annotator_list": people}


def disputed(human: Group, gold: Mapping[str, str]) -> list[str]:
    """Gold questions that several people, all alike, answered otherwise: perhaps the known answer is wrong."""
    return [
        name
        for name, outcome in sorted(human.outcomes.items())
        if name in gold
        and len(outcome.voters) > 1
        and outcome.confidence is None
        and as_json(outcome.value) != gold[name]
    ]


def _with_histogram(found: Prelabels) -> dict[str, object]:
    """The report on pre-labels with their confidences as a histogram, and the threshold that accepts them."""
    spread = histogram(
        [answer.confidence for answer in found.answers.values()], {"confidence_threshold": found.confidence_threshold}
    )
    return {**found.report, NOTES: {"confidence": spread}} if spread else dict(found.report)


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
