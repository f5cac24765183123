"""What packing does to the loss: 200 short dialogues, one epoch, the same settings with and without.

    OMP_NUM_THREADS=1 python -m benchmarks.packing_loss [unpacked packed rows]    # needs the public instruction seeds

LoRA on the model of `sft init chat`, batches of 8, dialogues of at most 64 tokens, half English, half Chinese. All ways
learn from equal tokens in one epoch and are judged by the loss of 40 other dialogues.

  unpacked  batches of 8 dialogues
  packed    `train.packing: true`: batches that hold the tokens of 8 dialogues
  rows      as packing was before: batches of 8 full rows, so fewer steps
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from ruamel.yaml import YAML

from benchmarks.packing import dialogues
from pipeline.core.errors import PipelineError
from pipeline.core.settings import Task, parse
from pipeline.modeling.lm import packing
from pipeline.modeling.models import Models
from pipeline.train.params import Params
from pipeline.train.run import train

WAYS = ("unpacked", "packed", "rows")
TRAIN, DEV, LONGEST, ROW = 200, 40, 64, 128
SETTINGS = {
    "epochs": 1, "batch_size": 8, "max_length": ROW, "freeze": "none", "lora": {"rank": 8}, "learning_rate": 5e-4,
    "evaluations": 1, "over_long": "truncate",
}  # fmt: skip
TASK = Task(type="chat", languages=("en", "zh"))


def chosen(models: Models) -> list[dict]:
    """Short dialogues, as many as are needed."""
    from pipeline.modeling.heads import chat
    from pipeline.modeling.lm.generator import generator_folder
    from pipeline.modeling.loading import load_tokenizer

    assert models.generator is not None
    tokenizer = load_tokenizer(generator_folder(models.generator), 10**9, "models.generator")
    found = []
    for row in dialogues(4000):
        if sum(len(turn["content"]) for turn in row["messages"]) > 4 * LONGEST:
            continue
        try:
            items = chat.encode([row], tokenizer, TASK, Params.model_validate(SETTINGS)).items
        except PipelineError:  # too long even for a row
            continue
        if len(items[0]["input_ids"]) <= LONGEST:
            found.append(row)
        if len(found) == TRAIN + DEV:
            return found
    raise SystemExit(f"{len(found)} dialogues are short enough, {TRAIN + DEV} are needed")


def run(way: str) -> None:
    """Train one way and print its steps and losses."""
    settings = YAML(typ="safe").load(Path("pipeline/commands/templates/chat.yaml").read_text("utf-8"))["models"]
    models = parse(settings, Models, "models")
    rows = chosen(models)
    if way == "rows":
        packing.layout = lambda examples, batch_size, max_length: packing.Layout(batch_size, max_length)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for split, part in (("train", rows[:TRAIN]), ("validation", rows[TRAIN:])):
            table = pa.Table.from_pylist([{"id": f"{split}{n}", **row} for n, row in enumerate(part)])
            (folder / "dataset" / "data").mkdir(parents=True, exist_ok=True)
            pq.write_table(table, folder / "dataset" / "data" / f"{split}-00000-of-00001.parquet")
        started = time.process_time()
        params = Params.model_validate({**SETTINGS, "packing": way != "unpacked"})
        train(folder / "dataset", folder / "out", TASK, models, params)
        report = json.loads((folder / "out" / "report.json").read_text("utf-8"))
    loss = {name: round(report[name]["loss"], 4) for name in ("dev_before", "dev")}
    spent = round(time.process_time() - started)
    found = {"way": way, "steps": report["steps"], **loss, **report.get("packing", {}), "cpu_s": spent}
    print(json.dumps(found), flush=True)


def main() -> None:
    """Each way in a process of its own."""
    if sys.argv[1:2] == ["run"]:
        run(sys.argv[2])
        return
    for way in sys.argv[1:] or WAYS:
        subprocess.run([sys.executable, "-m", "benchmarks.packing_loss", "run", way], check=True)


if __name__ == "__main__":
    main()
