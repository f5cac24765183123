"""A third of the chat data, same held-out loss? Needs SHARED_DATA=<folder> and a small instruct model.

    python -m benchmarks.chat_selection [rows] [seeds]      # models.generator of pipeline/commands/templates/chat.yaml

The 175 seed tasks of Self-Instruct: `rows` (120) to train on, the rest held out. For every way of choosing a third, and
for all rows, the model's top layers are fine-tuned (equal passes over each set; the lower layers are frozen and their
outputs computed once); reported is the loss per token of the held-out replies. Each seed draws its own random third.
"""

from __future__ import annotations

import json
import os
import random
import resource
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pipeline.augment.params import SelectSettings
from pipeline.augment.select.selection import choose, score
from pipeline.augment.text_features import TextFeatures
from pipeline.core.record import Record, Source, content_id
from pipeline.core.settings import Task, load
from pipeline.modeling.lm.top_layers import TopLayers
from pipeline.modeling.models import Models
from pipeline.tasks import task_type

DATA = Path(os.environ.get("SHARED_DATA", "../shared/data"))
TASK = Task(type="chat", languages=("en",))
PASSES = 2


def conversations() -> list[Record]:
    found: list[Record] = []
    for line in (DATA / "instruct_seeds" / "seed_tasks.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        one = row["instances"][0]
        question = f"{row['instruction']}\n{one['input']}".strip()
        source = Source("seed_tasks", "files", "seed_tasks.jsonl", len(found) + 1, "Apache-2.0", "train")
        fields = {"messages": [{"role": "user", "content": question}]}
        found.append(Record(content_id(row["id"]), fields, source, one["output"], "en", "train", row["id"]))
    random.Random(0).shuffle(found)
    return found


def whole(record: Record) -> list[dict[str, str]]:
    return [*record.fields["messages"], {"role": "assistant", "content": str(record.target)}]


def main() -> None:
    rows, seeds = (int(value) for value in [*sys.argv[1:3], *["120", "2"][len(sys.argv) - 1 :]])
    everything = [r for r in conversations() if r.target.strip()]
    pool, rest = everything[:rows], everything[rows:]
    generator = load("models", Models, Path("pipeline/commands/templates/chat.yaml")).generator
    assert generator is not None
    models = Models(encoder=load("models", Models).encoder, generator=generator)
    scores = score(pool, SelectSettings(keep=1 / 3), TASK, models)
    texts = [task_type(TASK).main_text(record) for record in pool]
    matrix = TextFeatures(texts, models.encoder).rows(texts)
    top = TopLayers(generator)
    items, held_out = ([top.lower(whole(r)) for r in records] for records in (pool, rest))
    start = top.losses(held_out)
    print(f"{len(pool)} rows, {len(rest)} held out; loss per reply token before training {mean(start):.4f}\n")
    print("| rows | loss, mean of seeds | against a random third |\n|---|---|---|", flush=True)
    found: dict[str, list] = {}
    for way in ("random", "all", "quality", "ifd", "complexity", "diversity", "mixed"):
        for seed in range(seeds):
            chosen: Sequence[int] = range(len(pool))
            if way != "all":
                settings = SelectSettings.model_validate({"by": way, "seed": seed})
                chosen = choose(pool, scores, matrix, settings, rows // 3)
            top.train([items[n] for n in chosen], seed, PASSES * len(chosen))
            found.setdefault(way, []).append(top.losses(held_out))
        show(way, found)
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(f"\nCPU seconds {used.ru_utime + used.ru_stime:.0f}")


def mean(losses: np.ndarray) -> float:
    return float(losses[:, 0].sum() / losses[:, 1].sum())


def show(way: str, found: dict) -> None:
    """Mean loss, and its difference to random with a 95 % interval over held-out conversations and seeds."""
    rng = np.random.default_rng(0)
    own, base = found[way], found["random"]
    draws = []
    for _ in range(2000):
        take = rng.integers(0, len(own[0]), len(own[0]))
        seeds = rng.integers(0, len(own), len(own))
        draws.append(np.mean([mean(own[s][take]) - mean(base[s][take]) for s in seeds]))
    low, high = np.quantile(draws, [0.025, 0.975])
    gap = np.mean([mean(a) - mean(b) for a, b in zip(own, base, strict=True)])
    label = {"all": "all of them", "random": "a random third"}.get(way, f"a third by {way}")
    against = "" if way == "random" else f"{gap:+.4f} ({low:+.4f} to {high:+.4f})"
    print(f"| {label} | {np.mean([mean(one) for one in own]):.4f} | {against} |", flush=True)


if __name__ == "__main__":
    main()
