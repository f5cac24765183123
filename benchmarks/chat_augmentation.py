"""What augmentation buys on chat data. Needs SHARED_DATA=<folder> and a small instruct model.

    python -m benchmarks.chat_augmentation [draws [method ...]]   # with the generator of `sft init chat`

Those of the 175 seed tasks of Self-Instruct that are short: 60 to train on, the others the test rows, which neither
gate nor policy sees. Each draw takes 40 of the 60. The model's top layer is trained on them alone, with each method's
children ungated and gated, with those that the chosen policy keeps, and with copies of the parents, equally many steps.
Told is the loss per token of the test replies against none, with a 95 % interval over draws and test rows together.
The gate does not ask for fluency, which would double the time. `generation` writes new instructions and their replies
with the model itself.
"""

from __future__ import annotations

import random
import resource
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np

from benchmarks.chat_selection import TASK, conversations, whole
from pipeline.augment.ablation.reply_trial import LAYERS, MAX_TOKENS, PASSES, ReplyRun
from pipeline.augment.ablation.search import gain
from pipeline.augment.ablation.trial import score
from pipeline.augment.acceptance import Acceptance
from pipeline.augment.augmenters import METHODS
from pipeline.augment.candidates import make
from pipeline.augment.params import AblationSettings, GateSettings, Params
from pipeline.augment.policy import parents, plan
from pipeline.core.record import Record, Reject
from pipeline.core.settings import load
from pipeline.modeling.lm.top_layers import Lower, TopLayers, top_layers
from pipeline.modeling.models import Models

POOL, DRAWN = 60, 40
LONGEST = 400  # characters of a conversation: the model needs half a second for one of 128 tokens
SETTINGS: dict[str, dict] = {
    "synonyms": {},
    "random_swap": {},
    "back_translation": {},
    "generation": {"mode": "new_instruction", "max_reply_tokens": MAX_TOKENS},
}


def main() -> None:
    draws = int(sys.argv[1]) if sys.argv[1:] else 3
    names = sys.argv[2:] or list(SETTINGS)
    everything = [r for r in conversations() if r.target and sum(len(m["content"]) for m in whole(r)) <= LONGEST]
    pool, test = everything[:POOL], everything[POOL:]
    generator = load("models", Models, Path("pipeline/commands/templates/chat.yaml")).generator
    assert generator is not None
    models = Models(encoder=load("models", Models).encoder, generator=generator)
    top = top_layers(generator, LAYERS, MAX_TOKENS)
    judged = lower(top, test)
    runs: list[ReplyRun] = []
    added = defaultdict(list)
    for seed in range(draws):
        rows = random.Random(seed).sample(pool, DRAWN)
        variants = variants_of(rows, models, names)
        runs.append(trial(top, rows, variants, judged, seed))
        for name, more in variants.items():
            added[name].append(len(more))
        print(
            f"\nafter {seed + 1} draws of {DRAWN} rows, {len(judged)} test rows, CPU seconds {spent():.0f}\n",
            flush=True,
        )
        show(runs, added)
    top.train(judged, 0, 0)
    nats, tokens = top.losses(judged).sum(axis=0)
    print(f"\nloss per reply token before training {nats / tokens:.4f}")


def variants_of(rows: Sequence[Record], models: Models, names: Sequence[str]) -> dict[str, list[Record]]:
    """Name -> the records that are added."""
    methods = {name: METHODS[name].settings(factor=1.0, **SETTINGS[name]) for name in names}
    planned = plan(methods, rows, TASK, 10**9)
    before = spent()
    made = make(methods, planned, parents(rows), TASK, models, require=True).candidates
    print(f"{len(made)} children, CPU seconds {spent() - before:.0f}", flush=True)
    before = spent()
    params = Params(ablation=AblationSettings(seeds=3, shares=(1.0,)), gate=GateSettings(max_perplexity_ratio=None))
    acceptance = Acceptance(rows, made, planned, params, TASK, models, methods)
    print(f"gate and search, CPU seconds {spent() - before:.0f}: {acceptance.ablation}", flush=True)
    refused = Counter(
        (c.method, acceptance.rejected[c.child.id].reason) for c in made if c.child.id in acceptance.rejected
    )
    print(f"refused: {dict(refused)}", flush=True)
    found: dict[str, list[Record]] = {"none": []}
    for method in methods:
        own = [c for c in made if c.method == method and c.text.strip()]
        found[f"{method}, ungated"] = [c.child for c in own]
        found[f"{method}, gated"] = [c.child for c in own if c.child.id not in acceptance.rejected]
    accepted = [c for c in made if c.child.id not in acceptance.rejected]
    found["chosen policy"] = [c.child for c in accepted if c.child.id not in acceptance.unhelpful]
    found["copies of all gated"] = [c.parent for c in accepted]
    return found


def trial(
    top: TopLayers,
    rows: Sequence[Record],
    variants: dict[str, list[Record]],
    judged: Sequence[Lower],
    seed: int,
) -> ReplyRun:
    run = ReplyRun(len(judged), {})
    found: dict[tuple[str, ...], np.ndarray] = {}
    for name, more in variants.items():
        which = tuple(record.id for record in more)
        if which not in found:  # what keeps nothing is none
            top.train(lower(top, [*rows, *more]), seed, PASSES * len(rows))
            found[which] = top.losses(judged)
        run.losses[name] = found[which]
    return run


def lower(top: TopLayers, records: Sequence[Record]) -> list[Lower]:
    """What the lower layers give, without conversations that the template refuses."""
    found = []
    for record in records:
        with suppress(Reject):
            found.append(top.lower(whole(record)))
    return found


def show(runs: list[ReplyRun], added: dict[str, list[int]]) -> None:
    print("| rows | added | loss | against none |\n|---|---|---|---|")
    for name, numbers in added.items():
        found = gain(runs, name, same_items=True)
        change = "" if name == "none" else f"{-found.value:+.4f} ({-found.high:+.4f} to {-found.low:+.4f})"
        print(
            f"| {name} | {np.mean(numbers):.0f} | {-np.mean([score(run, name) for run in runs]):.4f} | {change} |",
            flush=True,
        )


def spent() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
