"""`sft compare`: which encoder or strategy is worth its time? Each candidate gets an equal share of one time budget."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from pipeline.core.errors import PipelineError, shorten
from pipeline.core.registry import pick
from pipeline.core.settings import Settings, Task, load, load_task, parse, read_params
from pipeline.modeling.dataset import SPLITS, read_split, sample, to_rows
from pipeline.modeling.heads import HEADS
from pipeline.modeling.models import Models
from pipeline.modeling.predictor import load_predictor
from pipeline.runtime.store import read_json, write_json, write_table
from pipeline.train.params import Params
from pipeline.train.run import train

#: Dev rows on which candidates are evaluated and timed. A guess: not measured.
_DEV = 500
#: Batches of the two short runs that tell how long a row takes. A guess: not measured.
_PROBES = (2, 6)


class Candidate(Settings):
    """What differs from params.yaml: `models` and `train` as they stand there."""

    models: dict[str, Any] = Field(default={})
    train: dict[str, Any] = Field(default={})
    train_languages: tuple[str, ...] = ()  # learn from rows in these alone; with dev_languages: transfer across them
    dev_languages: tuple[str, ...] = ()  # judge on rows in these alone


#: Strategies that are tried where no file names others.
STRATEGIES: dict[str, dict[str, Any]] = {
    "as_set": {},
    "lower_layers_frozen": {"freeze": 3},
    "everything": {"freeze": "none"},
    "adapters": {"freeze": "none", "lora": {"rank": 8}, "learning_rate": 5e-4},
    "linear_head": {"epochs": 0.0},
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `sft compare`."""
    parser.add_argument("--minutes", type=float, default=10.0, help="for all candidates together (default 10)")
    parser.add_argument("--candidates", type=Path, help="YAML: name -> {models, train, train_languages, dev_languages}")
    parser.add_argument("--dataset", type=Path, default=Path("data/validate/dataset"))
    parser.add_argument("--json", action="store_true", help="print the table as JSON")
    parser.add_argument("--out", type=Path, help="where the table goes as JSON, too")


def run(arguments: argparse.Namespace) -> None:
    """Train every candidate within the budget and print what each reached, best first."""
    task, models, params = load_task(), load("models", Models), load("train", Params)
    read_split(arguments.dataset, "train")  # a missing dataset is one message, not one a candidate
    named = _read(arguments.candidates) if arguments.candidates else _strategies(task)
    found = compare(arguments.dataset, named, task, models, params, 60 * arguments.minutes)
    told = json.dumps(found, ensure_ascii=False, indent=2) + "\n" if arguments.json else as_table(found)
    sys.stdout.write(told)
    if arguments.out:
        write_json({"minutes": arguments.minutes, "candidates": found}, arguments.out)
    if all("error" in entry for entry in found):
        raise PipelineError("sft compare: none of the candidates could be trained.", "The reasons stand above.")


def compare(
    dataset: Path, candidates: Mapping[str, Candidate], task: Task, models: Models, params: Params, seconds: float
) -> list[dict[str, Any]]:
    """One entry a candidate, the best dev score first; those that could not be trained last, with `error`."""
    metric, more_is_better = pick(HEADS, task.type, "params.yaml: task.type").function.BEST
    entries = []
    for name, candidate in candidates.items():
        sys.stderr.write(f"compare   {name}: at most {seconds / len(candidates):.0f} s\n")
        try:
            own = parse({**models.model_dump(mode="json"), **candidate.models}, Models, f"{name}: models")
            recipe = parse({**params.model_dump(mode="json"), **candidate.train}, Params, f"{name}: train")
            with tempfile.TemporaryDirectory() as folder:
                rows = in_languages(dataset, candidate, Path(folder), name)
                entries.append({"name": name, **_tried(rows, task, own, recipe, metric, seconds / len(candidates))})
        except PipelineError as error:
            entries.append({"name": name, "error": str(error)})
    sign = -1 if more_is_better else 1
    return sorted(entries, key=lambda entry: (metric not in entry, sign * entry.get(metric, 0.0)))


def in_languages(dataset: Path, candidate: Candidate, folder: Path, name: str) -> Path:
    """The dataset, or a copy in `folder` of the rows in the candidate's languages."""
    wanted = {"train": candidate.train_languages, "dev": candidate.dev_languages}
    if not any(wanted.values()):
        return dataset
    for split, languages in wanted.items():
        table = read_split(dataset, split)
        if languages:
            table = table.filter(pc.is_in(table.column("lang"), pa.array(languages)))
        if not table.num_rows:
            raise PipelineError(f"{name}: no {split} rows in {', '.join(languages)}.", "Name languages of the dataset.")
        write_table(table, folder / "data" / f"{SPLITS[split]}-00000-of-00001.parquet")
    return folder


def _tried(dataset: Path, task: Task, models: Models, recipe: Params, metric: str, seconds: float) -> dict[str, Any]:
    """Train on as many rows as the time allows, estimated by two short runs; score, size and speed of the result."""
    started = time.perf_counter()
    every = read_split(dataset, "train").num_rows
    recipe = recipe.model_copy(update={"max_dev_rows": _DEV, "evaluations": 1})
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)

        def timed(rows: int, out: str) -> float:
            begun = time.perf_counter()
            train(dataset, folder / out, task, models, recipe.model_copy(update={"max_train_rows": rows}))
            return time.perf_counter() - begun

        counts = [min(every, part * recipe.batch_size) for part in _PROBES]
        short, longer = (timed(rows, "probe") for rows in counts)
        each = max(longer - short, 1e-3) / max(counts[1] - counts[0], 1)
        left = seconds - (time.perf_counter() - started) - max(short - counts[0] * each, 0.0)
        rows = min(every, max(counts[1], int(left / each)))
        took = timed(rows, "run")
        report = read_json(folder / "run" / "report.json")
        return {
            metric: round(report["dev"][metric], 4),
            "rows": report["rows"]["train"]["used"],
            "of": every,
            "seconds": round(time.perf_counter() - started, 1),
            "rows_per_s": round(rows / took, 1),
            "answers_per_s": _speed(folder / "run" / "model", dataset),
            "megabytes": round(
                sum(f.stat().st_size for f in (folder / "run" / "model").glob("*.safetensors")) / 1e6, 1
            ),
            "trained": report["parameters"]["trained"],
            "parameters": report["parameters"]["all"],
        }


def _speed(model: Path, dataset: Path) -> float:
    """Dev rows answered per second, after a first one that warms up."""
    rows = to_rows(sample(read_split(dataset, "dev"), 64, 0))
    predictor = load_predictor(model)
    predictor.predict(rows[:1])
    started = time.perf_counter()
    predictor.predict(rows)
    return round(len(rows) / (time.perf_counter() - started), 1)


def as_table(entries: Sequence[Mapping[str, object]]) -> str:
    """Lines for people; `rows` tells where the time did not suffice for all."""
    failed = [f"{entry['name']}: {shorten(entry['error'], 300)}" for entry in entries if "error" in entry]
    measured = [entry for entry in entries if "error" not in entry]
    columns = [key for key in dict.fromkeys(chain.from_iterable(entries)) if key != "error"]
    cells = [columns, *(list(map(_cell, map(entry.get, columns))) for entry in measured)]
    return "\n".join([*_aligned(cells), *failed]) + "\n"


def _aligned(cells: Sequence[Sequence[str]]) -> list[str]:
    """Rows of cells as lines, columns under each other."""
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return ["  ".join(map(str.ljust, row, widths)).rstrip() for row in cells]


def _cell(value: object) -> str:
    return f"{value:,}" if isinstance(value, (int, float)) else str(value)


def _strategies(task: Task) -> dict[str, Candidate]:
    """The built-in strategies; a linear head needs classes."""
    return {
        name: Candidate(train=settings)
        for name, settings in STRATEGIES.items()
        if name != "linear_head" or task.type == "classification"
    }


def _read(path: Path) -> dict[str, Candidate]:
    """The candidates of a YAML file. Raises PipelineError where it is none."""
    content = read_params(path)
    if not content:
        raise PipelineError(f"{path}: expected candidates by name.", "Such as: small: {train: {freeze: all}}")
    return {str(name): parse(value or {}, Candidate, f"{path}: {name}") for name, value in content.items()}
