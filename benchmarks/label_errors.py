"""How well planted label errors are ranked, and what cleaning them buys: this pipeline against cleanlab.

    python benchmarks/label_errors.py [rows] [data set ...]      # needs SHARED_DATA=<folder of public data>

Data sets: banking77, sst2_sentences, ag_news; the first `rows` (2,500) of a fixed shuffle, embedded with the encoder of
params.yaml. 10 % of the labels are made wrong, in any other class (symmetric) or along the confusions of a model
fitted on the true labels (confused), with three seeds. Prints the average precision of the ranking of

- cleanlab's default: CleanLearning with its own 5 folds and scikit-learn's default logistic regression;
- cleanlab's best: the best of its three scores, with and without adjusted probabilities, on 10 folds at C = 10,
  chosen by looking at the truth;
- the step `label_errors` with its default settings,

and test accuracy of logistic regression on the labels as they are, as cleanlab prunes them, as the step changed
them and without those it set aside, and on the true ones; with scikit-learn's default strength (C 1) and with C 10,
which suits such features better. CPU seconds are those of the whole method. The step sees texts and noisy labels alone.

Further data sets, for targets that are no single label: wnut17, cluener (spans), cluener_sets (sets of labels), mlqe
(numbers), xquad_en, xquad_zh (answers); see target_errors.py. `SEEDS=1` plants once instead of three times.
"""

from __future__ import annotations

import csv
import os
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks import target_errors
from pipeline.clean.label_errors.detectors.planted_labels import plant_labels
from pipeline.clean.label_errors.settings import LabelErrors
from pipeline.clean.label_errors.step import find_label_errors
from pipeline.clean.step import Context
from pipeline.core.record import Record, Source, share
from pipeline.core.settings import Task, load
from pipeline.modeling.features.encoder import embed
from pipeline.modeling.features.linear import out_of_sample, softmax
from pipeline.modeling.models import Models
from pipeline.runtime.columns import schema
from pipeline.runtime.store import to_records, to_table
from pipeline.stats.ranking import average_precision

Rows = list[tuple[str, str]]
SEEDS = (0, 1, 2)
STRENGTHS = (1.0, 10.0)
METHODS = ("self_confidence", "normalized_margin", "confidence_weighted_entropy")


def banking77(folder: Path) -> tuple[Rows, Rows]:
    def read(name: str) -> Rows:
        with (folder / "banking77" / name).open(encoding="utf-8") as file:
            return [(row["text"], row["category"]) for row in csv.DictReader(file)]

    return read("train.csv"), read("test.csv")


def sst2_sentences(folder: Path) -> tuple[Rows, Rows]:
    return _tsv(folder / "sst2_sentences" / "train.tsv"), _tsv(folder / "sst2_sentences" / "test.tsv")


def ag_news(folder: Path) -> tuple[Rows, Rows]:
    names = (folder / "ag_news" / "classes.txt").read_text("utf-8").split()
    with (folder / "ag_news" / "test.csv").open(encoding="utf-8") as file:
        test = [(f"{title} {text}", names[int(code) - 1]) for code, title, text in csv.reader(file)]
    return _tsv(folder / "ag_news" / "dev.tsv"), test[:2000]


DATA: dict[str, Callable[[Path], tuple[Rows, Rows]]] = {
    "banking77": banking77,
    "sst2_sentences": sst2_sentences,
    "ag_news": ag_news,
}


def _tsv(path: Path) -> Rows:
    with path.open(encoding="utf-8") as file:
        return [(text, label) for text, label in (line.rstrip("\n").rsplit("\t", 1) for line in file)]


def cleanlab_default(vectors: np.ndarray, labels: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Quality of each label, and which rows it would keep."""
    from cleanlab.classification import CleanLearning

    issues = CleanLearning(seed=seed).find_label_issues(vectors, labels)
    return issues["label_quality"].to_numpy(), ~issues["is_label_issue"].to_numpy()


def cleanlab_best(vectors: np.ndarray, labels: np.ndarray, wrong: np.ndarray, seed: int) -> float:
    from cleanlab.rank import get_label_quality_scores

    groups = [str(n) for n in range(len(labels))]
    _, logits = out_of_sample(vectors, [f"{label:03d}" for label in labels], groups, 10, seed, 10.0)
    probabilities = softmax(logits)
    found = []
    for method in METHODS:
        for adjust in (False, True):
            if adjust and method == "confidence_weighted_entropy":  # cleanlab refuses this pair
                continue
            scores = get_label_quality_scores(labels, probabilities, method=method, adjust_pred_probs=adjust)
            found.append(average_precision(wrong, -scores))
    return max(found)


def ours(
    texts: list[str], labels: list[str], names: list[str], models: Models
) -> tuple[np.ndarray, list[str], np.ndarray, float | None]:
    """Quality of each label, the labels after the step, which are not set aside, and the confidence of changes."""
    task = Task(type="classification", labels=tuple(names))
    source = Source("benchmark", "files", "rows", 1, "", "train")
    records = [
        Record(id=f"{n:06d}", fields={"text": text}, source=source, target=label)
        for n, (text, label) in enumerate(zip(texts, labels, strict=True))
    ]
    context = Context(task, models)
    outcome = find_label_errors(to_table(records, schema(task)), LabelErrors(), context)
    after = list(to_records(outcome.kept))
    quality = np.array([record.scores["label_quality"] for record in after])
    aside = {item.record_id for item in context.review_items if item.reason == "label_set_aside"}
    keep = np.array([record.id not in aside for record in after])
    return quality, [str(record.target) for record in after], keep, outcome.notes["autofix"]["threshold"]


def accuracy(strength: float, vectors: np.ndarray, labels: np.ndarray, test: np.ndarray, true: np.ndarray) -> float:
    from sklearn.linear_model import LogisticRegression

    return float((LogisticRegression(C=strength, max_iter=300).fit(vectors, labels).predict(test) == true).mean())


def trial(name: str, rows: int, folder: Path, models: Models) -> None:
    train, test = DATA[name](folder)
    train = sorted(train, key=lambda row: share("benchmark", *row))[:rows]
    names = sorted({label for _, label in train})
    test = [row for row in test if row[1] in set(names)]
    texts, true = [text for text, _ in train], np.searchsorted(names, [label for _, label in train])
    vectors, held_out = embed(texts, models.encoder), embed([text for text, _ in test], models.encoder)
    answers = np.searchsorted(names, [label for _, label in test])
    _, logits = out_of_sample(vectors, [f"{code:03d}" for code in true], [str(n) for n in range(len(true))], 5, 0, 10.0)
    confusions = {"symmetric": np.ones((len(true), len(names))), "confused": softmax(logits)}
    print(f"{name}: {len(texts)} rows, {len(names)} classes, {len(test)} test rows")
    print(
        "noise      seed  cleanlab  best   ours | C 1: raw, pruned, ours, true | C 10: the same four | "
        "changed  wrongly  from | set aside  wrong ones | CPU s of both"
    )
    for kind, confusion in confusions.items():
        for seed in SEEDS:
            noisy = plant_labels(true, confusion, [str(n) for n in range(len(true))], 0.1, f"benchmark {kind} {seed}")
            wrong = noisy != true
            start = time.process_time()
            quality, keep = cleanlab_default(vectors, noisy, seed)
            middle = time.process_time()
            mine, after, usable, threshold = ours(texts, [names[code] for code in noisy], names, models)
            end = time.process_time()
            best = cleanlab_best(vectors, noisy, wrong, seed)
            fixed = np.searchsorted(names, after)
            scores = [average_precision(wrong, -quality), best, average_precision(wrong, -mine)]
            states = [(noisy, noisy >= 0), (noisy, keep), (fixed, usable), (true, true >= 0)]
            accuracies = [
                [accuracy(strength, vectors[used], labels[used], held_out, answers) for labels, used in states]
                for strength in STRENGTHS
            ]
            changed, bad = int((fixed != noisy).sum()), int(((fixed != noisy) & (fixed != true)).sum())
            figures = " | ".join("  ".join(f"{value:.3f}" for value in part) for part in [scores, *accuracies])
            print(
                f"{kind:10s} {seed:4d}  {figures} | {changed:7d}  {bad:7d}  {threshold or '-':>4}"
                f" | {(~usable).sum():4d}  {(wrong & ~usable).sum():4d}"
                f" | {middle - start:.0f}, {end - middle:.0f}",
                flush=True,
            )


def main() -> None:
    warnings.simplefilter("ignore")
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 2500
    folder = Path(os.environ.get("SHARED_DATA", "../shared/data"))
    for name in sys.argv[2:] or DATA:
        run = target_errors.trial if name in target_errors.DATA else trial
        run(name, rows, folder, load("models", Models))


if __name__ == "__main__":
    main()
