"""Write data/raw/crowd/simulated_votes.csv: votes of 25 made-up workers on doubtful tweets of the default project.

    python -m tools.simulate_votes

Nobody cast these votes. They stand for the votes that a company's own crowd would give, so that
vote aggregation runs on something; data/raw/crowd/README.md says how they are made.
"""

from __future__ import annotations

import csv
import random
import sys
from pathlib import Path
from typing import Any

from pipeline.collect.params import Params
from pipeline.collect.rows import Row
from pipeline.collect.sources import KINDS, source_settings
from pipeline.core.record import share
from pipeline.core.settings import load, load_task

SEED = "simulated votes 1"
ITEMS = 600  # the tweets with 0.4 <= confidence <= 0.7 that the seed ranks first
VOTES = 5  # per tweet, by different workers
WORKERS = 25
CONFIDENCE = (0.4, 0.7)
SKILL = (0.55, 0.95)  # chance to recognise the right label, spread evenly; see GUESSERS
GUESSERS = 2  # workers who vote at random
OUT = Path("data/raw/crowd/simulated_votes.csv")


def main() -> None:
    """Choose the tweets, draw the votes, write them."""
    labels = load_task().labels
    rows = sorted(doubtful_tweets(), key=lambda row: share(SEED, str(row.number)))[:ITEMS]
    votes = [vote for row in sorted(rows, key=lambda row: row.number) for vote in votes_on(row, labels)]
    OUT.parent.mkdir(parents=True, exist_ok=True)
    with OUT.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["worker", "item", "label"])
        writer.writerows(votes)
    sys.stdout.write(f"{OUT}: {len(votes):,} simulated votes on {len(rows):,} tweets\n")


def doubtful_tweets() -> list[Row]:
    """The rows of the source `tweets` whose published confidence is in `CONFIDENCE`."""
    settings: Any = source_settings("tweets", load("collect", Params).sources["tweets"])
    parts = KINDS["pypi"].function(settings, Path("data/raw"), "params.yaml: collect.sources.tweets")
    rows = [row for part in parts for row in part.rows if isinstance(row, Row) and row.values["confidence"]]
    return [row for row in rows if CONFIDENCE[0] <= float(row.values["confidence"]) <= CONFIDENCE[1]]


def votes_on(row: Row, labels: tuple[str, ...]) -> list[tuple[str, str, str]]:
    """(worker, item, label) of `VOTES` workers.

    The right label is the published one with the probability that its confidence states, else
    another one; a worker sees it with the probability of their skill, else says another one.
    """
    item = str(row.number)
    published, confidence = row.values["sentiment"], float(row.values["confidence"])
    right = published if share(SEED, item, "right") < confidence else other_label(labels, published, item, "right")
    workers = random.Random(f"{SEED} {item}").sample(range(1, WORKERS + 1), VOTES)
    votes = []
    for worker in sorted(workers):
        name = f"worker-{worker:02}"
        sees = share(SEED, item, name) < skill(worker, len(labels))
        votes.append((name, item, right if sees else other_label(labels, right, item, name)))
    return votes


def skill(worker: int, labels: int) -> float:
    """How often the worker is right; the last `GUESSERS` are right by chance only."""
    if worker > WORKERS - GUESSERS:
        return 1 / labels
    low, high = SKILL
    return low + (high - low) * (worker - 1) / (WORKERS - GUESSERS - 1)


def other_label(labels: tuple[str, ...], label: str, *parts: str) -> str:
    """One of the other labels, drawn evenly."""
    others = [other for other in labels if other != label]
    return others[int(share(SEED, "other", *parts) * len(others))]


if __name__ == "__main__":
    main()
