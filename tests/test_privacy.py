"""What the dataset masks stands nowhere else: not in dropped rows, keys, votes, agreement, dataset, card or page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pipeline.augment.run import run as augment
from pipeline.clean.run import run as clean
from pipeline.collect.run import run as collect
from pipeline.label.run import run as label
from pipeline.report.run import run as report
from pipeline.validate.run import run as validate

SECRETS = ("zqkey", "zqleak", "zqshopper", "zqjudge", "4539 1488 0343 6467", "13900001111", "s3cretT0ken")
TEXTS = [
    "Please write to zqleak{n}@example.org, the parcel {n} of colour {w} never came",
    "My card 4539 1488 0343 6467 was charged {n} times for the {w} chair, and I want it back",
    "The {w} lamp works well, order {n}, you can phone me at +49 30 901820 when it rains",
    "See https://me:s3cretT0ken@example.org/{n} about the {w} curtain that I sent back",
]
WORDS = ("red", "blue", "green", "violet", "amber", "silver", "ochre", "teal", "rose", "ivory")
LABELS = ("complaint", "praise")
PARAMS = {
    "task": {"type": "classification", "labels": LABELS, "languages": ["en"]},
    "models": {"encoder": {"name": "tfidf"}},
    "collect": {
        "sources": {
            "mails": {"kind": "files", "role": "train", "licence": "CC0-1.0", "path": "mails.csv", "target": "label",
                      "key": "id", "group": "author", "meta": {"author": "author"}},
            "votes": {"kind": "crowd", "of": "mails", "licence": "CC0-1.0", "path": "votes.csv"},
        }
    },
    "clean": {"quality": {"min_chars": 5}},
    "label": {},
    "augment": {"methods": {}},
    "validate": {"name": "mails", "about": "Mails.", "suite": [{"expect": "no_pii_left"}]},
    "value": {},
    "report": {},
}  # fmt: skip


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("privacy")
    raw = folder / "data" / "raw"
    raw.mkdir(parents=True)
    rows = [
        f'zqkey{n}@example.org,"{text.format(n=n, w=WORDS[n % 10])}",{LABELS[n % 3 == 0]},zqshopper{n % 9}@example.org'
        for n, text in enumerate(TEXTS * 12)
    ]
    # One row for each way out before personal data are looked at: no such label, broken, another language.
    rows += ['m90,"zqleak90@example.org says hello there",nosuch,zqshopper1@example.org', "m91,zqleak91@example.org"]
    rows += [
        'm92,"我的邮箱是 zqleak92@example.org 手机 13900001111 请尽快联系我处理退款",praise,zqshopper2@example.org'
    ]
    (raw / "mails.csv").write_text("id,text,label,author\n" + "\n".join(rows) + "\n", "utf-8")
    votes = [f"zqkey{n}@example.org,zqjudge{who}@example.org,praise" for n in range(9) for who in range(3)]
    (raw / "votes.csv").write_text(
        "item,worker,label\n" + "\n".join([*votes, "m999,zqjudge1@example.org,praise"]), "utf-8"
    )
    (folder / "params.yaml").write_text(json.dumps(PARAMS), "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("SFT_CACHE", str(folder / "cache"))
        at = {
            name: Path("data") / name for name in ("raw", "collect", "clean", "label", "augment", "validate", "report")
        }
        for path in (*at.values(), Path("data/annotations"), Path("data/released")):
            path.mkdir(exist_ok=True)
        answers = [
            {
                "record_id": row["id"],
                "annotator": "zqjudge7@example.org",
                "value": "praise",
                "created_at": "2026-01-01T00:00:00Z",
            }
            for row in _rows(collect, at["raw"], at["collect"])[:12]
        ]
        Path("data/annotations/a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in answers), "utf-8")
        clean(at["collect"], Path("data/annotations/decisions"), at["clean"])
        label(at["clean"], Path("data/annotations"), at["label"])
        augment(at["label"], at["augment"])
        validate(at["collect"], at["clean"], at["label"], at["augment"], Path("data/released"), at["validate"])
        report(Path("data"), at["report"])
        yield folder / "data"


def _rows(stage, *paths: Path) -> list[dict[str, object]]:
    stage(*paths)
    return pq.read_table(paths[-1] / "records.parquet").to_pylist()


def _held(path: Path) -> str:
    return str(pq.read_table(path).to_pylist()) if path.suffix == ".parquet" else path.read_text("utf-8", "replace")


def test_the_planted_values_are_in_what_was_read(data: Path) -> None:
    read = "".join(_held(path) for path in (data / "collect").glob("*.parquet"))
    assert [word for word in SECRETS if word not in read] == []


@pytest.mark.parametrize("stage", ["clean", "label", "augment", "validate", "report"])
def test_nothing_of_them_is_left_behind_cleaning(data: Path, stage: str) -> None:
    files = [path for path in (data / stage).rglob("*") if path.is_file()]
    assert files
    left = {(path.name, word) for path in files for word in SECRETS if word in _held(path)}
    assert left == set()


def test_rows_stay_joined_by_their_pseudonyms(data: Path) -> None:
    groups = pq.read_table(data / "clean" / "records.parquet", columns=["group", "meta"]).to_pylist()
    named = {(row["group"], dict(row["meta"])["author"]) for row in groups}
    assert len({author for _, author in named}) == 9
    people = json.loads((data / "label" / "report.json").read_text("utf-8"))["notes"]["agreement"]
    assert len([one for one in people["crowd"]["annotator_list"] if one["annotator"] != "source:mails"]) == 3
    assert [one["votes"] for one in people["human"]["annotator_list"]] == [12]  # found by keys that are addresses
