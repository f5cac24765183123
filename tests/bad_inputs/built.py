"""A sample project run through all stages in this process, with the cheapest settings, to damage its files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from pipeline.commands.init import start
from tests.conftest import ROOT

#: Steps that say nothing about reading, and take seconds.
_SLOW = ("label_errors",)


def cheap(params: dict[str, Any]) -> None:
    """TF-IDF and a linear head; no augmentation, no ablation."""
    params["models"] = {"encoder": {"name": "tiny"}}
    params["clean"]["steps"] = [step for step in params["clean"]["steps"] if step not in _SLOW]
    params["label"]["prelabel"] = {"method": None}
    params["augment"] = {"methods": {}}
    params["train"] = {"epochs": 0, "max_length": 32}
    params["evaluate"] = {"resamples": 100, "robustness_rows": 0, "baseline_rows": 0, "base_model_rows": 0}
    params["value"] = {"seeds": 3, "resamples": 100, "source_ablation": False, "learning_curve": False}


def stages() -> Iterator[tuple[str, list[Path], Path]]:
    """Name, inputs and output folder of every stage, from dvc.yaml."""
    declared: dict[str, Any] = YAML(typ="safe").load((ROOT / "dvc.yaml").read_text("utf-8"))["stages"]
    for name, stage in declared.items():
        *inputs, out = [Path(word) for word in stage["cmd"].split()[3:]]
        yield name, inputs, out


def reads(stage: str) -> list[str]:
    """The data files and folders that a stage reads, from dvc.yaml."""
    declared = YAML(typ="safe").load((ROOT / "dvc.yaml").read_text("utf-8"))["stages"][stage]
    return [name for name in declared["deps"] if name.startswith("data/")]


def run(stage: str, inputs: list[Path], out: Path) -> None:
    """The stage's own function, in this process."""
    import_module(f"pipeline.{stage}.run").run(*inputs, out)


def build(folder: Path, change: Callable[[dict[str, Any]], None] = lambda params: None) -> None:
    """Start the project in `folder`, the working directory, with `change` made to its settings; run every stage."""
    from tests.modeling.conftest import save_bert

    start("classification", folder)
    yaml = YAML()
    params = yaml.load((folder / "params.yaml").read_text("utf-8"))
    cheap(params)
    change(params)
    with (folder / "params.yaml").open("w", encoding="utf-8") as file:
        yaml.dump(params, file)
    save_bert(folder / "tiny")
    for name, inputs, out in stages():
        out.mkdir(parents=True, exist_ok=True)
        run(name, inputs, out)
