"""Fine-tuning a small chat model: random batches, batches of like length, and packed rows.

    python benchmarks/packing.py [examples [way ...]]
    python benchmarks/packing.py padding [examples]    # positions computed for each real token, without any training

Each way runs in a process of its own, on the same dialogues (English Dolly and Chinese OASST seeds of SHARED_DATA, at
most 512 tokens each), with LoRA on the model of `sft init chat`. Names of ways behind the number run those only
(`48 random packed`); OMP_NUM_THREADS sets the threads (default: one a core). Prints real tokens (no padding) per second
of wall time and per CPU second over whole training steps, the share of padding, and the peak memory of the process.

  random   batches of 4 in random order, logits of every position, peft's own LoRA layers, as a plain Trainer does
  grouped  batches of 4 of like length, the loss of `token_loss`
  packed   rows of 512 tokens put together best-fit, 4 a batch, the loss of `token_loss`
  full     4 dialogues cut at 512 tokens of longer ones, the loss of `token_loss`: the memory of a full batch
  saving   the same with activations computed again (`train.gradient_checkpointing`)
"""

from __future__ import annotations

import json
import os
import random
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from ruamel.yaml import YAML

sys.path.insert(0, str(Path(__file__).parents[1]))

from pipeline.core.settings import Task, parse
from pipeline.modeling.batches import Batch, Example
from pipeline.modeling.models import Models
from pipeline.modeling.training.recipe import Recipe

DATA = Path(os.environ.get("SHARED_DATA", "../shared/data")) / "instruct_seeds"
ROOM, BATCH = 512, 4
WAYS = ("full", "saving", "packed", "random", "grouped")
RECIPE = {"batch_size": BATCH, "max_length": ROOM, "freeze": "none", "lora": {"rank": 8}, "learning_rate": 5e-4}


def dialogues(count: int) -> list[dict]:
    """Half English, half Chinese."""
    found = []
    for name in ("dolly_3k.json", "oaast_sft_zh.json"):
        rows = json.loads((DATA / name).read_text("utf-8"))
        random.Random(0).shuffle(rows)
        for row in rows[: count // 2]:
            asked = "\n".join(part for part in (row["instruction"], row["input"]) if part)
            found.append(
                {"messages": [{"role": "user", "content": asked}, {"role": "assistant", "content": row["output"]}]}
            )
    random.Random(1).shuffle(found)
    return found


def run(way: str, count: int) -> None:
    import torch

    from pipeline.modeling.heads import chat
    from pipeline.modeling.lm.kernels import low_rank
    from pipeline.modeling.training import strategies

    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", os.cpu_count() or 1)))
    torch.manual_seed(0)
    recipe, task = Recipe.model_validate({**RECIPE, "over_long": "truncate"}), Task(type="chat", languages=("en", "zh"))
    settings = YAML(typ="safe").load(Path("pipeline/commands/templates/chat.yaml").read_text("utf-8"))["models"]
    start = chat.start(parse(settings, Models, "models"), task, [], recipe)
    examples = chat.encode(dialogues(count), start.tokenizer, task, recipe).items
    if way in ("full", "saving"):
        examples = [example for example in examples if len(example["input_ids"]) == ROOM][:BATCH]
    if way == "random":
        low_rank.fuse = lambda model: 0
    model = strategies.adapt(start.model, recipe)
    optimizer = strategies.optimizer(model, recipe)
    collate = chat.collate(start.tokenizer)
    loss = plain_loss if way == "random" else chat.loss(model, None, recipe)
    rows = chat.pack(examples, model, recipe) if way == "packed" else examples
    if way == "grouped":
        rows = sorted(rows, key=lambda row: -len(row["input_ids"]))
    model.train()
    if way == "saving":
        model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    batches = [collate(rows[n : n + BATCH]) for n in range(0, len(rows), BATCH)]
    if way == "random":
        batches = [
            plain_batch(rows[n : n + BATCH], batch)
            for n, batch in zip(range(0, len(rows), BATCH), batches, strict=True)
        ]
    wall, cpu, losses = time.perf_counter(), sum(os.times()[:4]), []
    for batch in batches:
        labels = batch.pop("labels")
        value = loss(model(**batch), labels, None)
        value.backward()
        optimizer.step()
        optimizer.zero_grad()
        losses.append(float(value.detach()))
    wall, cpu = time.perf_counter() - wall, sum(os.times()[:4]) - cpu
    tokens = sum(len(example["input_ids"]) for example in examples)
    computed = sum(batch["input_ids"].numel() for batch in batches)
    print(
        json.dumps(
            {
                "way": way,
                "dialogues": len(examples),
                "tokens": tokens,
                "padding": round(1 - tokens / computed, 3),
                "cut": sum(len(example["input_ids"]) == ROOM for example in examples),
                "tokens_per_s": round(tokens / wall, 1),
                "tokens_per_cpu_s": round(tokens / cpu, 1),
                "last_loss": round(losses[-1], 3),
                "peak_gb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2),
            }
        ),
        flush=True,
    )


def padding(count: int) -> None:
    """Positions that each way computes per real token; seconds, since nothing is trained."""
    from pipeline.modeling.heads import chat
    from pipeline.modeling.lm import packing
    from pipeline.modeling.lm.generator import generator_folder
    from pipeline.modeling.loading import load_tokenizer

    task, recipe = Task(type="chat", languages=("en", "zh")), Recipe.model_validate(RECIPE)
    settings = YAML(typ="safe").load(Path("pipeline/commands/templates/chat.yaml").read_text("utf-8"))["models"]
    generator = parse(settings, Models, "models").generator
    assert generator is not None
    folder = generator_folder(generator)
    examples = chat.encode(dialogues(count), load_tokenizer(folder, 10**9, "models.generator"), task, recipe)
    sizes = [len(example["input_ids"]) for example in examples.items]
    rows = [len(row["input_ids"]) for row in packing.pack(examples.items, ROOM)]
    ways = {"random": sizes, "grouped": sorted(sizes), "packed": rows}
    for way, lengths in ways.items():
        parts = [lengths[n : n + BATCH] for n in range(0, len(lengths), BATCH)]
        positions = sum(len(part) * max(part) for part in parts)
        print(json.dumps({"way": way, "rows": len(lengths), "positions_per_token": round(positions / sum(sizes), 3)}))
    print(json.dumps({"dialogues": len(sizes), "tokens": sum(sizes), "cut": examples.cut, **examples.notes}))


def plain_batch(rows: Sequence[Example], batch: Batch) -> Batch:
    """All positions keep their logits."""
    import torch

    labels = torch.full_like(batch["input_ids"], -100)
    for n, row in enumerate(rows):
        labels[n, : len(row["labels"]) - 1] = torch.tensor(row["labels"][1:])
    return {"input_ids": batch["input_ids"], "attention_mask": batch["attention_mask"], "labels": labels}


def plain_loss(outputs, labels, _):
    import torch

    return torch.nn.functional.cross_entropy(outputs.logits.flatten(0, 1).float(), labels.flatten())


def main() -> None:
    words = sys.argv[1:]
    if words and words[0] == "padding":
        padding(int(words[1]) if len(words) > 1 else 400)
        return
    if words and words[0] in WAYS:
        run(words[0], int(words[1]))
        return
    count = words[0] if words else "48"
    for way in words[1:] or WAYS:
        subprocess.run([sys.executable, __file__, way, "400" if way in ("full", "saving") else count], check=True)


if __name__ == "__main__":
    main()
