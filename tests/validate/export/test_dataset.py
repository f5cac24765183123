"""The exported dataset: columns, splits, files and their checksums."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import pyarrow.parquet as pq
import pytest

from pipeline.core.conversation import from_row
from tests.validate.conftest import CHAT, review, sound_chats, sound_reviews
from tests.validate.exported import SUITE, metadata

LINEAGE = ["lang", "source", "group", "parent_id", "label_by", "label_confidence", "source_key"]


def test_what_is_known_of_records_by_name_stands_in_columns(project):
    rows = [replace(row, meta={"topic": "电影", "page": "3"} if n else {}) for n, row in enumerate(sound_reviews())]
    suite = [*SUITE, {"expect": "values_present", "column": "meta_topic", "share": 0.5}]
    out = project.write(rows, suite, attributes=["meta_topic"]).validate()
    table = pq.read_table(out / "dataset/data/train-00000-of-00001.parquet")
    assert table.column_names[-2:] == ["meta_page", "meta_topic"]
    assert table.column("meta_topic").to_pylist() == [None, "电影", "电影", "电影"]
    assert '"meta_topic": "电影"' in (out / "dataset/jsonl/train.jsonl").read_text("utf-8")


def load(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    import datasets

    return datasets.load_dataset(str(folder), cache_dir=str(tmp_path / "hub"))


def test_load_dataset_reads_what_was_written(dataset, tmp_path, monkeypatch):
    loaded = load(dataset, tmp_path, monkeypatch)
    assert {name: len(rows) for name, rows in loaded.items()} == {"train": 5, "validation": 2, "test": 2}
    assert loaded["train"].column_names == ["id", "text", "label", *LINEAGE]
    assert {name: feature.dtype for name, feature in loaded["test"].features.items()} == {
        **dict.fromkeys(["id", "text", *LINEAGE], "string"),
        "label": "int64",
        "label_confidence": "float64",
    }
    label = loaded["test"].features["label"]
    rows = pq.read_table(dataset / "data/train-00000-of-00001.parquet").to_pylist()
    assert [label.int2str(row["label"]) for row in loaded["train"]] == [row["label"] for row in rows]
    assert loaded["test"][1]["text"] == "一点也不好吃。"
    (augmented,) = (row for row in loaded["train"] if row["parent_id"] is not None)
    assert augmented["parent_id"] == "en1"
    assert augmented["label_confidence"] is None


def test_load_dataset_reads_chats(project, tmp_path, monkeypatch):
    folder = project.write(sound_chats(), SUITE, CHAT).validate() / "dataset"
    loaded = load(folder, tmp_path, monkeypatch)
    assert loaded["train"][0]["messages"][-1] == {"role": "assistant", "content": "Fine, thank you."}
    assert loaded["test"][0]["response"] == "星期三。"
    assert metadata(folder)["task_categories"] == ["text-generation"]


@pytest.mark.parametrize(
    ("given", "exported"),
    [
        (({"thinking": True}, {"thinking": False}), {"thinking": True}),
        (({"thinking": True}, {"thinking": "yes"}), '{"thinking":true}'),
        (({"depth": 1}, {"depth": 1.5}), '{"depth":1}'),
        (({"tags": ["a"]}, None), '{"tags":["a"]}'),
    ],
    ids=["one type", "two types", "whole and broken numbers", "a list"],
)
def test_template_arguments_of_any_types_come_through(project, given, exported):
    records = [
        replace(record, fields={**record.fields, "template_arguments": json.dumps(arguments) if arguments else None})
        for record, arguments in zip(sound_chats(), [*given, None, None], strict=True)
    ]
    folder = project.write(records, SUITE, CHAT).validate() / "dataset"
    rows = pq.read_table(folder / "data/train-00000-of-00001.parquet").to_pylist()
    found = rows[0]["chat_template_kwargs"]
    assert (found if isinstance(found, dict) else found.replace(" ", "")) == exported
    assert [dict(from_row(row).template_arguments) for row in rows] == [arguments or {} for arguments in given]


def test_an_empty_split_gets_no_file(project, tmp_path, monkeypatch):
    records = [record for record in sound_reviews() if record.split != "dev"]
    folder = project.write(records, SUITE).validate() / "dataset"
    assert sorted(path.name for path in (folder / "data").iterdir()) == [
        "test-00000-of-00001.parquet",
        "train-00000-of-00001.parquet",
    ]
    assert sorted(load(folder, tmp_path, monkeypatch)) == ["test", "train"]
    assert [file["split"] for file in metadata(folder)["configs"][0]["data_files"]] == ["train", "test"]


def test_jsonl_holds_the_task_form(dataset):
    lines = (dataset / "jsonl" / "validation.jsonl").read_text("utf-8").splitlines()
    assert json.loads(lines[1]) == {"id": "zh3", "label": "negative", "lang": "zh", "text": "服务态度很差。"}


def test_checksums_cover_every_file(dataset):
    lines = dict(line.split("  ")[::-1] for line in (dataset / "checksums.txt").read_text("utf-8").splitlines())
    files = {p.relative_to(dataset).as_posix() for p in dataset.rglob("*") if p.is_file()} - {"checksums.txt"}
    assert set(lines) == files
    for name, digest in lines.items():
        assert hashlib.sha256((dataset / name).read_bytes()).hexdigest() == digest


def test_a_multi_label_column_stays_a_list(project, tmp_path, monkeypatch):
    from tests.validate.conftest import SENTIMENT

    task = SENTIMENT.model_copy(update={"multi_label": True})
    records = [review("a", "Good and bad", ["negative", "positive"]), review("b", "无", [], "test")]
    folder = project.write(records, SUITE, task).validate() / "dataset"
    assert pq.read_table(folder / "data/test-00000-of-00001.parquet").column("label").to_pylist() == [[]]
    assert pq.read_table(folder / "data/train-00000-of-00001.parquet")["label"].to_pylist()[0][0] == "negative"
    loaded = load(folder, tmp_path, monkeypatch)
    assert loaded["train"][0]["label"] == [0, 1]
    assert loaded["train"].features["label"].feature.names == ["negative", "positive"]


def test_the_sources_own_key_comes_through_where_it_has_one(project):
    keyed = [replace(one, source=replace(one.source, key=f"A-{n}")) for n, one in enumerate(sound_reviews())]
    folder = project.write(keyed, SUITE).validate() / "dataset"
    rows = [json.loads(line) for line in (folder / "jsonl/train.jsonl").read_text("utf-8").splitlines()]
    assert all(row["source_key"].startswith("A-") for row in rows)
    assert "source_key" in pq.read_schema(folder / "data/train-00000-of-00001.parquet").names
