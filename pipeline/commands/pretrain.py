"""`sft pretrain`: the encoder or the generator reads the project's own texts, unlabelled ones too, before training.

What it brought is measured like a data step: the loss on texts that were held out, with its interval, and for tasks
with classes linear heads on frozen embeddings of both encoders, paired by seed and row. The test split is never read.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from pipeline.commands.json_output import add_json, write_as_json
from pipeline.commands.text_files import read_passages
from pipeline.core.errors import PipelineError
from pipeline.core.json_types import JsonObject
from pipeline.core.record import Record, share
from pipeline.core.settings import Task, load, load_task
from pipeline.modeling.lm.pretraining import Read, Reading, read_on
from pipeline.modeling.models import Model, Models, revision
from pipeline.runtime.store import read_records, to_records, write_json
from pipeline.stats.bootstrap import Estimate, estimate, mean_of
from pipeline.stats.paired_gain import draw, over_seeds, verdict
from pipeline.tasks import task_type
from pipeline.value.linear_probe import linear_probe
from pipeline.value.params import Params
from pipeline.value.variants import Example

_READ_NO_MORE = ("test", "benchmark")  # roles of sources
#: Share of the texts that are held out to judge the loss, and how many at most. Guesses: not measured.
_HELD_OUT, _MOST = 0.1, 500


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Works in a project: the models are those of its params.yaml."""
    parser.add_argument(
        "files",
        type=Path,
        nargs="*",
        help="texts (.txt, a blank line between two; .jsonl with `text`); none: data/clean",
    )
    parser.add_argument("--out", type=Path, required=True, help="the folder to write, such as models/adapted")
    parser.add_argument("--model", choices=("encoder", "generator"), default="encoder", help="which of `models`")
    parser.add_argument("--epochs", type=float, default=Reading.epochs, help="passes over the texts (1)")
    parser.add_argument("--max-length", type=int, default=Reading.max_length, help="tokens read at once (128)")
    parser.add_argument("--batch-size", type=int, default=Reading.batch_size, help="windows a step (16)")
    parser.add_argument("--learning-rate", type=float, default=Reading.learning_rate, help="at its peak (5e-5)")
    parser.add_argument("--rows", type=int, default=0, help="read that many texts, drawn by content; 0: all")
    parser.add_argument("--seed", type=int, default=Reading.seed, help="of order and masks (0)")
    add_json(parser, "what was found")


def run(arguments: argparse.Namespace) -> None:
    """Train, write the folder with pretrain.json in it, print what it brought and the line to change."""
    task, models = load_task(), load("models", Models)
    model = models.encoder if arguments.model == "encoder" else models.generator
    if model is None:
        raise PipelineError("params.yaml: models.generator is not set.", "Name a causal language model.")
    _check(arguments)
    texts, held_out = divided(_texts(arguments.files, task), arguments.rows)
    reading = Reading(
        arguments.epochs, arguments.max_length, arguments.batch_size, arguments.learning_rate, arguments.seed
    )
    read = read_on(model, arguments.model == "encoder", texts, held_out, reading, arguments.out)
    is_encoder = arguments.model == "encoder"
    gain = gain_in_task(task, model, Model(name=str(arguments.out))) if is_encoder else None
    about: JsonObject = {"base_model": revision(model), "texts": len(texts), "task": gain}
    found: JsonObject = {**about, **_loss(read)}
    write_json(found, arguments.out / "pretrain.json")
    if arguments.json:
        write_as_json({**found, "folder": arguments.out.as_posix()})
    else:
        sys.stdout.write(_told(found, arguments))


def _check(arguments: argparse.Namespace) -> None:
    for name in ("epochs", "max_length", "batch_size", "learning_rate"):
        if getattr(arguments, name) <= 0:
            raise PipelineError(f"--{name.replace('_', '-')}: {getattr(arguments, name)} is too small.", "Name more.")
    if arguments.out.exists():
        raise PipelineError(f"--out: {arguments.out} is there already.", "Remove it, or name another folder.")


def divided(texts: Iterator[str], rows: int) -> tuple[list[str], list[str]]:
    """Texts to read, each once, and those that are held out; which is told by their content."""
    order = sorted({text.strip() for text in texts} - {""}, key=lambda text: share("pretrain", text))
    held_out = min(_MOST, int(_HELD_OUT * len(order)))
    if not held_out:
        raise PipelineError(f"pretrain: {len(order)} texts are too few.", "Give it some hundred or more.")
    read = order[held_out:]
    return read[: rows or None], order[:held_out]


def _texts(files: Sequence[Path], task: Task) -> Iterator[str]:
    """Texts of the files; else of the cleaned records outside the test and dev splits, labelled or not."""
    for file in files:
        yield from read_passages(file)
    if not files:
        text = task_type(task).main_text
        yield from (text(r) for r in _records("clean", task) if r.split not in ("test", "dev", "benchmark"))


def _records(stage: str, task: Task) -> Iterator[Record]:
    path = Path("data") / stage / "records.parquet"
    if not path.exists():
        raise PipelineError(f"pretrain: {path} is not there.", f"Build it (`sft repro {stage}`), or name files.")
    return (r for r in to_records(read_records(path, task)) if r.source.role not in _READ_NO_MORE)


def _loss(read: Read) -> JsonObject:
    """Loss per guessed token on the held-out texts, in nats, and by how much it fell; paired by text."""
    figures = {"loss_before": read.before, "loss_after": read.after, "gain": read.before - read.after}
    found = estimate({name: mean_of(values) for name, values in figures.items()}, len(read.before))
    return {
        "held_out": len(read.before),
        "windows": read.windows,
        "steps": read.steps,
        "fresh_weights": list(read.fresh),
        **{name: dict(figure.as_dict()) for name, figure in found.items()},
        "verdict": "cannot_tell" if read.fresh else verdict(found["gain"], found["gain"].p, Params().alpha),
    }


def gain_in_task(task: Task, before: Model, after: Model) -> JsonObject | None:
    """What linear heads on the frozen embeddings gain on the dev split; None without classes or without labels yet.

    Several heads, each on another bootstrap of the train records, the same for both encoders: as in `value`.
    """
    kind, params = task_type(task), load("value", Params)
    if kind.target_kind(task) not in ("text", "texts") or not (Path("data") / "label" / "records.parquet").exists():
        return None
    parts: dict[str, list[Example]] = {"train": [], "dev": []}
    for record in _records("label", task):
        label = kind.stratum(record) if record.target is not None else None
        if label is not None and record.split in parts:
            parts[record.split].append(Example(record.id, kind.main_text(record), label))
    train = sorted(parts["train"], key=lambda example: share("value", example.root))[: params.max_train_rows]
    dev = parts["dev"]
    if not dev or len({example.label for example in train}) < 2:
        return None
    drawn = [
        draw(linear_probe([train], dev, model, params.seeds, params.C)(train), len(dev), params.resamples, params.seed)
        for model in (before, after)
    ]
    first, second = (one[params.metric] for one in drawn)
    gain: Estimate = over_seeds(second.minus(first), params.seed, params.confidence_level)
    return {
        "metric": params.metric,
        "dev_rows": len(dev),
        "before": round(first.value, 4),
        "after": round(second.value, 4),
        "gain": dict(gain.as_dict()),
        "verdict": verdict(gain, gain.p, params.alpha),
    }


_VERDICTS = {
    "cannot_tell": "this cannot tell",
    "helped": "it helped",
    "hurt": "it hurt",
    "no_measurable_effect": "no measurable effect",
}


def _told(found: JsonObject, arguments: argparse.Namespace) -> str:
    lines = []
    for what, part in (("loss a token on texts held out", found), ("dev", found["task"])):
        if isinstance(part, dict) and isinstance(gain := part["gain"], dict):
            ends = [part["loss_before"], part["loss_after"]] if part is found else [part["before"], part["after"]]
            shown = " -> ".join(f"{one['value'] if isinstance(one, dict) else one:.3f}" for one in ends)
            name = what if part is found else f"{part['metric']} of linear heads on {what}"
            interval = f"{gain['low']:+.3f} to {gain['high']:+.3f}"
            lines.append(f"{name}: {shown}, gain {gain['value']:+.3f} ({interval}): {_VERDICTS[str(part['verdict'])]}")
    if found["fresh_weights"]:
        lines.append("The layer that guesses was no part of the model and began at random: its loss falls in any case.")
    lines.append(f"To use it, params.yaml: models.{arguments.model}: {{name: {arguments.out.as_posix()}}}")
    return "\n".join(lines) + "\n"
