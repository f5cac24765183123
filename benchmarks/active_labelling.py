"""How many human labels reach the accuracy of labelling everything: our order against random order.

    python benchmarks/active_labelling.py [banking77|wnut17|weather] [--batches N] [FOLDER]

FOLDER holds the public sets; it is `$SHARED_DATA`, else `../shared/data`. Annotators are simulated.

banking77: 10,003 questions, 77 intents; people answer with the given label, 500 at a time. `random` asks in random
order (mean of 3 orders). `ours` is what `sft label push` does: `label` pre-labels what is open, the queue's priority
and `most_useful_first` order it. `+ accepted` adds the pre-labels that the stage would accept (calibrated, precision
0.95 by its own measure). Evaluated on the 3,080 test questions by one recipe: logistic regression on frozen embeddings,
trained on what is labelled so far.

wnut17: 3,394 sentences with six kinds of rare entities; people mark the given ones, 500 sentences at a time. The same
three ways (2 random orders), with `tagger` as the pre-labeller (a sentence is right where all its spans are). By
span F1 (exact places and types) on the 1,009 sentences of the dev set, as unlike the train set as the test set is, by a
linear tagger trained on what is labelled so far.

weather: 1,000 tweets with 20 real votes each. `uniform` asks k people about every tweet; `ours` asks one more person
about the tweets that Dawid-Skene leaves least sure, 250 votes at a time. Evaluated on the 632 tweets whose label all
checkers confirmed.
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.crowd import accuracy, read
from pipeline.annotation.acquisition import most_useful_first
from pipeline.core.cache import cache_folder
from pipeline.core.record import Span, as_json, share
from pipeline.core.settings import Task, load
from pipeline.label.aggregation import aggregate
from pipeline.label.aggregation.votes import encode
from pipeline.label.params import Prelabel, Queue
from pipeline.label.prelabel import prelabel
from pipeline.label.prelabels import Example, Prelabels
from pipeline.modeling.features.encoder import embed
from pipeline.modeling.features.linear import fit
from pipeline.modeling.features.linear_tagger import tag_linearly
from pipeline.modeling.models import Models
from pipeline.runtime.store import read_json, write_json
from pipeline.stats.scores import span_keys

BATCH, UP_TO = 500, 5000
STRENGTH = 10.0  # of the evaluated model; chosen on the fully labelled training set, the same for all


class Banking:
    """The pool, the test set, and the model that is evaluated."""

    def __init__(self, folder: Path) -> None:
        self.encoder = load("models", Models, Path(__file__).parents[1] / "params.yaml").encoder
        (self.texts, self.labels), (texts, self.truth) = (self._read(folder / f"{n}.csv") for n in ("train", "test"))
        self.rows, self.test = embed(self.texts, self.encoder), embed(texts, self.encoder)
        self.ids = [f"{n:05d}" for n in range(len(self.texts))]
        self.task = Task(type="classification", labels=tuple(sorted(set(self.labels))))

    @staticmethod
    def _read(path: Path) -> tuple[list[str], np.ndarray]:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        return [row["text"] for row in rows], np.array([row["category"] for row in rows])

    def evaluate(self, chosen: list[int], more: dict[int, str] | None = None) -> float:
        """Test accuracy of a model trained on the chosen rows, and `more` with labels of its own."""
        labels = [*self.labels[chosen], *(more or {}).values()]
        head = fit(self.rows[[*chosen, *(more or {})]], labels, STRENGTH)
        return float((np.array(head.labels)[head.logits(self.test).argmax(axis=1)] == self.truth).mean())

    def prelabels(self, chosen: list[int]) -> Prelabels:
        """What the label stage says about the rows that are not chosen."""
        done = set(chosen)
        learn = [
            Example(self.ids[n], self.texts[n], self.ids[n], str(self.labels[n]), str(self.labels[n])) for n in chosen
        ]
        ask = [Example(self.ids[n], self.texts[n], self.ids[n]) for n in range(len(self.ids)) if n not in done]
        return prelabel(learn, ask, Models(encoder=self.encoder), Prelabel(), self.task)

    def next(self, chosen: list[int], found: Prelabels) -> list[int]:
        """The batch that is asked next."""
        open_rows = sorted(set(range(len(self.ids))) - set(chosen))
        unsure = [1 - found.answers[self.ids[n]].confidence if self.ids[n] in found.answers else 1.0 for n in open_rows]
        priorities = [Queue().unlabelled * each for each in unsure]
        order = most_useful_first([self.ids[n] for n in open_rows], priorities, self.rows[open_rows])
        return [open_rows[n] for n in order[:BATCH]]

    def accepted(self, found: Prelabels) -> dict[int, str]:
        """Pre-labels that would become labels without a person."""
        if found.confidence_threshold is None:
            return {}
        return {
            int(name): str(a.value) for name, a in found.answers.items() if a.confidence >= found.confidence_threshold
        }


def banking77(folder: Path, batches: int = 100) -> None:
    """Print one line a batch, and the first batch at which each way reaches the accuracy of all labels.

    What is done is kept in the cache folder, so that a run may be interrupted, or done `batches` at a time.
    """
    data, file = Banking(folder / "banking77"), cache_folder() / "active_labelling.json"
    if not file.is_file():
        write_json(
            {"all": data.evaluate(list(range(len(data.ids)))), "chosen": data.next([], Prelabels()), "rows": []}, file
        )
    state = read_json(file)
    for _ in range(batches):
        if len(state["chosen"]) > UP_TO:
            break
        state = one_batch(data, state)
        write_json(state, file)
    show(state)


def one_batch(data: Banking, state: dict[str, Any]) -> dict[str, Any]:
    """Evaluate the rows chosen so far, and choose the next ones."""
    chosen, size = state["chosen"], len(state["chosen"])
    orders = [np.random.default_rng(seed).permutation(len(data.ids)).tolist() for seed in range(3)]
    found = data.prelabels(chosen)
    taken = data.accepted(found)
    row = {
        "labels": size,
        "random": float(np.mean([data.evaluate(order[:size]) for order in orders])),
        "ours": data.evaluate(chosen),
        "ours + accepted": data.evaluate(chosen, taken),
        "accepted": len(taken),
        "right": float(np.mean([data.labels[n] == label for n, label in taken.items()])) if taken else None,
    }
    return {**state, "chosen": chosen + data.next(chosen, found), "rows": [*state["rows"], row]}


def show(state: dict[str, Any]) -> None:
    """The table, and where each way reaches the accuracy of all labels."""
    print(f"all labels: {state['all']:.4f}")
    print(f"{'labels':>7}{'random':>9}{'ours':>9}{'+ accepted':>12}{'accepted':>10}{'right':>8}")
    for row in state["rows"]:
        right = "-" if row["right"] is None else f"{row['right']:.3f}"
        ways = f"{row['random']:>9.4f}{row['ours']:>9.4f}{row['ours + accepted']:>12.4f}"
        print(f"{row['labels']:>7,}{ways}{row['accepted']:>10,}{right:>8}")
    for way in ("random", "ours", "ours + accepted"):
        first = next((row["labels"] for row in state["rows"] if row[way] >= state["all"]), None)
        print(
            f"{way}: "
            + (f"not within {state['rows'][-1]['labels']:,} labels" if first is None else f"{first:,} labels")
        )


class Wnut:
    """The pool, the sentences evaluated on, and the model."""

    def __init__(self, folder: Path) -> None:
        self.encoder = load("models", Models, Path(__file__).parents[1] / "params.yaml").encoder
        self.pool = self._read(folder / "wnut17train.conll")
        self.test = self._read(folder / "emerging.dev.conll")
        self.rows = embed([text for text, _ in self.pool], self.encoder)
        self.ids = [f"{n:05d}" for n in range(len(self.pool))]
        self.labels = sorted({span["label"] for _, spans in self.pool for span in spans})
        self.task = Task(type="ner", labels=tuple(self.labels))

    @staticmethod
    def _read(path: Path) -> list[tuple[str, list[Span]]]:
        found: list[tuple[str, list[Span]]] = []
        words: list[str] = []
        spans: list[Span] = []
        for line in [*path.read_text("utf-8").splitlines(), ""]:
            word, _, tag = line.strip().partition("\t")
            if not word:
                found += [(" ".join(words), spans)] if words else []
                words, spans = [], []
                continue
            start = sum(map(len, words)) + len(words)
            words.append(word)
            if tag.startswith("B-"):
                spans.append({"start": start, "end": start + len(word), "label": tag[2:]})
            elif tag.startswith("I-") and spans:
                spans[-1]["end"] = start + len(word)
        return found

    def evaluate(self, chosen: list[int], more: dict[int, list[Span]] | None = None) -> float:
        """Span F1 of a tagger trained on the chosen sentences, and `more` with spans of its own."""
        train = [self.pool[n] for n in chosen] + [(self.pool[n][0], spans) for n, spans in (more or {}).items()]
        said = tag_linearly(train, [text for text, _ in self.test], self.labels)
        hits = sum(len(span_keys(a) & span_keys(b)) for a, (_, b) in zip(said, self.test, strict=True))
        sizes = sum(map(len, said)), sum(len(spans) for _, spans in self.test)
        return 2 * hits / max(1, sum(sizes))

    def prelabels(self, chosen: list[int]) -> Prelabels:
        """What the label stage says about the sentences that are not chosen."""
        done = set(chosen)
        learn = [Example(self.ids[n], self.pool[n][0], self.ids[n], None, self.pool[n][1]) for n in chosen]
        ask = [Example(self.ids[n], self.pool[n][0], self.ids[n]) for n in range(len(self.ids)) if n not in done]
        return prelabel(learn, ask, Models(encoder=self.encoder), Prelabel(method="tagger", folds=3), self.task)

    def next(self, chosen: list[int], found: Prelabels, size: int) -> list[int]:
        """The batch that is asked next."""
        left = sorted(set(range(len(self.ids))) - set(chosen))
        unsure = [1 - found.answers[self.ids[n]].confidence if self.ids[n] in found.answers else 1.0 for n in left]
        order = most_useful_first(
            [self.ids[n] for n in left], [Queue().unlabelled * u for u in unsure], self.rows[left]
        )
        return [left[n] for n in order[:size]]


def wnut17(folder: Path, size: int = 500, rounds: int = 4) -> None:
    """Print one line a batch."""
    data = Wnut(folder / "wnut17")
    orders = [np.random.default_rng(seed).permutation(len(data.ids)).tolist() for seed in range(2)]
    chosen = data.next([], Prelabels(), size)
    rows = []
    for _ in range(rounds):
        found = data.prelabels(chosen)
        sure = found.answers if found.confidence_threshold is not None else {}
        taken = {int(n): a.value for n, a in sure.items() if a.confidence >= (found.confidence_threshold or 1)}
        right = [as_json(spans) == as_json(data.pool[n][1]) for n, spans in taken.items()]
        rows.append(
            {
                "labels": len(chosen),
                "random": float(np.mean([data.evaluate(order[: len(chosen)]) for order in orders])),
                "ours": data.evaluate(chosen),
                "ours + accepted": data.evaluate(chosen, taken),
                "accepted": len(taken),
                "right": float(np.mean(right)) if right else None,
            }
        )
        print(rows[-1], flush=True)  # the table comes when all is done
        chosen += data.next(chosen, found, size)
    show({"all": data.evaluate(list(range(len(data.ids)))), "rows": rows})


def weather(folder: Path) -> None:
    """Print accuracy by votes for both ways."""
    votes, gold = read(folder / "weather_sentiment_crowd")
    print(f"{'votes':>7}{'uniform':>9}{'ours':>9}   (mean of 3 orders of votes)")
    table: dict[int, list[tuple[float, float]]] = defaultdict(list)
    for seed in range(3):
        waiting: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
        for vote in sorted(votes, key=lambda v: share(str(seed), *v)):
            waiting[vote[0]].append(vote)
        items = sorted(waiting)
        asked = {item: 2 for item in items}
        while sum(asked.values()) <= 10 * len(items):
            spent = sum(asked.values())
            ours, sure = decided([v for item in items for v in waiting[item][: asked[item]]], gold)
            if spent % len(items) == 0:
                k = spent // len(items)
                table[spent].append((decided([v for item in items for v in waiting[item][:k]], gold)[0], ours))
            left = [item for item in items if asked[item] < len(waiting[item])]
            for item in sorted(left, key=lambda item: (sure[item], asked[item], item))[:250]:
                asked[item] += 1
    for spent, pairs in sorted(table.items()):
        uniform, ours = np.mean(pairs, axis=0)
        print(f"{spent:>7,}{uniform:>9.4f}{ours:>9.4f}")
    print(f"all {len(votes):,} votes: {decided(votes, gold)[0]:.4f}")


def decided(votes: list[tuple[str, str, str]], gold: dict[str, str]) -> tuple[float, dict[str, float]]:
    """Accuracy on the gold items, and how sure the method is of each item."""
    found = encode(votes)
    rows = aggregate(found, "dawid_skene").posterior
    scores = {item: dict(zip(found.labels, row, strict=True)) for item, row in zip(found.items, rows, strict=True)}
    return accuracy(scores, gold), {item: float(row.max()) for item, row in zip(found.items, rows, strict=True)}


def main() -> None:
    """Run one benchmark, or both."""
    parser = argparse.ArgumentParser()
    parser.add_argument("words", nargs="*", help="banking77, wnut17, weather, FOLDER")
    parser.add_argument("--batches", type=int, default=100, help="banking77: stop after so many; the next run goes on")
    arguments = parser.parse_args()
    names = [name for name in arguments.words if name in ("banking77", "wnut17", "weather")]
    rest = [name for name in arguments.words if name not in names]
    folder = Path(rest[0] if rest else os.environ.get("SHARED_DATA", Path(__file__).parents[2] / "shared" / "data"))
    if not (folder / "banking77").is_dir():
        sys.exit(
            f"error: {folder}: no such folder.\n  Name the folder that holds banking77/ and weather_sentiment_crowd/."
        )
    runs = {"banking77": lambda: banking77(folder, arguments.batches), "wnut17": lambda: wnut17(folder)}
    for name in names or [*runs, "weather"]:
        started = time.process_time()
        print(f"== {name}")
        runs.get(name, lambda: weather(folder))()
        print(f"{time.process_time() - started:.0f} CPU s")


if __name__ == "__main__":
    main()
