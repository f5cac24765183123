"""What cleaning buys on data whose damage is known, and what more votes buy on real crowd labels.

    python benchmarks/value.py banking77 [train rows]   # 10 % wrong labels, 20 % near-duplicates and leaks, 5 % broken
    python benchmarks/value.py weather                  # share of labels right at one vote and at five

banking77: benchmarks/damage.py damages the train split; the stages collect, clean and label run on it as in a project
of a user, with the settings below; then the value stage's own recipe (a linear head on frozen embeddings, 5 paired
seeds) is trained on each state and judged on the untouched test split, in macro F1 with a bootstrap over seeds and test
rows. `recovered` is a state's share of the gap between `raw` and `undamaged`. Three states with one kind of damage each
say what each costs; `raw, with leaks` says how much the planted copies of test rows would flatter it. No other state
holds one: neither those that `clean` finds nor those that it misses (counted), nor rows of banking77 itself that it
drops for their likeness to test rows. `reviewed` is the state after a person has answered the queue that clean and
label wrote (simulated: the true label). Needs SHARED_DATA (default ../shared/data).
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
sys.path.insert(0, str(ROOT))

from benchmarks.damage import Row, confusions, damage  # noqa: E402

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
  near_duplicates: {{drop: {drop}, review: {drop}}}
  splits: {{dev: {{share: 0.05}}, test: {{share: 0}}}}
  label_errors: {{review_share: 0.1, autofix_precision: {precision}}}
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
    from pipeline.core.settings import load
    from pipeline.modeling.features.encoder import embed
    from pipeline.modeling.features.linear import out_of_sample
    from pipeline.modeling.models import Models

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
        (folder / "params.yaml").write_text(PARAMS.format(**settings, drop=DROP, precision=PRECISION), "utf-8")
        stage(folder, "collect", "data/raw", "data/collect")
        stage(folder, "clean", "data/collect", "data/clean")
        stage(folder, "label", "data/clean", "data/annotations", "data/label")
        judge(folder, rows, encoder, "label")
        answered = answer(folder, {row.id: row.truth for row in rows})
        stage(folder, "label", "data/clean", "data/annotations", "data/label")
        print(json.dumps({"answers of the reviewer": answered}), flush=True)
        judge(folder, rows, encoder, "reviewed by a person")


#: Share of equal 5-grams from which on a near-duplicate is dropped: the questions here are short. Those less alike are
#: one template with other words, and since the test split is given, train rows like its rows in this way may stay.
DROP = 0.8
#: Of automatic changes. One that is likelier right than the label it replaces pays on average; with the default, .95,
#: labels are changed only where hardly any change is wrong.
PRECISION = float(os.environ.get("PRECISION", "0.7"))


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

    records = pq.read_table(folder / "data/clean/records.parquet", columns=["id", "source", "split"]).to_pylist()
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
    from pipeline.stats.paired_gain import draw
    from pipeline.value.linear_probe import linear_probe
    from pipeline.value.params import Params
    from pipeline.value.variants import Example
    from pipeline.value.verdict import over_seeds

    params = Params(max_train_rows=20_000)
    states, test = states_of(folder, rows, last)
    trial = linear_probe(states.values(), test, encoder, params.seeds, params.C)
    names = list(states) if last == "label" else ["undamaged", "raw", last]
    truth = {row.id: row.truth for row in rows}
    drawn = {}
    for name in names:
        examples: list[Example] = sorted(states[name])
        drawn[name] = draw(trial(examples), len(test), params.resamples, params.seed)["macro_f1"]
        gap = drawn["undamaged"].value - drawn["raw"].value if "raw" in drawn else 0
        against = over_seeds(drawn[name].minus(drawn["undamaged"]), params)
        found = {
            "state": name,
            "rows": len(examples),
            "wrong_labels": sum(e.label != truth[e.root] for e in examples),
            "macro_f1": over_seeds(drawn[name], params).as_dict(),
            "against_undamaged": against.as_dict(),
            **({"recovered": round((drawn[name].value - drawn["raw"].value) / gap, 3)} if gap > 0 else {}),
        }
        print(json.dumps(found), flush=True)


def states_of(folder: Path, rows: Sequence[Row], last: str) -> tuple[dict, list]:
    """The training data of each state, and the test rows."""
    from pipeline.runtime.store import read_table, to_records
    from pipeline.value.variants import Example

    by_row, by_id = number_rows(folder), {row.id: row for row in rows}
    clean, label = (
        [r for r in to_records(read_table(folder / "data" / stage / "records.parquet")) if r.source.name == "damaged"]
        for stage in ("clean", "label")
    )
    test = [Example(row.id, row.text, row.truth) for row in read("test")]
    held_out = {by_row[r.source.row] for r in (*clean, *label) if r.split != "train"} | like_test(folder, by_row)
    leaks = {row.id for row in rows if "leak" in row.kind}
    texts = {row.id: row.text for row in read("train")}
    use = [row for row in rows if row.id not in held_out | leaks]
    own = [row for row in use if row.id in texts]
    copies = [row for row in use if row.id not in texts]
    first = {by_row[r.source.row]: str(r.target) for r in label}
    if last == "label":
        changed = [(by_id[i].label, now, by_id[i].truth) for i, now in first.items() if now != by_id[i].label]
        print(json.dumps({
            "labels_changed": len(changed),
            "of_them_right_now": sum(now == truth for _, now, truth in changed),
            "of_them_right_before": sum(old == truth for old, _, truth in changed),
            "leaks_left": sum(by_row[r.source.row] in leaks for r in clean),
            "rows_like_test_rows": sum(name in texts for name in like_test(folder, by_row)),
        }), flush=True)  # fmt: skip
    kept = [(by_row[r.source.row], str(r.fields["text"])) for r in clean]
    decided = [(by_row[r.source.row], str(r.fields["text"]), str(r.target)) for r in label]
    return {
        "undamaged": [Example(row.id, texts[row.id], row.truth) for row in own],
        "only wrong labels": [Example(row.id, texts[row.id], row.label) for row in own],
        "only broken texts": [Example(row.id, row.text, row.truth) for row in own],
        "only copies": [
            *(Example(row.id, texts[row.id], row.truth) for row in own),
            *(Example(row.id, row.text, row.truth) for row in copies),
        ],
        "raw": [Example(row.id, row.text, row.label) for row in use],
        "raw, with leaks": [Example(row.id, row.text, row.label) for row in rows if row.id not in held_out - leaks],
        "cleaned": [Example(i, text, by_id[i].label) for i, text in kept if i not in held_out | leaks],
        last: [Example(i, text, now) for i, text, now in decided if i not in held_out | leaks],
    }, test


def like_test(folder: Path, by_row: dict[int, str]) -> set[str]:
    """Train rows that `clean` dropped for a row of the test split."""
    from pipeline.runtime.store import read_table

    def rows_of(name: str) -> list[dict]:
        return read_table(folder / "data/clean" / name).to_pylist()

    test = {row["id"] for row in rows_of("records.parquet") if row["source"]["name"] == "held_out"}
    return {
        by_row[row["source"]["row"]]
        for row in rows_of("dropped.parquet")
        if row["source"]["name"] == "damaged" and row["other_id"] in test
    }


def weather() -> None:
    from benchmarks.crowd import draw, read
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
