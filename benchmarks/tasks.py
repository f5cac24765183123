"""Every task type on public data, through the real stages: rows in and dropped, what is learned, what it costs.

    python benchmarks/tasks.py [NAME...] [--keep FOLDER]     # no name: lists them

A benchmark is `benchmarks/tasks/NAME.yaml`: what its params differ in from the project of `sft init` that it
names. The data are read where they are: `$SHARED_DATA`, else `../shared/data`. Each run starts without cached
results (packages and converted models are taken from the cache), in a temporary folder, and calls the commands
of dvc.yaml from collect to evaluate. `--keep` leaves the project there.

Prints one line of a markdown table. CPU is user plus system seconds of all stages, GB the largest peak of one.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[1]
FOLDER = Path(__file__).with_suffix("")
STAGES = ("collect", "clean", "label", "augment", "validate", "train", "evaluate")
COLUMNS = (
    "data",
    "rows in",
    "dropped or set aside",
    "train / dev / test",
    "model",
    "95 % interval",
    "baselines",
    "CPU / wall s",
    "GB",
)


@dataclass
class Cost:
    """What the stages of one run took."""

    cpu: float = 0.0
    wall: float = 0.0
    gigabytes: float = 0.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", choices=[*names(), []], help="which benchmarks to run")
    parser.add_argument("--keep", type=Path, help="run in this folder and leave the project there")
    arguments = parser.parse_args()
    if not arguments.names:
        print("\n".join(names()))
        return
    print(f"| {' | '.join(COLUMNS)} |\n|{'---|' * len(COLUMNS)}")
    for name in arguments.names:
        with tempfile.TemporaryDirectory() as temporary:
            project = (arguments.keep or Path(temporary)) / name
            print(row(name, project, run(name, project)), flush=True)


def names() -> list[str]:
    return sorted(file.stem for file in FOLDER.glob("[!_]*.yaml"))


def run(name: str, project: Path) -> Cost:
    """Write the project and run its stages."""
    if project.exists():
        sys.exit(f"{project} is there from another run: remove it, or name another folder.")
    for folder in ("data/raw", "data/annotations", "cache"):
        (project / folder).mkdir(parents=True, exist_ok=True)
    with (project / "params.yaml").open("w", encoding="utf-8") as file:
        YAML().dump(settings(name), file)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "SFT_CACHE": str(project / "cache")}
    for part in ("packages", "models"):
        shared = Path(os.environ.get("SFT_CACHE", ROOT / ".cache")).resolve() / part
        shared.mkdir(parents=True, exist_ok=True)
        if not (project / "cache" / part).exists():
            (project / "cache" / part).symlink_to(shared)
    commands = read(ROOT / "dvc.yaml")["stages"]
    cost = Cost()
    for stage in STAGES:
        measure([sys.executable, *shlex.split(commands[stage]["cmd"])[1:]], project, environment, cost)
    return cost


def settings(name: str) -> dict[str, Any]:
    """The params of a project of `sft init`, changed by what all benchmarks share and by the benchmark's own file."""
    own = read(FOLDER / f"{name}.yaml")
    params = read(ROOT / f"pipeline/commands/templates/{own.pop('project')}.yaml")
    params["collect"]["sources"] = {}
    merge(params, read(FOLDER / "_all.yaml"))
    merge(params, own)
    shared = Path(os.environ.get("SHARED_DATA", ROOT.parent / "shared/data")).resolve()
    for source in params["collect"]["sources"].values():
        source["path"] = str(shared / source["path"])
    return params


def read(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = YAML(typ="safe").load(path.read_text("utf-8"))
    return loaded


def merge(params: dict[str, Any], changes: dict[str, Any]) -> None:
    """Mappings are merged, all else is replaced."""
    for key, value in changes.items():
        if isinstance(value, dict) and isinstance(params.get(key), dict):
            merge(params[key], value)
        else:
            params[key] = value


def measure(command: list[str], folder: Path, environment: dict[str, str], cost: Cost) -> None:
    """Run one stage and add what it took to `cost`."""
    began = time.monotonic()
    stage = subprocess.Popen(command, cwd=folder, env=environment)
    _, status, used = os.wait4(stage.pid, 0)
    stage.returncode = os.waitstatus_to_exitcode(status)
    if stage.returncode:
        sys.exit(f"{' '.join(command[1:])} failed; its message is above.")
    seconds = used.ru_utime + used.ru_stime
    print(f"{command[2]}: {seconds:.0f} CPU s, {used.ru_maxrss / 1e6:.1f} GB", file=sys.stderr)
    cost.cpu += seconds
    cost.wall += time.monotonic() - began
    cost.gigabytes = max(cost.gigabytes, used.ru_maxrss / 1e6)


def row(name: str, project: Path, cost: Cost) -> str:
    """The line of the table, from the reports that the stages wrote."""
    data = project / "data"
    collected, made, trained, judged = (report(data, stage) for stage in ("collect", "augment", "train", "evaluate"))
    gone = Counter(reason for stage in STAGES[:3] for reason in reasons(data / stage / "dropped.parquet"))
    splits = Counter(pq.read_table(data / "label/records.parquet", columns=["split"]).column("split").to_pylist())
    used = trained["rows"]["train"]["used"]
    train = f"{splits['train']:,}" + (f" ({used:,} used)" if used < splits["train"] else "")
    metric = judged["headline"]
    score = judged["metrics"][metric]
    others = [
        f"{label} {compared(found['metrics'], judged['metrics'], metric)}"
        for label, found in judged["baselines"].items()
    ]
    if children := made["kept"] - made["in"]:
        train += f" + {children:,} made"
    cells = (
        name,
        f"{collected['in']:,}",
        ", ".join(f"{count:,} {reason}" for reason, count in gone.most_common()) or "none",
        f"{train} / {splits['dev']:,} / {judged['n']:,}",
        f"{metric} {score['value']:.3f}",
        f"{score['low']:.3f} to {score['high']:.3f}",
        ", ".join(others) or "none",
        f"{cost.cpu:.0f} / {cost.wall:.0f}",
        f"{cost.gigabytes:.1f}",
    )
    return f"| {' | '.join(cells)} |"


def compared(reference: dict[str, Any], model: dict[str, Any], metric: str) -> str:
    """A reference's headline metric; of one judged by its loss alone that loss, and what fine-tuning made of it."""
    if metric in reference:
        return f"{reference[metric]['value']:.3f}"
    return f"loss per token {reference['loss_per_token']['value']:.2f}, tuned {model['loss_per_token']['value']:.2f}"


def report(data: Path, stage: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((data / stage / "report.json").read_text("utf-8"))
    return loaded


def reasons(dropped: Path) -> list[str]:
    return pq.read_table(dropped, columns=["reason"]).column("reason").to_pylist()


if __name__ == "__main__":
    main()
