"""What cleaning buys on data whose damage is known, and what more votes buy on real crowd labels.

    python benchmarks/value.py banking77 [train rows]   # 10 % wrong labels, 20 % near-duplicates and leaks, 5 % broken
    python benchmarks/value.py weather                  # share of labels right at one vote and at five

banking77: benchmarks/damage.py damages the train split; the stages collect, clean and label run on it as in a project
of a user, with the settings below; then the value stage's own recipe (a linear head on frozen embeddings, 5 paired
seeds) is trained on each state and judged on the untouched test split, in macro F1 with a bootstrap over seeds and test
rows. Copies of test rows in train flatter `raw`: it is shown with and without them; `recovered` is measured without.
`reviewed` is the state after a person has answered the queue that clean and label wrote (simulated: the true label).
Needs SHARED_DATA (default ../shared/data).
"""

from __future__ import annotations

import csv
import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

from damage import Row, confusions, damage  # noqa: E402

DATA = Path(os.environ.get("SHARED_DATA", "../shared/data")).resolve()

PARAMS = """
task: {{type: classification, labels: {labels}, languages: [en]}}
models:
  encoder: {encoder}
collect:
  sources:
    damaged: {{kind: files, role: train, licence: CC-BY-4.0, path: train.csv, fields: {{text: text}}, target: label,
      key: id}}
    held_out: {{kind: files, role: test, licence: CC-BY-4.0, path: test.csv, fields: {{text: text}}, target: label,
      key: id}}
clean:
  steps: [repair_text, missing, annotations, quality, conflicting_labels, exact_duplicates, near_duplicates, splits,
          label_errors]
  near_duplicates: {{drop: {drop}, review: 0.6}}
  splits: {{dev: {{share: 0.05}}, test: {{share: 0}}}}
  label_errors: {{review_share: 0.1}}
label:
  prelabel: {{method: null}}
augment: {{methods: {{}}}}
value: {{max_train_rows: 20000}}
"""


def read(name: str) -> list[Row]:
    with (DATA / "banking77" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    texts = [" ".join(row["text"].split("\n")) for row in rows]  # a line a row, so that row numbers are line numbers
    return [
        Row(f"{name}{n}", text, row["category"], row["category"], f"{name}{n}")
        for n, (text, row) in enumerate(zip(texts, rows, strict=True))
    ]


def write(rows: Sequence[Row], path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerows([("id", "text", "label"), *((row.id, row.text, row.label) for row in rows)])


def banking77(count: int) -> None:
    from pipeline.modeling.encoder import embed
    from pipeline.modeling.linear import out_of_sample
    from pipeline.modeling.models import Models
    from pipeline.settings import load

    encoder = load("models", Models).encoder
    train, test = read("train"), read("test")
    random.Random(0).shuffle(train)
    train = train[:count] if count else train
    labels = [row.label for row in train]
    names, logits = out_of_sample(embed([row.text for row in train], encoder), labels, [row.id for row in train])
    rows = damage(train, test, confusions(labels, [names[n] for n in logits.argmax(axis=1)]))
    kinds = [kind for row in rows for kind in row.kind]
    print(json.dumps({"rows": len(rows), **{kind: kinds.count(kind) for kind in sorted(set(kinds))}}), flush=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in ("raw", "annotations"):
            (folder / "data" / part).mkdir(parents=True)
        write(rows, folder / "data/raw/train.csv")
        write(test, folder / "data/raw/test.csv")
        settings = {"labels": json.dumps(sorted(set(labels))), "encoder": encoder.model_dump_json(exclude_none=True)}
        (folder / "params.yaml").write_text(PARAMS.format(**settings, drop=DROP), "utf-8")
        stage(folder, "collect", "data/raw", "data/collect")
        stage(folder, "clean", "data/collect", "data/clean")
        stage(folder, "label", "data/clean", "data/annotations", "data/label")
        judge(folder, rows, encoder, "label")
        answered = answer(folder, {row.id: row.truth for row in rows})
        stage(folder, "label", "data/clean", "data/annotations", "data/label")
        print(json.dumps({"answers of the reviewer": answered}), flush=True)
        judge(folder, rows, encoder, "reviewed")


#: Share of equal 5-grams from which on a near-duplicate is dropped: the questions here are short.
DROP = 0.8


def stage(folder: Path, name: str, *paths: str) -> None:
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "SFT_CACHE": str(Path(os.environ.get("SFT_CACHE", ".cache")).resolve()),
    }
    subprocess.run([sys.executable, "-m", f"pipeline.{name}", *paths], cwd=folder, env=environment, check=True)


def answer(folder: Path, truth: dict[str, str]) -> int:
    """What a person who is always right would say to the queue: one annotation a train record in it."""
    import pyarrow.parquet as pq

    records = pq.read_table(folder / "data/label/records.parquet", columns=["id", "source", "split"]).to_pylist()
    keys = {r["id"]: r["source"]["row"] for r in records if r["split"] == "train"}
    by_row = number_rows(folder)
    asked = dict.fromkeys(pq.read_table(folder / "data/label/queue.parquet")["record_id"].to_pylist())
    asked |= dict.fromkeys(pq.read_table(folder / "data/clean/review.parquet")["record_id"].to_pylist())
    lines = [
        {
            "record_id": name,
            "annotator": "reviewer",
            "value": truth[by_row[keys[name]]],
            "created_at": "2026-01-01T00:00:00Z",
        }
        for name in sorted(asked)
        if name in keys
    ]
    with (folder / "data/annotations/answers.jsonl").open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(line) + "\n" for line in lines)
    return len(lines)


def number_rows(folder: Path) -> dict[int, str]:
    """The row number that a record's source names -> the id of the damaged row."""
    with (folder / "data/raw/train.csv").open(encoding="utf-8", newline="") as file:
        return {number: row["id"] for number, row in enumerate(csv.DictReader(file), 2)}


def judge(folder: Path, rows: Sequence[Row], encoder, last: str) -> None:
    """Scores of every state, and how much of the gap each recovers."""
    from pipeline.settings import Task
    from pipeline.value.__main__ import read_stages
    from pipeline.value.params import Params
    from pipeline.value.trial import prepare
    from pipeline.value.variants import Example, build
    from pipeline.value.verdict import draw, over_seeds

    task = Task(type="classification", labels=tuple(sorted({row.truth for row in rows})), languages=("en",))
    params = Params(max_train_rows=20_000)
    parts = [folder / "data" / name for name in ("collect", "clean", "label", "label")]  # nothing is augmented
    stages = read_stages(*parts)
    collect, clean, label = stages.collect, stages.clean, stages.label
    variants = build(stages, task, 20_000)
    by_row, by_id = number_rows(folder), {row.id: row for row in rows}
    held_out = {r.id for r in (*clean, *label) if r.split in ("dev", "test")} | {e.root for e in variants.leaks}
    originals = {
        r.id: by_id[by_row[r.source.row]] for r in collect if r.source.name == "damaged" and r.id not in held_out
    }
    clean_texts = {row.id: row.text for row in read("train")}
    undamaged = sorted(
        Example(name, clean_texts[row.id], row.truth) for name, row in originals.items() if row.id in clean_texts
    )
    states = {
        "raw, with leaks": sorted([*variants.train["raw"], *variants.leaks]),
        "raw": variants.train["raw"],
        "cleaned": variants.train["cleaned"],
        last: variants.train["decided_labels"],
        "undamaged": undamaged,
    }
    trial = prepare(states.values(), variants.test, encoder, params.seeds, params.strength)
    drawn = {name: draw(trial(examples), len(variants.test), params)["macro_f1"] for name, examples in states.items()}
    gap = drawn["undamaged"].value - drawn["raw"].value
    for name, found in drawn.items():
        wrong = sum(e.label != originals[e.root].truth for e in states[name] if e.root in originals)
        print(
            json.dumps(
                {
                    "state": name,
                    "rows": len(states[name]),
                    "wrong_labels": wrong,
                    "macro_f1": over_seeds(found, params).as_dict(),
                    "against_raw": over_seeds(found.minus(drawn["raw"]), params).as_dict(),
                    "recovered": round((found.value - drawn["raw"].value) / gap, 3) if gap > 0 else None,
                }
            ),
            flush=True,
        )


def weather() -> None:
    from crowd import draw, read

    from pipeline.label.aggregation import aggregate
    from pipeline.label.aggregation.votes import encode

    votes, gold = read(DATA / "weather_sentiment_crowd")
    for count, method in ((1, "majority"), (5, "majority"), (5, "dawid_skene")):
        shares = []
        for seed in range(10):
            encoded = encode(draw(votes, count, seed))
            best = [encoded.labels[n] for n in aggregate(encoded, method).posterior.argmax(axis=1)]
            right = [gold[item] == label for item, label in zip(encoded.items, best, strict=True) if item in gold]
            shares.append(sum(right) / len(right))
        print(
            json.dumps(
                {"votes": count, "method": method, "right": round(sum(shares) / len(shares), 3), "items": len(right)}
            )
        )


def main() -> None:
    import logging

    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    if sys.argv[1:2] == ["weather"]:
        weather()
    elif sys.argv[1:2] == ["banking77"]:
        banking77(int(sys.argv[2]) if len(sys.argv) > 2 else 0)
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
