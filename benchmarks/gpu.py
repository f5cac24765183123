"""What an accelerator does with our models, against the processor and against TRL, in one run of under 8 minutes.

    python -m benchmarks.gpu [dialogues]          # default 400; SFT_DEVICE=cpu and 8 to try it without a card

Texts are the English Dolly and Chinese OASST seeds of SHARED_DATA, models those of `sft init chat` and of params.yaml.
Prints the machine; embeddings per second and their cosine to float32 on the processor; losses of replies per second and
their distance from the processor's; tokens generated per second; training tokens per second and peak memory, packed
rows with LoRA, ours and TRL's SFTTrainer (where TRL is installed) on the same dialogues.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.packing import BATCH, RECIPE, ROOM, dialogues
from pipeline.core.settings import Task, load, parse, read_params
from pipeline.modeling.device import placement, to_model
from pipeline.modeling.features.encoder import embed
from pipeline.modeling.lm.generation import CausalLM
from pipeline.modeling.lm.scores import reply_losses
from pipeline.modeling.models import Model, Models

TEMPLATE = Path("pipeline/commands/templates/chat.yaml")
CHECKED = 16  # items that the processor computes too
STEPS = 20


@contextmanager
def environment(**values: str) -> Iterator[None]:
    """These variables of the environment, with an empty cache of results that shares the fetched packages."""
    cache = Path(os.environ.get("SFT_CACHE", ".cache")).resolve()
    before = dict(os.environ)
    with tempfile.TemporaryDirectory() as place:
        for part in ("packages", "models"):
            if (cache / part).is_dir():
                (Path(place) / part).symlink_to(cache / part)
        os.environ.update(values, SFT_CACHE=place)
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(before)


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """What `work` gives, and its seconds."""
    started = time.perf_counter()
    found = work()
    return found, time.perf_counter() - started


def main() -> None:
    """All measurements, one line each."""
    import torch

    count = int(sys.argv[1]) if len(sys.argv) > 1 else 400
    place = placement()
    card = torch.cuda.get_device_name() if place.device.startswith("cuda") else place.device
    print(f"torch {torch.__version__} on {card}, {place.dtype}")
    models = parse(read_params(TEMPLATE)["models"], Models, "models")
    generator = models.generator
    assert generator is not None
    rows = [row["messages"] for row in dialogues(count)]
    embedding([turns[1]["content"] for turns in rows])
    losses(generator, rows)
    generation(generator, rows)
    print(f"training  ours    {trained(ours(models, rows))}")
    try:
        import trl  # noqa: F401
    except ImportError:
        print("training  TRL     not installed")
        return
    print(f"training  TRL     {trained(theirs(generator, rows))}")


def embedding(texts: list[str]) -> None:
    """Embeddings per second, and how far they are from those of the processor."""
    encoder = load("models", Models).encoder
    with environment():
        embed(texts[:8], encoder)  # loads and warms up
        found, seconds = timed(lambda: embed(texts, encoder))
    with environment(SFT_DEVICE="cpu", SFT_DTYPE="float32"):
        exact = embed(texts[:CHECKED], encoder)
    cosine = float((found[:CHECKED] * exact).sum(axis=1).min())
    print(f"embedding {len(texts) / seconds:.0f} texts/s, lowest cosine to the processor's {cosine:.5f}")


def losses(model: Model, rows: list[Any]) -> None:
    """Losses of replies per second, and how far they are from those of the processor."""
    items = [(turns[:1], turns[1]["content"]) for turns in rows]
    with environment():
        found, seconds = timed(lambda: reply_losses(model, items))
    with environment(SFT_DEVICE="cpu", SFT_DTYPE="float32"):
        exact = reply_losses(model, items[:CHECKED])
    gaps = [abs(a.given - b.given) / max(b.tokens, 1) for a, b in zip(found, exact, strict=False)]
    print(f"losses    {len(items) / seconds:.1f} replies/s, {max(gaps):.4f} nats a token from the processor's at most")


def generation(chosen: Model, rows: list[Any]) -> None:
    """Answers per second, 64 tokens at most."""
    model = CausalLM(chosen)
    prompts = [turns[:1] for turns in rows]
    with environment():
        model.answers(prompts[:1], ["00000000"], 0.0, 4)  # loads
        _, seconds = timed(lambda: model.answers(prompts, ["00000000"] * len(prompts), 0.0, 64))
    print(f"answers   {len(prompts) / seconds:.1f} a second, greedy, 64 tokens at most")


def trained(steps: Iterator[int]) -> str:
    """Runs an iterator of training steps, each of which says how many real tokens it learned from."""
    import torch

    next(steps)  # the first one warms up
    if torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()
    tokens, seconds = timed(lambda: sum(steps))
    peak = torch.cuda.max_memory_allocated() / 2**30 if torch.cuda.is_available() else float("nan")
    return f"{tokens / seconds:.0f} tokens/s, peak {peak:.1f} GB"


def ours(models: Models, rows: list[Any]) -> Iterator[int]:
    """Packed rows, LoRA, our loss."""
    import torch

    from pipeline.modeling.heads import chat
    from pipeline.modeling.training import strategies
    from pipeline.modeling.training.recipe import Recipe

    place, task = placement(), Task(type="chat", languages=("en", "zh"))
    recipe = Recipe.model_validate({**RECIPE, "over_long": "truncate"})
    start = chat.start(models, task, [], recipe)
    examples = chat.encode([{"messages": turns} for turns in rows], start.tokenizer, task, recipe).items
    packed = chat.pack(examples, start.model, recipe)
    model = strategies.adapt(start.model, recipe)
    torch.nn.Module.to(model, place.device)
    model.train()
    optimizer, collate = strategies.optimizer(model, recipe), chat.collate(start.tokenizer)
    loss = chat.loss(model, None, recipe)
    for start_row in range(0, min(len(packed), STEPS * BATCH), BATCH):
        part = packed[start_row : start_row + BATCH]
        batch = to_model(collate(part), model)
        inputs = {name: value for name, value in batch.items() if name != "labels"}
        with torch.autocast(place.device.partition(":")[0], torch.bfloat16, enabled=not place.is_processor):
            value = loss(model(**inputs), batch["labels"], None)
        value.backward()
        optimizer.step()
        optimizer.zero_grad()
        yield int(np.sum([len(row["input_ids"]) for row in part]))


def theirs(chosen: Model, rows: list[Any]) -> Iterator[int]:
    """TRL's SFTTrainer with packing and the same LoRA."""
    from datasets import Dataset
    from peft import LoraConfig
    from trl import SFTConfig, SFTTrainer

    from pipeline.modeling.lm.generator import load_generator

    place = placement()
    tokenizer, model = load_generator(chosen)
    data = Dataset.from_list([{"messages": turns} for turns in rows])
    with tempfile.TemporaryDirectory() as folder:
        settings = SFTConfig(
            output_dir=folder, max_length=ROOM, packing=True, per_device_train_batch_size=BATCH, max_steps=1,
            bf16=not place.is_processor, use_cpu=place.is_processor, report_to="none", save_strategy="no",
            disable_tqdm=True, gradient_checkpointing=False,
        )  # fmt: skip
        peft = LoraConfig(r=8, target_modules="all-linear", task_type="CAUSAL_LM")
        trainer = SFTTrainer(
            model=model, args=settings, train_dataset=data, processing_class=tokenizer, peft_config=peft
        )
        batches = min(STEPS, max(1, len(trainer.train_dataset) // BATCH))
        trainer.train()  # one step: warms up
        yield 0
        trainer.args.max_steps = batches
        trainer.train()
        seen = trainer.train_dataset.select(range(min(len(trainer.train_dataset), batches * BATCH)))
        yield sum(len(row["input_ids"]) for row in seen)


if __name__ == "__main__":
    main()
