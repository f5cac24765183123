"""A third of the chat data, same held-out loss? Needs SHARED_DATA=<folder> and a small instruct model.

    python -m benchmarks.chat_selection [rows] [seeds]      # models.generator of pipeline/init/chat.yaml

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
from pathlib import Path

import numpy as np
import torch

from pipeline.augment.params import SelectSettings
from pipeline.augment.selection import choose, score
from pipeline.augment.text_features import TextFeatures
from pipeline.modeling.generator import load_generator
from pipeline.modeling.heads.masking import encode_chat
from pipeline.modeling.models import Model, Models
from pipeline.record import Record, Source, content_id
from pipeline.settings import Task, load
from pipeline.tasks import task_type

DATA = Path(os.environ.get("SHARED_DATA", "../shared/data"))
TASK = Task(type="chat", languages=("en",))
TOP = 3  # layers that learn
TOKENS = 192
PASSES = 2
RATE = 2e-4


def conversations() -> list[Record]:
    found = []
    for line in (DATA / "instruct_seeds" / "seed_tasks.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        one = row["instances"][0]
        question = f"{row['instruction']}\n{one['input']}".strip()
        source = Source("seed_tasks", "files", "seed_tasks.jsonl", len(found) + 1, "Apache-2.0", "train")
        fields = {"messages": [{"role": "user", "content": question}]}
        found.append(Record(content_id(row["id"]), fields, source, one["output"], "en", "train", row["id"]))
    random.Random(0).shuffle(found)
    return found


class Top:
    """The top layers of a causal model over the frozen lower layers' outputs."""

    def __init__(self, model: Model) -> None:
        self._tokenizer, self._model = load_generator(model)
        self._layers = self._model.model.layers
        self._first = [p.detach().clone() for p in self._learning()]

    def _learning(self) -> list:
        return [*self._layers[-TOP:].parameters(), *self._model.model.norm.parameters()]

    def below(self, record: Record) -> tuple:
        """What the lower layers give for a conversation, and its labels."""
        reply = {"role": "assistant", "content": record.target}
        ids, labels = encode_chat([*record.fields["messages"], reply], self._tokenizer)
        ids, labels = ids[:TOKENS], labels[:TOKENS]
        core = self._model.model
        norm, core.norm, core.layers = core.norm, torch.nn.Identity(), self._layers[:-TOP]
        with torch.no_grad():
            hidden = core(input_ids=torch.tensor([ids]), use_cache=False).last_hidden_state
        core.norm, core.layers = norm, self._layers
        return hidden, torch.tensor(labels)

    def loss(self, item: tuple) -> tuple:
        """Summed loss of a conversation's reply tokens, and their number."""
        hidden, labels = item
        core = self._model.model
        core.layers = self._layers[-TOP:]
        output = core(inputs_embeds=hidden, use_cache=False).last_hidden_state[0, :-1]
        core.layers = self._layers
        where = labels[1:] != -100
        logits = self._model.lm_head(output[where])
        return torch.nn.functional.cross_entropy(logits, labels[1:][where], reduction="sum"), int(where.sum())

    def train(self, items: list, seed: int) -> None:
        """From the pretrained weights, `PASSES` over the items, one step per four of them."""
        with torch.no_grad():
            for parameter, first in zip(self._learning(), self._first, strict=True):
                parameter.copy_(first)
        optimiser = torch.optim.AdamW(self._learning(), lr=RATE, weight_decay=0.0)
        order = random.Random(seed)
        for _ in range(PASSES):
            rows = order.sample(range(len(items)), len(items))
            for start in range(0, len(rows), 4):
                parts = [self.loss(items[n]) for n in rows[start : start + 4]]
                (sum(loss for loss, _ in parts) / max(sum(tokens for _, tokens in parts), 1)).backward()
                torch.nn.utils.clip_grad_norm_(self._learning(), 1.0)
                optimiser.step()
                optimiser.zero_grad(set_to_none=True)

    def held_out(self, items: list) -> np.ndarray:
        """(items, 2): loss and tokens of each."""
        with torch.inference_mode():
            return np.array([(float(loss), tokens) for loss, tokens in map(self.loss, items)])


def main() -> None:
    rows, seeds = (int(value) for value in [*sys.argv[1:3], *["120", "2"][len(sys.argv) - 1 :]])
    everything = [r for r in conversations() if r.target.strip()]
    pool, rest = everything[:rows], everything[rows:]
    generator = load("models", Models, Path("pipeline/init/chat.yaml")).generator
    assert generator is not None
    models = Models(encoder=load("models", Models).encoder, generator=generator)
    scores = score(pool, SelectSettings(keep=1 / 3), TASK, models)
    texts = [task_type(TASK).main_text(record) for record in pool]
    matrix = TextFeatures(texts, models.encoder).rows(texts)
    top = Top(generator)
    items, held_out = [top.below(r) for r in pool], [top.below(r) for r in rest]
    start = top.held_out(held_out)
    print(f"{len(pool)} rows, {len(rest)} held out; loss per reply token before training {mean(start):.4f}\n")
    print("| rows | loss, mean of seeds | against a random third |\n|---|---|---|", flush=True)
    found: dict[str, list] = {}
    for way in ("random", "all", "quality", "ifd", "complexity", "diversity", "mixed"):
        for seed in range(seeds):
            chosen = range(len(pool))
            if way != "all":
                chosen = choose(pool, scores, matrix, SelectSettings(by=way, seed=seed), rows // 3)
            top.train([items[n] for n in chosen], seed)
            found.setdefault(way, []).append(top.held_out(held_out))
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
