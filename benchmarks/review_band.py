"""What a lower `near_duplicates.review` costs on real data, where resemblance need not mean a copy.

    python benchmarks/review_band.py [data set ...]      # needs SHARED_DATA=<folder of public data>

Data sets: banking77, sst2_sentences, ag_news (with their own test rows), waimai (Chinese). Each goes through
collect and clean as in a project of a user, with `review` at 0.6 (the default) and at 0.5. Prints the groups that are
kept in one split and listed for review, the largest of them, the share of pairs within groups that have one label
(copies do, mere resemblance does not), and the train rows that are dropped for their likeness to test rows.
"""

from __future__ import annotations

import csv
import json
import os
import sys
import tempfile
from collections import Counter, defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import pyarrow.parquet as pq

from benchmarks import label_errors
from benchmarks.value import stage

DATA = Path(os.environ.get("SHARED_DATA", "../shared/data")).resolve()
BANDS = (0.6, 0.5)
SOURCE = "{{kind: files, role: {role}, licence: CC-BY-4.0, path: {role}.csv, fields: {{text: text}}, target: label}}"
PARAMS = """
task: {{type: classification, labels: {labels}, languages: [{language}]}}
models: {{encoder: {{name: tfidf}}}}
collect: {{sources: {{{sources}}}}}
clean:
  steps: [repair_text, missing, conflicting_labels, exact_duplicates, near_duplicates, splits]
  near_duplicates: {{review: {review}}}
  splits: {{dev: {{share: 0.05}}, test: {{share: 0}}}}
"""
Rows = list[tuple[str, str]]


def waimai() -> tuple[Rows, Rows]:
    with (DATA / "waimai_10k/waimai_10k.csv").open(encoding="utf-8-sig") as file:
        return [(row["review"], ("negative", "positive")[int(row["label"])]) for row in csv.DictReader(file)], []


def write(rows: Rows, path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("text", "label"), *((" ".join(text.split()), label) for text, label in rows)])


def measure(name: str, review: float) -> str:
    """One line of figures."""
    train, test = waimai() if name == "waimai" else label_errors.DATA[name](DATA)
    parts = {role: rows for role, rows in (("train", train), ("test", test)) if rows}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "data/raw").mkdir(parents=True)
        for role, rows in parts.items():
            write(rows, folder / f"data/raw/{role}.csv")
        settings = {
            "labels": json.dumps(sorted({label for rows in parts.values() for _, label in rows})),
            "language": "zh" if name == "waimai" else "en",
            "sources": ", ".join(f"{role}: {SOURCE.format(role=role)}" for role in parts),
            "review": review,
        }
        (folder / "params.yaml").write_text(PARAMS.format(**settings), "utf-8")
        stage(folder, "collect", "data/raw", "data/collect")
        stage(folder, "clean", "data/collect", "data/clean")
        records = pq.read_table(folder / "data/clean/records.parquet", columns=["id", "group", "target"]).to_pylist()
        dropped = pq.read_table(folder / "data/clean/dropped.parquet", columns=["reason"])["reason"].to_pylist()
    members: dict[str, Counter[str]] = defaultdict(Counter)
    for record in records:
        members[record["group"] or record["id"]][record["target"]] += 1
    groups = [group for group in members.values() if group.total() > 1]
    pairs = sum(group.total() * (group.total() - 1) // 2 for group in groups)
    alike = sum(count * (count - 1) // 2 for group in groups for count in group.values())
    largest = max((group.total() for group in groups), default=0)
    size, same = sum(group.total() for group in groups), f"{alike / pairs:.3f}" if pairs else "-"
    return (
        f"{name:15s} {review}  {len(groups):5d} groups of {size:5d} rows, largest {largest:3d}, "
        f"{pairs:6d} pairs, one label {same}; similar_to_test {dropped.count('similar_to_test')} of {len(train)}"
    )


def main() -> None:
    for name in sys.argv[1:] or (*label_errors.DATA, "waimai"):
        for review in BANDS:
            print(measure(name, review), flush=True)


if __name__ == "__main__":
    main()
