"""Crowd aggregation on real votes: accuracy and calibration of every method at 3, 5 and 20 votes an item.

Calibration: expected calibration error of the winning label's posterior (10 bins), and how many of the wrong labels are
among the 15 % of items that the method is least sure of. Two rows say what can be had: `annotators known` weighs the
votes by what all 20,000 of them tell of each annotator, and `ECE by chance` is the error that the default's posteriors
would show on so many items were they true probabilities.

    python benchmarks/crowd.py [FOLDER]

FOLDER holds `weather_sentiment_crowd/` (1,000 tweets x 20 votes; judged on the items whose label
all checkers confirmed). It is `$SHARED_DATA`, else `../shared/data`. Votes are drawn per item
with a seed; figures are means over the seeds. Ties count as the share of them that a fair coin would win.

crowd-kit's methods are added where it can be imported; it is no dependency of ours:
    uv pip install --no-deps --target PEERS crowd-kit && PYTHONPATH=PEERS python benchmarks/crowd.py
"""

from __future__ import annotations

import csv
import os
import sys
import time
import warnings
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from pipeline.core.record import share
from pipeline.label.aggregation import METHODS, aggregate
from pipeline.label.aggregation.votes import encode

SEEDS = 10
Triple = tuple[str, str, str]
Method = Callable[[list[Triple]], dict[str, dict[str, float]]]


def read(folder: Path) -> tuple[list[Triple], dict[str, str]]:
    """All votes, and the true label of items that every checker confirmed."""
    with (folder / "weather-non-agg-DFE.csv").open(encoding="utf-8", errors="replace", newline="") as file:
        votes = [(row["tweet_id"], row["worker_id"], row["emotion"]) for row in csv.DictReader(file)]
    with (folder / "weather-evaluated-agg-DFE.csv").open(encoding="utf-8", errors="replace", newline="") as file:
        rows = [row for row in csv.DictReader(file) if float(row["correct_category_conf"]) == 1]
    gold = {row["tweet_id"]: row["sentiment"] for row in rows if row["correct_category"] == "Yes"}
    return votes, gold


def draw(votes: list[Triple], per_item: int, seed: int) -> list[Triple]:
    """`per_item` votes of each item, chosen by a stable pseudo-random order."""
    by_item: dict[str, list[Triple]] = defaultdict(list)
    for vote in votes:
        by_item[vote[0]].append(vote)
    return [vote for rows in by_item.values() for vote in sorted(rows, key=lambda v: share(str(seed), *v))[:per_item]]


def ours(name: str) -> Method:
    """One of our methods, as scores per item and label."""

    def run(triples: list[Triple]) -> dict[str, dict[str, float]]:
        votes = encode(triples)
        rows = aggregate(votes, name).posterior
        return {item: dict(zip(votes.labels, row, strict=True)) for item, row in zip(votes.items, rows, strict=True)}

    return run


def peers() -> dict[str, Method]:
    """crowd-kit's methods, where it is installed."""
    try:
        from crowdkit.aggregation import GLAD, MACE, DawidSkene, MajorityVote, OneCoinDawidSkene
    except ImportError:
        return {}
    import pandas as pd

    def wrap(build: Callable[[], Any]) -> Method:
        def run(triples: list[Triple]) -> dict[str, dict[str, float]]:
            frame = pd.DataFrame(triples, columns=["task", "worker", "label"])
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found = build().fit_predict(frame)
            return {str(item): {label: 1.0} for item, label in found.items()}

        return run

    built = {
        "majority": MajorityVote,
        "dawid_skene": lambda: DawidSkene(n_iter=100),
        "one_coin": lambda: OneCoinDawidSkene(n_iter=100),
        "mace": lambda: MACE(random_state=0),
        "glad": GLAD,
    }
    return {f"crowd-kit {name}": wrap(build) for name, build in built.items()}


def annotators_known(everything: list[Triple]) -> Method:
    """What no method can know: each annotator's confusion as all of their votes tell it, and the classes' shares."""
    votes = encode(everything)
    truth = aggregate(votes, "dawid_skene").posterior
    cells = np.full((len(votes.annotators), len(votes.labels), len(votes.labels)), 0.5)
    for n, row in enumerate(truth[votes.item]):
        cells[votes.annotator[n], :, votes.label[n]] += row
    told = np.log(cells / cells.sum(axis=2, keepdims=True))
    person, label, place = (
        {name: n for n, name in enumerate(x)} for x in (votes.annotators, votes.labels, votes.items)
    )

    def run(triples: list[Triple]) -> dict[str, dict[str, float]]:
        logs = np.tile(np.log(truth.mean(axis=0)), (len(votes.items), 1))
        for item, who, given in triples:
            logs[place[item]] += told[person[who], :, label[given]]
        rows = np.exp(logs - logs.max(axis=1, keepdims=True))
        rows /= rows.sum(axis=1, keepdims=True)
        return {item: dict(zip(votes.labels, row, strict=True)) for item, row in zip(votes.items, rows, strict=True)}

    return run


def by_chance(scores: dict[str, dict[str, float]], gold: dict[str, str], draws: int = 100) -> float:
    """The calibration error that these posteriors would show on so many items if they were true probabilities."""
    sure = np.array([max(scores[item].values()) for item in gold])
    rng = np.random.default_rng(0)
    return float(np.mean([error_of(sure, rng.random(len(sure)) < sure) for _ in range(draws)]))


def error_of(sure: np.ndarray, right: np.ndarray) -> float:
    """Expected calibration error in ten bins."""
    bins = np.minimum((sure * 10).astype(int), 9)
    parts = [bins == k for k in range(10) if (bins == k).any()]
    return float(sum(part.mean() * abs(right[part].mean() - sure[part].mean()) for part in parts))


def accuracy(scores: dict[str, dict[str, float]], gold: dict[str, str]) -> float:
    """Share of gold items won; a tie of n labels counts 1/n when the true one is among them."""
    wins = []
    for item, label in gold.items():
        best = max(scores[item].values())
        tied = [name for name, score in scores[item].items() if best - score < 1e-9]
        wins.append((label in tied) / len(tied))
    return float(np.mean(wins))


def calibration(scores: dict[str, dict[str, float]], gold: dict[str, str]) -> tuple[float, float]:
    """Expected calibration error, and the share of wrong labels among the most doubtful 15 % of the gold items."""
    best = [max(scores[item].items(), key=lambda one: (one[1], one[0])) for item in gold]
    sure = np.array([posterior for _, posterior in best])
    right = np.array([label == gold[item] for (label, _), item in zip(best, gold, strict=True)])
    doubtful = np.argsort(sure, kind="stable")[: int(0.15 * len(sure))]
    return error_of(sure, right), float((~right[doubtful]).sum() / max(1, (~right).sum()))


def main() -> None:
    """Print one line per method."""
    default = os.environ.get("SHARED_DATA", Path(__file__).parents[2] / "shared" / "data")
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else default) / "weather_sentiment_crowd"
    if not folder.is_dir():
        sys.exit(f"error: {folder}: no such folder.\n  Name the folder that holds weather_sentiment_crowd/.")
    votes, gold = read(folder)
    methods: dict[str, Method] = {name: ours(name) for name in METHODS} | peers()
    methods["annotators known"] = annotators_known(votes)
    print(f"{len(votes):,} votes, {len(gold):,} items with a confirmed label, {SEEDS} seeds")
    print(f"{'method':<24}" + "".join(f"{f'{n} votes, ECE, found':>24}" for n in (3, 5, 20)) + f"{'CPU s':>8}")
    for name, method in methods.items():
        started = time.process_time()
        cells = []
        for per_item in (3, 5, 20):
            seeds = range(SEEDS if per_item < 20 and not name.startswith("crowd-kit glad") else 1)
            found = [method(draw(votes, per_item, seed)) for seed in seeds]
            cells.append(np.mean([(accuracy(one, gold), *calibration(one, gold)) for one in found], axis=0))
        shown = "".join(f"{right:>10.4f}{error:>7.3f}{caught:>7.2f}" for right, error, caught in cells)
        print(f"{name:<24}{shown}{time.process_time() - started:>8.1f}")
    lots = [by_chance(ours("dawid_skene")(draw(votes, per_item, 0)), gold) for per_item in (3, 5, 20)]
    print(f"{'ECE by chance':<24}" + "".join(f"{lot:>17.3f}{'':>7}" for lot in lots))


if __name__ == "__main__":
    main()
