"""Fine-tuning speed on banking77: the usual tutorial code, a Trainer with dynamic padding, and ours.

    python benchmarks/training.py tutorial   # fixed padding to 128, batch 16, Trainer's defaults; a slice of steps
    python benchmarks/training.py dynamic    # the same with padding to the longest of each batch; one epoch
    python benchmarks/training.py ours       # the stage `train` with the settings below; one epoch
    python benchmarks/training.py ours_top   # the same with the lower four of the six layers frozen
    python benchmarks/training.py gemm       # what the processor can do at most

A number behind takes that many train rows instead of all 9,503: `gemm tutorial dynamic ours 2000`. OMP_NUM_THREADS sets
the threads (default: one a core); where other work shares the machine, 1 keeps threads from waiting for each other.

Prints examples per second of wall time and per CPU second (user + system), accuracy on the 3,080 test rows, and useful
float operations per CPU second: for each real token, padding not counted, twice the weights of the encoder's layers and
four times those of the layers that learn. Their share of what one large matrix product reaches in the same run (`gemm`)
says how much is left to gain. Needs the public banking77 files: SHARED_DATA=<folder> (default ../shared/data).

Padding is masked, so `tutorial` and `dynamic` make the same updates but for rounding: the accuracy of `dynamic` stands
for both, since a whole epoch of `tutorial` takes half an hour.
"""

from __future__ import annotations

import csv
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

DATA = Path(os.environ.get("SHARED_DATA", "../shared/data")) / "banking77"
CACHE = Path(os.environ.get("SFT_CACHE", ".cache")).resolve()
THREADS = int(os.environ.get("OMP_NUM_THREADS", os.cpu_count() or 1))
DEV = 200
SLICE = 20  # steps of the tutorial code
PEER_RATE = 2e-4  # ten times the tutorials' 2e-5, which is far too slow for one epoch of 77 classes
LAYER_WEIGHTS = 4 * 384 * 384 + 2 * 384 * 1536  # of one of the six layers of the default encoder
LIMIT: list[float] = []  # float operations per CPU second of one large product, once `gemm` has run
OURS = {
    "epochs": 1.0,
    "batch_size": 32,
    "freeze": "embeddings",
    "learning_rate": 1e-4,
    "layer_decay": 0.9,
    "head_learning_rate": 5e-4,
    "dropout": 0.0,  # one pass over the data: nothing to guard against, and random numbers cost a tenth of the time
    "evaluations": 1,
}


def rows() -> tuple[list[dict], list[dict], list[dict]]:
    """Train, dev and test."""
    found = []
    for name in ("train", "test"):
        with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            found.append(
                [
                    {"id": f"{name}{n}", "text": row["text"], "label": row["category"]}
                    for n, row in enumerate(csv.DictReader(file))
                ]
            )
    random.Random(0).shuffle(found[0])
    count = int(next((word for word in sys.argv[1:] if word.isdigit()), "0")) or len(found[0])
    return found[0][DEV:][:count], found[0][:DEV], found[1]


class Clock:
    """Wall and CPU seconds from when it was made to `stop`."""

    def __init__(self) -> None:
        self.wall, self.cpu = time.perf_counter(), sum(os.times()[:4])

    def stop(self) -> None:
        self.wall, self.cpu = time.perf_counter() - self.wall, sum(os.times()[:4]) - self.cpu

    def tell(self, what: str, examples: int, tokens: float, learning: int = 6, **more: float) -> None:
        """One line: `examples` were learned from, of `tokens` real tokens on average, by `learning` of six layers."""
        wall, cpu = self.wall, self.cpu
        rate = (2 * 6 + 4 * learning) * LAYER_WEIGHTS * tokens * examples / cpu / 1e9
        share = {"share_of_gemm": rate / LIMIT[0]} if LIMIT else {}
        print(
            json.dumps(
                {
                    "what": what,
                    "examples": examples,
                    "wall_s": round(wall, 1),
                    "cpu_s": round(cpu, 1),
                    "examples_per_s": round(examples / wall, 1),
                    "examples_per_cpu_s": round(examples / cpu, 1),
                    "useful_gflop_per_cpu_s": round(rate, 1),
                    **{name: round(value, 4) for name, value in {**share, **more}.items()},
                }
            ),
            flush=True,
        )


def mean_tokens(train: list[dict]) -> float:
    from transformers import AutoTokenizer

    found = AutoTokenizer.from_pretrained(encoder())([row["text"] for row in train])["input_ids"]
    return float(np.mean([len(ids) for ids in found]))


def encoder() -> str:
    from pipeline.core.settings import load
    from pipeline.modeling.models import Models, local_path

    return local_path(load("models", Models).encoder, "models.encoder")


def peer(fixed: bool) -> None:
    """The Trainer as tutorials use it."""
    from transformers import (
        AutoModelForSequenceClassification,
        AutoTokenizer,
        DataCollatorWithPadding,
        Trainer,
        TrainingArguments,
        set_seed,
    )

    set_seed(0)
    train, _, test = rows()
    labels = sorted({row["label"] for row in train})
    path = encoder()
    tokenizer = AutoTokenizer.from_pretrained(path)
    model = AutoModelForSequenceClassification.from_pretrained(path, num_labels=len(labels), dtype="float32")
    padding = {"padding": "max_length", "max_length": 128} if fixed else {}
    examples = [
        {**tokenizer(row["text"], truncation=True, **padding), "labels": labels.index(row["label"])} for row in train
    ]
    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            folder,
            per_device_train_batch_size=16,
            num_train_epochs=1,
            max_steps=SLICE if fixed else -1,
            learning_rate=PEER_RATE,
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
            dataloader_pin_memory=False,
        )
        collate = None if fixed else DataCollatorWithPadding(tokenizer)  # None: the Trainer's own
        trainer = Trainer(model, arguments, collate, train_dataset=examples)
        clock = Clock()
        trainer.train()
        clock.stop()
    seen = SLICE * 16 if fixed else len(examples)
    what = "tutorial" if fixed else "dynamic"
    more = {} if fixed else accuracy(model, tokenizer, labels, test)
    clock.tell(what, seen, mean_tokens(train), 6, **more)


def accuracy(model, tokenizer, labels: list[str], test: list[dict]) -> dict[str, float]:
    import torch

    model.eval()
    hits = 0
    ordered = sorted(test, key=lambda row: len(row["text"]))
    for start in range(0, len(ordered), 64):
        part = ordered[start : start + 64]
        batch = tokenizer([row["text"] for row in part], padding=True, truncation=True, return_tensors="pt")
        with torch.inference_mode():
            best = model(**batch).logits.argmax(1).tolist()
        hits += sum(labels[n] == row["label"] for n, row in zip(best, part, strict=True))
    return {"test_accuracy": hits / len(test)}


@contextmanager
def clocked(owner, name: str) -> Iterator[list[Clock]]:
    """A clock for each call of that function while the block runs."""
    function, clocks = getattr(owner, name), []

    def timed(*given):
        clock = Clock()
        result = function(*given)
        clock.stop()
        clocks.append(clock)
        return result

    setattr(owner, name, timed)
    try:
        yield clocks
    finally:
        setattr(owner, name, function)


def ours(frozen: int = 0) -> None:
    """The train stage, from the dataset to the saved model: nothing cached but the packages.

    Three lines: the whole stage; its fine-tuning alone; and that without its three looks at dev, as the peers' clocks
    have it (they never look).
    """
    from pipeline.core.settings import Task, load
    from pipeline.modeling.models import Models
    from pipeline.modeling.predictor import load_predictor
    from pipeline.modeling.training.job import Job
    from pipeline.train import run
    from pipeline.train.params import Params

    models = load("models", Models)
    parts = dict(zip(("train", "validation", "test"), rows(), strict=True))
    task = Task(
        type="classification", labels=tuple(sorted({row["label"] for row in parts["train"]})), languages=("en",)
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "dataset" / "data").mkdir(parents=True)
        for part, content in parts.items():
            pq.write_table(pa.Table.from_pylist(content), folder / f"dataset/data/{part}-00000-of-00001.parquet")
        (folder / "cache").mkdir()
        (folder / "cache" / "packages").symlink_to(CACHE / "packages")
        os.environ["SFT_CACHE"] = str(folder / "cache")
        import sklearn.linear_model  # noqa: F401  # loading packages is no part of any clock here

        import pipeline.modeling.training.trainer  # noqa: F401

        settings = {**OURS, "max_dev_rows": DEV, **({"freeze": frozen} if frozen else {})}
        clock = Clock()
        with clocked(run, "fit") as inner, clocked(Job, "judge") as looks:
            run.train(folder / "dataset", folder / "out", task, models, Params.model_validate(settings))
        clock.stop()
        os.environ["SFT_CACHE"] = str(CACHE)
        report = json.loads((folder / "out" / "report.json").read_text())
        predictor = load_predictor(folder / "out" / "model")
        seen, tokens = report["rows"]["train"]["used"], mean_tokens(parts["train"])
        what = f"ours, {frozen} layers frozen" if frozen else "ours"
        clock.tell(f"{what}: dataset to saved model", seen, tokens, 6 - frozen)
        inner[0].tell(f"{what}: fine-tuning", seen, tokens, 6 - frozen)
        inner[0].wall -= sum(look.wall for look in looks)
        inner[0].cpu -= sum(look.cpu for look in looks)
        inner[0].tell(f"{what}: fine-tuning without looks at dev", seen, tokens, 6 - frozen)
        found = predictor.predict(parts["test"])
        right = np.mean([p.value == row["label"] for p, row in zip(found, parts["test"], strict=True)])
        print(
            json.dumps(
                {"test_accuracy": round(float(right), 4), "dev_before": report["dev_before"], "dev": report["dev"]}
            )
        )


def gemm() -> None:
    """Float operations per second of one large product; the limit that the shares above are of."""
    import torch

    one = torch.randn(2048, 2048)
    for _ in range(3):
        one @ one
    clock = Clock()
    for _ in range(20):
        one @ one
    clock.stop()
    done = 20 * 2 * 2048**3 / 1e9
    LIMIT[:] = [done / clock.cpu]
    found = {
        "threads": THREADS,
        "gflop_per_s": round(done / clock.wall, 1),
        "gflop_per_cpu_s": round(done / clock.cpu, 1),
    }
    print(json.dumps(found), flush=True)


def main() -> None:
    import logging

    import torch

    logging.basicConfig(level=logging.INFO, format="%(message)s")
    torch.set_num_threads(THREADS)
    ways = {"gemm": gemm, "tutorial": lambda: peer(True), "dynamic": lambda: peer(False), "ours": ours}
    ways["ours_top"] = lambda: ours(4)
    named = [name for name in ways if name in sys.argv[1:]]
    for name in named or list(ways):
        ways[name]()


if __name__ == "__main__":
    main()
