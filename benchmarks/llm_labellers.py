"""A labeller of known errors and two public sets that it labels (llm_loop.py)."""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Callable, Sequence
from pathlib import Path

from pipeline.core.record import Record, Source, Target
from pipeline.core.settings import Task
from pipeline.label.prelabels import Example
from pipeline.llm.question import Answer, Question
from pipeline.llm.settings import Prices
from pipeline.llm.usage import Usage


class Scripted:
    """A labeller of known errors: sure and nearly always right on most texts, a guesser on hard ones; it always takes
    some labels for others, and is sure of it; a few answers are no JSON."""

    masks_personal_data = False

    def __init__(self, answers: dict[str, Callable[[random.Random, bool], object]], seed: int) -> None:
        self._answers, self._seed = answers, seed
        self.usage, self.version = Usage(Prices()), f"scripted {seed}"

    def answer_all(self, questions: Sequence[Question], on_answer: Callable[[Question, Answer], None]) -> None:
        for question in questions:
            user = next(content for role, content in question.turns if role == "user")
            text = user.split("<text>\n")[-1].split("\n</text>")[0]
            rng = random.Random(f"{self._seed} {text}")
            is_hard = rng.random() < 0.3
            logprob = -abs(rng.gauss(0.1, 0.1)) - (rng.random() if is_hard else 0.0)
            said = json.dumps(self._answers[text](rng, is_hard), ensure_ascii=False)
            on_answer(question, Answer("Hm." if rng.random() < 0.02 else said, logprob=logprob))


def example(id: str, text: str, target: Target, known: bool) -> Example:
    source = Source("s", "files", "f", 1, "", "train")
    record = Record(id, {"text": text}, source, target=target if known else None, split="train")
    stratum = target if isinstance(target, str) else None
    return Example(id, text, id, stratum if known else None, target if known else None, record)


def banking77(folder: Path) -> tuple[Task, list[tuple[str, Target]]]:
    with (folder / "banking77" / "train.csv").open(encoding="utf-8", newline="") as file:
        rows = [(row["text"], row["category"]) for row in csv.DictReader(file)]
    return Task(type="classification", labels=tuple(sorted({label for _, label in rows}))), list(dict(rows).items())


def cluener(folder: Path) -> tuple[Task, list[tuple[str, Target]]]:
    text, rows, place, decoder = (folder / "cluener" / "train.json").read_text("utf-8"), [], 0, json.JSONDecoder()
    while place < len(text.rstrip()):
        row, place = decoder.raw_decode(text, place)
        place += len(text[place:]) - len(text[place:].lstrip())
        found = [
            {"start": start, "end": end + 1, "label": label}
            for label, names in row["label"].items()
            for places in names.values()
            for start, end in places
        ]
        rows.append((row["text"], sorted(found, key=lambda span: (span["start"], span["end"]))))
    labels = sorted({span["label"] for _, spans in rows for span in spans})
    return Task(type="ner", labels=tuple(labels), languages=("zh",)), [(t, s) for t, s in rows if t.strip() == t]


def label_answer(label: str, labels: Sequence[str]) -> Callable[[random.Random, bool], object]:
    number = labels.index(label)

    def answer(rng: random.Random, is_hard: bool) -> object:
        if number % 7 == 0 and rng.random() < 0.6:
            return {"label": labels[(number + 1) % len(labels)]}  # always taken for its neighbour
        return {"label": label if rng.random() < (0.45 if is_hard else 0.99) else rng.choice(labels)}

    return answer


def span_answer(text: str, spans: Sequence[dict], labels: Sequence[str]) -> Callable[[random.Random, bool], object]:
    def answer(rng: random.Random, is_hard: bool) -> object:
        found = []
        for span in spans:
            trouble = rng.random() < (0.5 if is_hard else 0.005)
            label = rng.choice(labels) if trouble else span["label"]
            end = span["end"] - (trouble and span["end"] - span["start"] > 1 and rng.random() < 0.5)
            found.append({"text": text[span["start"] : end], "label": label})
        return {"entities": found}

    return answer
