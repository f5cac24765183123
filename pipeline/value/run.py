"""Measure the effect of each data step: one cheap model per state of the training data, one frozen test split."""

from __future__ import annotations

import csv
import itertools
import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pipeline.core.errors import PipelineError
from pipeline.core.record import Record
from pipeline.core.settings import Task, load, load_task
from pipeline.modeling.features.unsupported_languages import readable_model
from pipeline.modeling.models import Model, Models
from pipeline.runtime.awaiting_labels import WHY
from pipeline.runtime.store import write_json
from pipeline.stats.intervals import holm
from pipeline.stats.numbers import rounded
from pipeline.stats.paired_gain import Draws, draw, verdict
from pipeline.tasks import has_free_answers, task_type
from pipeline.value.learning_curve import learning_curve
from pipeline.value.linear_probe import Trial, linear_probe
from pipeline.value.params import Params
from pipeline.value.reply_effects import as_tables, measure_replies
from pipeline.value.report_types import Line
from pipeline.value.source_ablation import source_ablation
from pipeline.value.stage_records import read_dropped, read_repeats, read_stages
from pipeline.value.trainings import counted_trial, trainings
from pipeline.value.variants import Example, Stages, Variants, build, label_moves, random_control
from pipeline.value.verdict import changes, estimated, over_seeds, sentence

log = logging.getLogger("pipeline")

Drawn = dict[str, Draws]
_COLUMNS = ("variant", "kind", "rows", "metric", "value", "low", "high")  # of value.csv


def run(collect: Path, clean: Path, label: Path, augment: Path, validate: Path, out: Path) -> None:
    """Read four stages' records, compare them as training data, write report.json, metrics.json and value.csv.

    Of `validate` the mixture is read: mixture.parquet.
    """
    task, params, models = load_task(), load("value", Params), load("models", Models)
    stages = replace(read_stages(collect, clean, label, augment, task), repeats=read_repeats(validate))
    measure(stages, task, models, params, out, read_dropped(clean) if models.generator else ())


def _controls(variants: Variants) -> dict[str, list[Example]]:
    """Step -> what as many random changes would have left, for steps that removed rows or changed labels."""
    return {
        name: random_control(before, after, name)
        for (_, before), (name, after) in itertools.pairwise(variants.train.items())
        if len(before) != len(after) or label_moves(before, after)
    }


def measure(
    stages: Stages, task: Task, models: Models, params: Params, out: Path, dropped: Sequence[tuple[str, Record]] = ()
) -> None:
    """Write the three files for `stages`; where the quick form does not apply, they say so and why.

    `dropped` are the records that `clean` dropped, with their step: what each step does to replies is told by them.
    """
    splits = {record.split for record in stages.augment}
    if splits <= {"benchmark"}:
        _does_not(WHY, out)
        return
    if "test" not in splits:
        raise PipelineError(
            "value: the test split is empty, so no variant can be evaluated.",
            "Give some source the role 'test', or raise the share of the test split in params.yaml: clean.",
        )
    if has_free_answers(task) and models.generator is not None:
        _write_replies(stages, dropped, task, (models.generator, models.encoder), params, out)
        return
    variants = build(stages, task, params.max_train_rows)
    why = _does_not_apply(variants, task)
    if why:
        _does_not(why, out)
        return
    _write_labels(variants, stages, task, models, params, out)


def _write_labels(variants: Variants, stages: Stages, task: Task, models: Models, params: Params, out: Path) -> None:
    """The quick form: a linear classifier on each variant's labels."""
    controls = _controls(variants)
    with_leaks = sorted([*variants.train["raw"], *variants.leaks])
    encoder, unread = _readable_encoder(stages, task, models)
    trial = linear_probe([*variants.train.values(), with_leaks], variants.test, encoder, params.seeds, params.C)
    trial = counted_trial(trial, trainings(variants, controls, params))
    drawn = _draw_all(variants, trial, params)
    control = _draw_each(controls, trial, len(variants.test), params)
    steps = compare(variants, drawn, control, params)
    final, whole = list(variants.train.values())[-1], list(drawn.values())[-1][params.metric]
    curve = learning_curve(final, whole, trial, len(variants.test), params) if params.learning_curve else {}
    sources = variants.source_of if params.source_ablation else {}
    by_source = source_ablation(final, sources, whole, trial, len(variants.test), params) if sources else []
    report = {
        **{"stage": "value", "applies": True, "metric": params.metric},
        "test_rows": len(variants.test),
        "seeds": params.seeds,
        "variants": {
            name: {"rows": len(variants.train[name]), "metrics": estimated(part, params)}
            for name, part in drawn.items()
        },
        "steps": steps,
        "total": _total(drawn, params),
        "leaks": _about_leaks(variants, drawn["raw"], trial, with_leaks, params),
        "sources": by_source,
        "more_data": curve,
        "summary": [step["sentence"] for step in steps],
        **unread,
    }
    for line in _sentences(report):
        log.info("value     %s", line)
    _write(report, _flat(report, params), _rows(report, control, controls, params), out)


def _readable_encoder(stages: Stages, task: Task, models: Models) -> tuple[Model, dict[str, object]]:
    """The encoder, or TF-IDF where there are records in a language that it does not read; notes on those."""
    records = [record for record in stages.clean if record.split in ("train", "test")]
    texts = [task_type(task).main_text(record) for record in records]
    model, notes = readable_model(texts, [record.lang for record in records], models.encoder)
    if notes:
        log.warning("value     measured with TF-IDF: %s", notes["unread_remedy"])
    return model, notes


def _write_replies(
    stages: Stages,
    dropped: Sequence[tuple[str, Record]],
    task: Task,
    models: tuple[Model, Model],
    params: Params,
    out: Path,
) -> None:
    """`models`: the generator and the encoder."""
    try:
        found = measure_replies(stages, dropped, task, models[0], params, models[1])
    except PipelineError as error:  # no such model here, or one that cannot be taken apart
        _does_not(f"{error.message} {error.hint}", out)
        return
    summary = [entry["sentence"] for entry in (*found["steps"], *found["effects"])]
    for line in summary:
        log.info("value     %s", line)
    figures, rows = as_tables(found)
    _write({"stage": "value", "applies": True, **found, "summary": summary}, {"applies": 1, **figures}, rows, out)


def _does_not(why: str, out: Path) -> None:
    log.info("value     does not apply: %s", why)
    _write({"stage": "value", "applies": False, "why": why, "steps": [], "variants": {}}, {"applies": 0}, [], out)


def _sentences(report: Mapping[str, Any]) -> list[str]:
    more = report["more_data"].get("sentence")
    return [*report["summary"], *(source["sentence"] for source in report["sources"]), *([more] if more else [])]


def compare(
    variants: Variants, drawn: Mapping[str, Drawn], control: Mapping[str, Drawn], params: Params
) -> list[dict[str, Any]]:
    """One entry a step: difference to the state before, corrected p, control, verdict and sentence."""
    pairs = list(itertools.pairwise(variants.train))
    same = [variants.train[a] == variants.train[b] for a, b in pairs]
    gaps = [{m: over_seeds(drawn[b][m].minus(drawn[a][m]), params) for m in drawn[b]} for a, b in pairs]
    tested = [n for n, equal in enumerate(same) if not equal]
    adjusted = dict(zip(tested, holm([gaps[n][params.metric].p for n in tested]), strict=True))
    steps = []
    for n, (a, b) in enumerate(pairs):
        gap, p = gaps[n][params.metric], adjusted.get(n, 1.0)
        step: dict[str, Any] = {
            "step": b,
            "against": a,
            "before": rounded(drawn[a][params.metric].value),
            "after": rounded(drawn[b][params.metric].value),
            "difference": gap.as_dict(),
            "p": rounded(p),
            "all_differences": {metric: found.as_dict() for metric, found in gaps[n].items()},
            "changes": changes(variants.train[a], variants.train[b]),
            "verdict": "changed_nothing" if same[n] else verdict(gap, p, params.alpha),
            "control": _about_control(a, b, variants, drawn, control, params),
        }
        changed = sum(step["changes"].values())
        step["per_1000"] = rounded(1000 * gap.value / changed) if changed else None
        steps.append({**step, "sentence": sentence(step, params.metric)})
    return steps


def _draw_each(examples: Mapping[str, Sequence[Example]], trial: Trial, rows: int, params: Params) -> dict[str, Drawn]:
    """Metrics after training on each of the named sets of examples."""
    return {name: draw(trial(some), rows, params.resamples, params.seed) for name, some in examples.items()}


def _draw_all(variants: Variants, trial: Trial, params: Params) -> dict[str, Drawn]:
    """Metrics of every variant; equal training data are trained on once."""
    drawn: dict[str, Drawn] = {}
    before: list[Example] | None = None
    for name, examples in variants.train.items():
        known = next(reversed(drawn.values())) if examples == before else None
        drawn[name] = known or draw(trial(examples), len(variants.test), params.resamples, params.seed)
        before = examples
    return drawn


def _about_control(
    a: str, b: str, variants: Variants, drawn: Mapping[str, Drawn], control: Mapping[str, Drawn], params: Params
) -> dict[str, object] | None:
    if b not in control or variants.train[a] == variants.train[b]:
        return None
    gap = over_seeds(drawn[b][params.metric].minus(control[b][params.metric]), params)
    what = _what_is_random(a, variants.train[a], variants.train[b])
    return {
        "what": what,
        "metrics": estimated(control[b], params),
        "difference": gap.as_dict(),
        "verdict": verdict(gap, gap.p, params.alpha),
    }


def _what_is_random(name: str, before: Sequence[Example], after: Sequence[Example]) -> str:
    rows, labels = len(after) - len(before), sum(label_moves(before, after).values())
    parts = [f"{'removing' if rows < 0 else 'repeating'} {abs(rows):,} rows"] if rows else []
    parts += [f"changing {labels:,} labels"] if labels else []
    return f"{' and '.join(parts)} of '{name}' at random"


def _total(drawn: Mapping[str, Drawn], params: Params) -> dict[str, object]:
    first, last = next(iter(drawn.values())), next(reversed(list(drawn.values())))
    return {metric: over_seeds(last[metric].minus(first[metric]), params).as_dict() for metric in first}


def _about_leaks(
    variants: Variants, raw: Drawn, trial: Trial, with_leaks: list[Example], params: Params
) -> dict[str, object]:
    """How much better `raw` would have looked with its copies of test rows left in."""
    if not variants.leaks:
        return {"rows": 0}
    found = draw(trial(with_leaks), len(variants.test), params.resamples, params.seed)
    gaps = {metric: over_seeds(found[metric].minus(raw[metric]), params).as_dict() for metric in raw}
    return {"rows": len(variants.leaks), "flatters_raw_by": gaps}


def _does_not_apply(variants: Variants, task: Task) -> str:
    if not variants.test or task_type(task).target_kind(task) not in ("text", "texts"):
        return (
            f"records of task type '{task.type}' have no class. The quick form trains a linear classifier on frozen "
            + (
                "features; for replies it trains the top layer of models.generator, which is not set."
                if has_free_answers(task)
                else "features; this task needs the model itself trained once per variant."
            )
        )
    for name, examples in variants.train.items():
        classes = {example.label for example in examples}
        if len(classes) < 2:
            return f"the variant '{name}' has {len(classes)} classes with labels; a classifier needs two."
    return ""


def _flat(report: Mapping[str, Any], params: Params) -> dict[str, float]:
    found = {f"{name}_{params.metric}": v["metrics"][params.metric]["value"] for name, v in report["variants"].items()}
    steps = {f"{step['step']}_gain": step["difference"]["value"] for step in report["steps"]}
    return {"applies": 1, **found, **steps, "total_gain": report["total"][params.metric]["value"]}


def _rows(
    report: Mapping[str, Any], control: Mapping[str, Drawn], controls: Mapping[str, Sequence[Example]], params: Params
) -> list[Line]:
    """Lines of value.csv: one a variant or control and metric."""
    parts = [(name, "variant", v["rows"], v["metrics"]) for name, v in report["variants"].items()]
    parts += [(f"{n} (control)", "control", len(controls[n]), estimated(d, params)) for n, d in control.items()]
    return [
        {"variant": name, "kind": kind, "rows": rows, "metric": metric, **figures}
        for name, kind, rows, metrics in parts
        for metric, figures in sorted(metrics.items())
    ]


def _write(report: Mapping[str, object], metrics: Mapping[str, float], rows: Sequence[Line], out: Path) -> None:
    write_json(report, out / "report.json")
    write_json(metrics, out / "metrics.json")
    with (out / "value.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, _COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
