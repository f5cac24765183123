"""Effect of each data step, in full: the model itself, fine-tuned on each state of the data (variants/dvc.yaml).

    python -m pipeline.variants start                    write variants/dvc.yaml and variants/params.yaml
    python -m pipeline.variants data VARIANT DATA OUT    one variant's training data, with the project's dev and test;
                                                         VARIANT_control: the same changes at random
    python -m pipeline.variants run SEED DATASET OUT     train and predict the test split
    python -m pipeline.variants report RUNS OUT          paired comparison of all runs

The quick form, the stage `value`, answers the same question with a linear head in seconds.
"""

from __future__ import annotations

import itertools
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from pipeline.core.errors import PipelineError
from pipeline.core.record import Record, Row
from pipeline.core.settings import Task, load, load_task
from pipeline.modeling.dataset import read_split, to_rows
from pipeline.modeling.models import Models
from pipeline.modeling.predictor import load_predictor
from pipeline.runtime.store import read_table, write_json, write_table
from pipeline.stats.paired_gain import Draws, draw
from pipeline.tasks import task_type
from pipeline.train.params import Params as TrainParams
from pipeline.train.run import train
from pipeline.value.linear_probe import scores
from pipeline.value.params import Params
from pipeline.value.run import compare
from pipeline.value.stage_records import read_stages
from pipeline.value.variants import Example, Stages, Variants, build, random_control
from pipeline.value.verdict import estimated

#: The order in which steps are compared.
ORDER = ("raw", "cleaned", "decided_labels", "augmented")
#: What is put behind a step's name for the state before it, changed as much at random: a gain is held against chance.
CONTROL = "_control"
_FILE = "{}-00000-of-00001.parquet"


def write_data(variant: str, stages: Stages, task: Task, out: Path) -> None:
    """Write the dataset of one variant: its training rows, and the dev and test rows that all variants share."""
    if task.type != "classification" or task.multi_label:
        raise PipelineError(
            f"variants: a task of type {task.type} cannot be compared in full yet.", "Labels, one a record, can."
        )
    every = len(stages.collect) + len(stages.augment)
    variants = build(stages, task, max(every, 1))
    examples = _examples(variant, variants)
    dev = [record for record in stages.augment if record.split == "dev"]
    parts = {"train": _rows(examples), "validation": _records(dev, task), "test": _rows(variants.test)}
    for name, rows in parts.items():
        columns = {key: pa.array([row[key] for row in rows], pa.string()) for key in ("id", "text", "label")}
        write_table(pa.table(columns), out / "data" / _FILE.format(name))


def _examples(variant: str, variants: Variants) -> Sequence[Example]:
    """The training rows of a variant, or of a control."""
    controls = {f"{name}{CONTROL}": (before, name) for before, name in itertools.pairwise(variants.train)}
    if variant in controls:
        before, name = controls[variant]
        return random_control(variants.train[before], variants.train[name], name)
    if variant in variants.train:
        return variants.train[variant]
    known = ", ".join([*variants.train, *controls])
    raise PipelineError(f"variants: there is no variant '{variant}'.", f"There are: {known}.")


def run_once(seed: int, dataset: Path, task: Task, models: Models, params: TrainParams, out: Path) -> None:
    """Train with `seed`; write test_predictions.parquet (id, label, predicted) and metrics.json."""
    with tempfile.TemporaryDirectory() as name:
        train(dataset, Path(name), task, models, params.model_copy(update={"seed": seed}))
        test = to_rows(read_split(dataset, "test"))
        found = load_predictor(Path(name) / "model").predict(test)
    columns = {key: [row[key] for row in test] for key in ("id", "label")}
    write_table(pa.table({**columns, "predicted": [str(one.value) for one in found]}), out / "test_predictions.parquet")
    right = sum(one.value == row["label"] for one, row in zip(found, test, strict=True))
    write_json({"test_accuracy": round(right / max(len(test), 1), 6)}, out / "metrics.json")


def _learned(run: Path) -> list[Example]:
    """What the variant was trained on."""
    return [Example(str(row["id"]), str(row["text"]), str(row["label"])) for row in _train_rows(run)]


def report(runs: Path, params: Params, out: Path) -> None:
    """Write report.json: every variant's metrics with intervals over seeds and test rows, every step's verdict."""
    drawn, tests = _drawn(runs, ORDER, [], params)
    control, _ = _drawn(runs, [f"{name}{CONTROL}" for name in ORDER[1:]], tests, params)
    rows = {name: _learned(runs / name) for name in drawn}
    if len(drawn) < 2:
        raise PipelineError(f"{runs}: fewer than two variants to compare.", "Name more in variants/params.yaml.")
    chance = {name.removesuffix(CONTROL): part for name, part in control.items()}
    steps = compare(Variants(rows, tests, []), drawn, chance, params)
    content = {
        "metric": params.metric,
        "test_rows": len(tests),
        "variants": {
            name: {"rows": len(rows[name]), "metrics": estimated(part, params)} for name, part in drawn.items()
        },
        "steps": steps,
    }
    write_json(content, out / "report.json")
    write_json({f"{step['step']}_gain": step["difference"]["value"] for step in steps}, out / "metrics.json")
    for step in steps:
        sys.stderr.write(f"variants  {step['sentence']}\n")


def _predictions(runs: Path) -> list[pa.Table]:
    """What the models of all seeds answered."""
    tables = [read_table(file) for file in sorted(runs.glob("seed-*/test_predictions.parquet"))]
    if not tables:
        raise PipelineError(f"{runs}: no finished run.", _AGAIN)
    return tables


def _drawn(
    runs: Path, names: Sequence[str], tests: list[Example], params: Params
) -> tuple[dict[str, dict[str, Draws]], list[Example]]:
    """The resampled metrics of those `names` that have runs, and the test rows, which must be `tests` where given."""
    drawn: dict[str, dict[str, Draws]] = {}
    for name in names:
        if not (runs / name).is_dir():
            continue
        tables = _predictions(runs / name)
        found = [Example(row["id"], "", row["label"]) for row in tables[0].to_pylist()]
        if tests and found != tests:
            raise PipelineError(f"{runs / name}: evaluated on other test rows than the variants before it.", _AGAIN)
        tests = found
        models = [scores(table["predicted"].to_pylist(), tests) for table in tables]
        drawn[name] = draw(models, len(tests), params.resamples, params.seed)
    return drawn, tests


def _train_rows(folder: Path) -> list[Row]:
    return to_rows(read_split(folder / "dataset", "train"))


def _rows(examples: Sequence[Example]) -> list[dict[str, str]]:
    """Children of one record get numbers, so that ids stay unique."""
    seen: dict[str, int] = {}
    rows = []
    for example in examples:
        seen[example.root] = seen.get(example.root, 0) + 1
        suffix = f"+{seen[example.root] - 1}" if seen[example.root] > 1 else ""
        rows.append({"id": example.root + suffix, "text": example.text, "label": example.label})
    return rows


def _records(records: Sequence[Record], task: Task) -> list[dict[str, str]]:
    kind = task_type(task)
    return [{"id": r.id, "text": kind.main_text(r), "label": str(r.target)} for r in records if r.target is not None]


_AGAIN = "Run all of them again: dvc repro variants/dvc.yaml"


def start(project: Path) -> None:
    """Write the second pipeline into `project`; it stands in no project before, so that `dvc status` is about one.

    Raises PipelineError where there is one already. In a project without a clone's code the stages do not depend on it.
    """
    folder = project / "variants"
    if folder.exists():
        raise PipelineError(f"{folder} is there already.", "Run it: dvc repro variants/dvc.yaml (or remove it first)")
    templates = Path(__file__).parent / "templates"
    lines = (templates / "pipeline.yaml").read_text("utf-8").splitlines(keepends=True)
    if not (project / "pipeline").is_dir():
        lines = [line for line in lines if not line.strip().startswith("- pipeline/")]
    folder.mkdir()
    (folder / "dvc.yaml").write_text("".join(lines), "utf-8")
    shutil.copyfile(templates / "params.yaml", folder / "params.yaml")
    sys.stdout.write(f"{folder / 'dvc.yaml'}: written. Go on with: dvc repro variants/dvc.yaml\n")


def main(words: Sequence[str]) -> None:
    """One of the commands above."""
    if list(words) == ["start"]:
        start(Path())
        return
    task = load_task()
    command, *rest = words
    if command == "data":
        variant, data, out = rest
        collect, clean, label, augment = (Path(data) / name for name in ("collect", "clean", "label", "augment"))
        stages = read_stages(collect, clean, label, augment, task)
        write_data(variant, stages, task, Path(out))
    elif command == "run":
        seed, dataset, out = rest
        run_once(int(seed), Path(dataset), task, load("models", Models), load("train", TrainParams), Path(out))
    else:
        runs, out = rest
        report(Path(runs), load("value", Params), Path(out))
