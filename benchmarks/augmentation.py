"""What augmentation buys on public data sets. Needs SHARED_DATA=<folder>.

    python -m benchmarks.augmentation banking77-5     # also banking77-10, -20, -full; sst2; waimai

Three draws of the train rows; a linear model on none / each method ungated / gated / the chosen policy, tested on the
data set's own test rows, which neither gate nor policy sees. Gains are macro-F1 against none, with a 95 % interval over
seeds and test rows together; once with the regularisation that suits none best (5-fold cross-validation on the train
rows), once with scikit-learn's default.
"""

from __future__ import annotations

import csv
import os
import random
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np

from pipeline.augment.ablation.search import gain
from pipeline.augment.ablation.trial import LabelRun
from pipeline.augment.acceptance import Acceptance
from pipeline.augment.augmenters import METHODS
from pipeline.augment.candidates import make
from pipeline.augment.params import AblationSettings, Params
from pipeline.augment.policy import parents, plan
from pipeline.augment.text_features import TextFeatures
from pipeline.core.record import Record, Source, content_id
from pipeline.core.settings import Task, load
from pipeline.modeling.features import linear
from pipeline.modeling.models import Model, Models

DATA = Path(os.environ.get("SHARED_DATA", "../shared/data"))
SOURCE = Source("benchmark", "files", "public", 1, "see SOURCE.txt", "train", trusted=True)
SEEDS = int(os.environ.get("SEEDS", "3"))
STRENGTHS = (1.0, 10.0, 100.0, 1000.0)
TOLERANCE = 1e-5  # fits that stop early differ by where they stop: half a point on all of banking77


def banking77() -> tuple[list, list]:
    read = [[(r["text"].strip(), r["category"]) for r in csv.DictReader((DATA / "banking77" / f"{part}.csv").open(
        encoding="utf-8"))] for part in ("train", "test")]  # fmt: skip
    return read[0], read[1]


def sst2() -> tuple[list, list]:
    parts = []
    for name in ("train", "test"):
        lines = (DATA / "sst2_sentences" / f"{name}.tsv").read_text("utf-8").splitlines()
        parts.append(
            [(text.strip(), label) for text, label in (line.rsplit("\t", 1) for line in lines if "\t" in line)]
        )
    return parts[0], parts[1]


def waimai() -> tuple[list, list]:
    rows = [(r["review"].strip(), r["label"]) for r in csv.DictReader(
        (DATA / "waimai_10k" / "waimai_10k.csv").open(encoding="utf-8-sig"))]  # fmt: skip
    rows = sorted({text: label for text, label in rows}.items(), key=lambda row: content_id(row[0]))
    return rows[2000:], rows[:2000]


def per_class(rows: list, number: int, rng: random.Random) -> list:
    classes = defaultdict(list)
    for text, label in rows:
        classes[label].append((text, label))
    return [row for label in sorted(classes) for row in rng.sample(sorted(set(classes[label])), number)]


#: What the labels 0 and 1 stand for.
NAMES = {"en": {"0": "negative", "1": "positive"}, "zh": {"0": "差评", "1": "好评"}}

#: Setting -> (rows, language, draw of train rows, factor, ablation settings)
SETTINGS = {
    "banking77-5": (banking77, "en", lambda rows, rng: per_class(rows, 5, rng), 2.0, {}),
    "banking77-10": (banking77, "en", lambda rows, rng: per_class(rows, 10, rng), 1.0, {}),
    "banking77-20": (banking77, "en", lambda rows, rng: per_class(rows, 20, rng), 0.5, {"seeds": 3}),
    "banking77-full": (banking77, "en", lambda rows, rng: rows, 0.1, {"seeds": 3, "max_train_rows": 3000}),
    "sst2": (sst2, "en", lambda rows, rng: rng.sample(sorted(set(rows)), 500), 1.0, {}),
    "waimai": (waimai, "zh", lambda rows, rng: rng.sample(rows, 500), 1.0, {}),
}


def methods_for(lang: str, factor: float) -> dict:
    names = ["synonyms", "random_swap", "random_delete"] if lang == "zh" else ["synonyms", "random_swap"]
    found = {n: METHODS[n].settings(factor=factor, languages=(lang,)) for n in names}
    if lang == "en":
        found["back_translation"] = METHODS["back_translation"].settings(factor=min(1.0, factor))
    found["label_names"] = METHODS["label_names"].settings.model_validate({"languages": [lang], "names": NAMES[lang]})
    return found


def ablation(name: str) -> None:
    load_rows, lang, draw, factor, ablation_settings = SETTINGS[name]
    train, test = load_rows()
    models = models_for(lang)
    task = Task(type="classification", labels=tuple(sorted({label for _, label in train})), languages=(lang,))
    methods = methods_for(lang, factor)
    runs: dict[str, list[LabelRun]] = {"tuned": [], "default": []}
    added = defaultdict(list)
    for seed in range(SEEDS):
        rows = list(dict(draw(train, random.Random(seed))).items())
        variants, kept = variants_of(rows, methods, task, models, ablation_settings, lang)
        texts = [t for t, _ in rows + test] + [t for more in variants.values() for t, _ in more]
        features = TextFeatures(texts, models.encoder)
        best = best_c(rows, features)
        print(f"seed {seed}: {len(rows)} rows, C {best:g}, kept {kept}", flush=True)
        for recipe, c in (("tuned", best), ("default", 1.0)):
            runs[recipe].append(trial(rows, variants, test, features, c))
        for variant, more in variants.items():
            added[variant].append(len(more))
    show(name, runs, added)


def variants_of(rows: list, methods: dict, task: Task, models: Models, ablation_settings: dict, lang: str) -> tuple:
    records = [
        Record(content_id(text), {"text": text}, SOURCE, label, lang, "train", content_id("group", text))
        for text, label in rows
    ]
    params = Params(ablation=AblationSettings(**ablation_settings))
    draws = plan(methods, records, task, 10**9)
    made = make(methods, draws, parents(records), task, models, require=True).candidates
    acceptance = Acceptance(records, made, draws, params, task, models, methods)
    pair = lambda c: (c.text, c.parent.target)  # noqa: E731
    variants: dict[str, list] = {"none": []}
    for method in methods:
        own = [c for c in made if c.method == method and c.text.strip()]
        variants[f"{method}, ungated"] = [pair(c) for c in own]
        variants[f"{method}, gated"] = [pair(c) for c in own if c.child.id not in acceptance.rejected]
    accepted = [c for c in made if c.child.id not in acceptance.rejected]
    variants["chosen policy"] = [pair(c) for c in accepted if c.child.id not in acceptance.unhelpful]
    variants["copies of all gated"] = [(c.parent.fields["text"], c.parent.target) for c in accepted]
    return variants, acceptance.ablation.get("kept_shares", acceptance.ablation)


def trial(rows: list, variants: dict, test: list, features: TextFeatures, c: float) -> LabelRun:
    names = sorted({label for _, label in rows + test})
    inputs = features.rows([t for t, _ in test])
    predicted = {}
    for variant, more in variants.items():
        labels = [label for _, label in rows + more]
        head = linear.fit(features.rows([t for t, _ in rows + more]), labels, c, tolerance=TOLERANCE)
        predicted[variant] = np.searchsorted(names, head.labels)[head.logits(inputs).argmax(1)]
    return LabelRun(np.searchsorted(names, [label for _, label in test]), predicted)


def best_c(rows: list, features: TextFeatures) -> float:
    if len(rows) > 5000:
        rows = rows[:: len(rows) // 3000]
    matrix, labels, groups = (
        features.rows([t for t, _ in rows]),
        [label for _, label in rows],
        [f"{n:05}" for n in range(len(rows))],
    )
    right = {}
    for c in STRENGTHS:
        names, logits = linear.out_of_sample(matrix, labels, groups, strength=c)
        right[c] = np.mean(np.array(names)[logits.argmax(1)] == labels)
    return max(STRENGTHS, key=lambda c: right[c])


def show(name: str, runs: dict, added: dict) -> None:
    print(
        f"\n| {name} | rows added | accuracy | gain, tuned C | accuracy, C 1 | gain, C 1 |\n|---|---|---|---|---|---|"
    )
    for variant in added:
        cells = []
        for recipe in ("tuned", "default"):
            own = runs[recipe]
            accuracy = np.mean([np.mean(run.predicted[variant] == run.truth) for run in own])
            found = gain(own, variant, same_items=True)
            interval = "" if variant == "none" else f"{found.value:+.4f} ({found.low:+.4f} to {found.high:+.4f})"
            cells += [f"{accuracy:.4f}", interval]
        print(f"| {variant} | {np.mean(added[variant]):.0f} | {' | '.join(cells)} |", flush=True)


def models_for(lang: str) -> Models:
    """English: the encoder of params.yaml. Chinese: TF-IDF, since no Chinese encoder is at hand."""
    return load("models", Models) if lang == "en" else Models(encoder=Model(name="tfidf"))


def main() -> None:
    for name in sys.argv[1:] or SETTINGS:
        ablation(name)


if __name__ == "__main__":
    main()
