"""Fine-tune the task's model on the exported dataset: `python -m pipeline.train DATASET OUT`."""

from __future__ import annotations

import csv
import logging
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline.core.cache import cache_folder, key
from pipeline.core.counts import ranked
from pipeline.core.errors import PipelineError
from pipeline.core.json_types import JsonObject
from pipeline.core.record import Row, as_json
from pipeline.core.registry import pick
from pipeline.core.settings import Task, load, load_task
from pipeline.modeling.batches import Example, Examples
from pipeline.modeling.dataset import SPLITS, read_split, repeated, sample, to_rows
from pipeline.modeling.features.unsupported_languages import Notes, unread_languages, unread_notes
from pipeline.modeling.heads import HEADS
from pipeline.modeling.heads.contract import Head, Start
from pipeline.modeling.lm import packing
from pipeline.modeling.models import Models, licence, revision
from pipeline.modeling.training import strategies
from pipeline.modeling.training.fit import fit, seed_everything
from pipeline.modeling.training.job import Job
from pipeline.runtime.awaiting_labels import dataset_awaits_labels, write_awaiting
from pipeline.runtime.columns import KINDS
from pipeline.runtime.damaged_files import check_columns
from pipeline.runtime.store import write_json
from pipeline.tasks import task_type
from pipeline.train.model_card import model_card
from pipeline.train.params import Params
from pipeline.train.trackers import track

log = logging.getLogger("pipeline")

#: Task types that `models.encoder` is trained for, and the columns that it reads.
_READ_BY_ENCODER = ("classification", "regression", "ner", "qa")
_TEXTS = ("text", "question", "context", "text_pair")

#: Columns of history.csv before the dev metrics; those that `dvc plots` draws.
_HISTORY = ("step", "train_loss", "dev_loss")


def run(dataset: Path, out: Path) -> None:
    """Write model, report.json, metrics.json and history.csv to `out`."""
    task, models, params = load_task(), load("models", Models), load("train", Params)
    if dataset_awaits_labels(dataset):
        write_awaiting("train", out, columns={"history.csv": _HISTORY}, folders=["model"])
        return
    train(dataset, out, task, models, params)


def train(dataset: Path, out: Path, task: Task, models: Models, params: Params) -> None:
    """Fine-tune on the train split of `dataset`, choose and calibrate on its dev split."""
    head = pick(HEADS, task.type, "params.yaml: task.type").function
    out.mkdir(parents=True, exist_ok=True)
    rows = {name: _rows(dataset, name, params, task) for name in ("train", "dev")}
    head.check(rows, task)
    _check_crf(params, task)
    seed_everything(params.seed)
    start = head.start(models, task, rows["train"], params)
    unread = _unread(rows["train"], models) if task.type in _READ_BY_ENCODER else {}
    examples = {name: head.encode(part, start.tokenizer, task, params) for name, part in rows.items()}
    plain = examples["train"].items
    learned = _packed(head, plain, start.model, params) if params.packing else plain
    layout = packing.layout(plain, params.batch_size, params.max_length) if params.packing else None
    strategies.freeze(start.model, params)
    model = strategies.adapt(start.model, params)
    job = Job(
        model=model,
        head=head,
        train=learned,
        dev=examples["dev"].items,
        collate=head.collate(start.tokenizer),
        recipe=params.model_copy(update={"batch_size": layout.rows}) if layout else params,
        checkpoints=_checkpoints(start, examples, task, params),
        class_weights=head.class_weights(examples["train"].items, task, params),
        live=lambda history: _write_history(history, out / "history.csv"),
    )
    counts = parameter_counts(model)
    finished = fit(job)
    refitted = _refitted(head, model, task, models, rows, params)
    report = {
        "stage": "train",
        "base_model": start.base,
        "base_licence": _base_licence(start, models),
        "settings": params.model_dump(mode="json"),
        "parameters": counts,
        "rows": {name: _row_counts(rows[name], examples[name]) for name in rows},
        "from": {name: _counts(rows["train"], name) for name in ("source", "lang")},
        "steps": finished.steps,
        "best_step": finished.best_step,
        **unread,
        **({"packing": _packing(learned, layout)} if layout else {}),
        "dev_before": finished.before.metrics,
        "dev": finished.best.metrics,
        **({"refit": refitted} if refitted else {}),
    }
    own = _with_refitted(finished.best.predictor_settings, refitted or {})
    _save_model(out / "model", _finished(head, strategies.merge(model)), start, own, task, params)
    (out / "model" / "README.md").write_text(model_card(report, task), "utf-8")
    write_json(report, out / "report.json")
    write_json(dict(_of_dev(finished.best.metrics)), out / "metrics.json")
    _write_history(finished.history, out / "history.csv")
    track(
        params.trackers, params.model_dump(mode="json", exclude={"trackers"}), finished.history, finished.best.metrics
    )


def _check_crf(params: Params, task: Task) -> None:
    if params.crf and task.type != "ner":
        raise PipelineError(f"params.yaml: train.crf is for entities, not for task '{task.type}'.", "Set it to false.")


def _base_licence(start: Start, models: Models) -> str | None:
    return licence(models.encoder) if start.base == revision(models.encoder) else None


def _of_dev(metrics: Mapping[str, float]) -> Iterator[tuple[str, float]]:
    return ((f"dev_{name}", value) for name, value in metrics.items())


def _unread(rows: list[Row], models: Models) -> Notes:
    """Notes on languages that the encoder does not read, said in the log too: it hardly learns from their texts."""
    texts = ["\n".join(str(row[name]) for name in _TEXTS if row.get(name)) for row in rows]
    notes = unread_notes(
        unread_languages(texts, [str(row.get("lang") or "") for row in rows], models.encoder), models.encoder
    )
    if notes:
        log.warning("train     %s", notes["unread_remedy"])
    return notes


def _packed(head: Head, examples: list[Example], model: Any, params: Params) -> list[Example]:
    pack = getattr(head, "pack", None)
    if pack is None:
        raise PipelineError("params.yaml: train.packing: only language models can be packed.", "Set it to false.")
    result: list[Example] = pack(examples, model, params)
    return result


def _packing(rows: list[Example], layout: packing.Layout) -> dict[str, Any]:
    """How full the packed rows are, and how many make a batch."""
    sizes = [len(row["input_ids"]) for row in rows]
    filled = round(sum(sizes) / sum(max(size, layout.room) for size in sizes), 4)
    return {"rows": len(rows), "filled": filled, "rows_a_batch": layout.rows, "tokens_a_row": layout.room}


def _finished(head: Head, model: object) -> object:
    """The model as it is saved: some heads fold what training needed into the weights."""
    finish = getattr(head, "finish", None)
    if finish is not None:
        finish(model)
    return model


def parameter_counts(model: Any) -> dict[str, int]:
    """All parameters and the trained ones."""
    parameters = list(model.parameters())
    return {"all": sum(p.numel() for p in parameters), "trained": sum(p.numel() for p in parameters if p.requires_grad)}


#: Task type -> the column of the exported dataset that holds what is to be learned.
_TARGETS = {"classification": "label", "regression": "score", "ner": "spans", "qa": "answers"}


def _columns(task: Task) -> pa.Schema:
    """What every row of the exported dataset holds for this task."""
    if task.type == "chat":
        return pa.schema({"messages": KINDS["messages"]})
    kind = task_type(task)
    inputs = {name: KINDS[of] for name, of in kind.FIELDS.items() if name not in kind.OPTIONAL}
    return pa.schema({**inputs, _TARGETS.get(task.type, "target"): KINDS[kind.target_kind(task)]})


def _rows(dataset: Path, split: str, params: Params, task: Task) -> list[Row]:
    table = read_split(dataset, split)
    if table.num_rows == 0:
        raise PipelineError(
            f"train: {dataset} has no rows in the {SPLITS[split]} split.",
            "Check the shares of the splits in params.yaml (clean) and what the earlier stages dropped.",
        )
    needed = _columns(task)
    check_columns(table, needed, dataset / "data" / f"{SPLITS[split]}-*.parquet", tuple(needed.names))
    if split == "train":
        return to_rows(sample(repeated(table), params.max_train_rows, params.seed))
    return to_rows(sample(table, params.max_dev_rows, params.seed))


def _row_counts(rows: list[Row], examples: Examples) -> dict[str, object]:
    return {
        "used": len(examples.items),
        "cut": examples.cut,
        "dropped": dict(examples.dropped),
        "in": len(rows),
        **examples.notes,
    }


def _counts(rows: list[Row], column: str) -> dict[str, int]:
    """How many rows have each value of a column, most frequent first."""
    found = Counter(str(row[column]) for row in rows if row.get(column))
    return dict(ranked(found))


def _checkpoints(start: Start, examples: dict[str, Examples], task: Task, params: Params) -> Path:
    """A folder that only an equal run shares, so that resuming never mixes data or settings."""
    content = [as_json(examples[name].items) for name in sorted(examples)]
    run_id = key("train", start.base, as_json(task.model_dump()), as_json(params.model_dump()), *content).hex()
    return cache_folder() / "checkpoints" / run_id


def _refitted(
    head: Head, model: object, task: Task, models: Models, rows: dict[str, list[Row]], params: Params
) -> JsonObject | None:
    """What the head says of its fit on train and dev together, where it is linear and nothing else was trained."""
    refit = getattr(head, "refit", None)
    if not params.refits or refit is None:
        return None
    together = [*rows["train"], *rows["dev"]]
    said: JsonObject | None = refit(model, models, task, together)
    return None if said is None else {"rows": len(together), **said}


def _with_refitted(own: Mapping[str, Any], refitted: JsonObject) -> dict[str, Any]:
    """The predictor's settings with what the fit on all rows calibrated; a label without a threshold keeps dev's."""
    found = {**own, **{name: refitted[name] for name in ("temperature",) if name in refitted}}
    thresholds = refitted.get("thresholds")
    if isinstance(thresholds, Mapping):
        found["thresholds"] = {**own.get("thresholds", {}), **thresholds}
    return found


def _save_model(folder: Path, model: Any, start: Start, own: dict[str, Any], task: Task, params: Params) -> None:
    model.save_pretrained(folder)
    start.tokenizer.save_pretrained(folder)
    settings = {
        "task": task.model_dump(mode="json"),
        "labels": list(task.labels),
        "base_model": start.base,
        "max_length": params.max_length,
        "max_new_tokens": params.max_new_tokens,
        "stride": params.stride,
        "max_answer_length": params.max_answer_length,
        "num_beams": params.num_beams,
        "instructions": params.instructions,
        "chat": params.chat.model_dump(mode="json"),
        **own,
    }
    write_json(settings, folder / "sft.json")


def _write_history(history: list[dict[str, float]], path: Path) -> None:
    """The course so far, after every look at dev: `dvc plots show` draws it while the run goes on."""
    names = sorted({name for row in history for name in row} - {"step", "train_loss"})
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["step", "train_loss", *names], lineterminator="\n")
        writer.writeheader()
        writer.writerows({k: round(v, 6) for k, v in row.items()} for row in history)
