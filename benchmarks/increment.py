"""What a small change costs on a finished project: 1 % new rows, one changed label, one changed threshold.

    python -m benchmarks.increment 100000             # rows; TF-IDF for the encoder
    python -m benchmarks.increment 20000 embeddings   # the encoder of the default project

Short generated rows as in `benchmarks.memory`, every data stage in a process of its own. After
the first run each change is made to a copy of the project and of its cache; the share of the first run's CPU time that
a stage spends is printed. A changed threshold (`label_errors.review_share`) runs clean and what follows. As with DVC a
stage does not run whose inputs (dvc.yaml) are as they were; the time of DVC itself is not in the figures.
"""

from __future__ import annotations

import csv
import json
import shutil
import sys
import tempfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from ruamel.yaml import YAML

from benchmarks.memory import COMMANDS, PARAMS, ROOT, run_stage, short_rows

STEPS = (
    "repair_text, missing, language, pii, quality, conflicting_labels, exact_duplicates, near_duplicates, splits,"
    " label_errors"
)


#: Stages of the data in order: an export to trainers is a command, and no part of `dvc repro`.
STAGES = tuple(name for name in COMMANDS if name != "export")
#: What a run costs whose results are all kept.
NOTHING = "nothing, without DVC"


def start(folder: Path, rows: list[tuple[str, str]], encoder: str = "{name: tfidf}") -> None:
    """Params, empty folders and the rows."""
    for name in ("raw", "annotations", "released"):
        (folder / name).mkdir(parents=True)
    (folder / "annotations" / "annotations.jsonl").touch()
    (folder / "params.yaml").write_text(PARAMS.replace("STEPS", STEPS).replace("{name: tfidf}", encoder), "utf-8")
    write(folder, rows)


def write(folder: Path, rows: list[tuple[str, str]]) -> None:
    """The source's file."""
    with (folder / "raw" / "rows.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("text", "label"), *rows])


def spend(folder: Path, first: int = 0, finished: Path | None = None) -> dict[str, float]:
    """CPU seconds of the stages from number `first`; of later ones only those that `finished` would not do for."""
    spent = {}
    for number, stage in enumerate(STAGES):
        if number == first or (number > first and (finished is None or stale(stage, folder, finished))):
            spent[stage] = run_stage(stage, folder)[0]
    return spent


def stale(stage: str, folder: Path, finished: Path) -> bool:
    """Whether a file or folder of data that the stage reads (dvc.yaml) differs from that of the finished project."""
    given = YAML(typ="safe").load((ROOT / "dvc.yaml").read_text("utf-8"))["stages"][stage]["deps"]
    read = [name.removeprefix("data/") for name in given if name.startswith("data/")]
    return any(_contents(folder / name) != _contents(finished / name) for name in read)


def _contents(path: Path) -> dict[str, str]:
    files = [path] if path.is_file() else sorted(file for file in path.rglob("*") if file.is_file())
    return {file.relative_to(path).as_posix(): sha256(file.read_bytes()).hexdigest() for file in files}


def main() -> None:
    """Measure the first run, then each change."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    encoder = default_encoder() if "embeddings" in sys.argv else "{name: tfidf}"
    rows = list(short_rows(count + count // 100))
    old = rows[:count]
    relabelled = [*old[:-1], (old[-1][0], "good" if old[-1][1] != "good" else "bad")]

    def stricter(folder: Path) -> None:
        params = (folder / "params.yaml").read_text("utf-8")
        changed = params.replace("  steps:", "  label_errors: {review_share: 0.01}\n  steps:")
        (folder / "params.yaml").write_text(changed, "utf-8")

    changes: dict[str, tuple[int, Callable[[Path], None]]] = {
        NOTHING: (0, lambda folder: None),
        "1 % new rows": (0, lambda folder: write(folder, rows)),
        "one changed label": (0, lambda folder: write(folder, relabelled)),
        "one changed threshold": (1, stricter),
    }
    with tempfile.TemporaryDirectory() as place:
        finished = Path(place) / "finished"
        start(finished, old, encoder)
        whole = spend(finished)
        print(f"{count:,} rows, first run: {sum(whole.values()):.1f} CPU s  {told(whole, whole)}", flush=True)
        for name, (first, change) in changes.items():
            folder = Path(place) / "changed"
            shutil.copytree(finished, folder)
            change(folder)
            spent = spend(folder, first, None if name == NOTHING else finished)
            share = sum(spent.values()) / sum(whole.values())
            print(f"  {name:22} {share:6.1%}  {told(spent, whole)}", flush=True)
            shutil.rmtree(folder)


def default_encoder() -> str:
    """The encoder of the default project as params.yaml has it, on one line."""
    given = YAML(typ="safe").load((ROOT / "params.yaml").read_text("utf-8"))["models"]["encoder"]
    return json.dumps(given)


def told(spent: dict[str, float], whole: dict[str, float]) -> str:
    """CPU seconds of each stage, and its share of its first run."""
    return ", ".join(f"{stage} {seconds:.1f} ({seconds / whole[stage]:.0%})" for stage, seconds in spent.items())


if __name__ == "__main__":
    main()
