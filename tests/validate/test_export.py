from __future__ import annotations

import hashlib
import json
import re
from dataclasses import replace

import pyarrow.parquet as pq
import pytest
from ruamel.yaml import YAML

from pipeline.core.conversation import from_row
from pipeline.core.record import Decision
from pipeline.runtime.store import read_json
from pipeline.validate.export.card import limits, plain
from pipeline.validate.export.licences import hub_id, most_restrictive
from tests.validate.conftest import CHAT, reports_for, review, sound_chats, sound_reviews

SUITE = [{"expect": "conserved_counts"}]
LINEAGE = ["lang", "source", "group", "parent_id", "label_by", "label_confidence"]


@pytest.fixture
def dataset(project):
    """The exported folder of the sound reviews with one augmented child."""
    child = review("kid", "A lovely movie, from start to end.", parent_id="en1", labels_by=Decision("source:reviews"))
    settings = {"name": "Film reviews", "about": "Short reviews, two classes."}
    return project.write([*sound_reviews(), child], SUITE, **settings).validate() / "dataset"


def test_what_is_known_of_records_by_name_stands_in_columns(project):
    rows = [replace(row, meta={"topic": "电影", "page": "3"} if n else {}) for n, row in enumerate(sound_reviews())]
    suite = [*SUITE, {"expect": "values_present", "column": "meta_topic", "share": 0.5}]
    out = project.write(rows, suite, attributes=["meta_topic"]).validate()
    table = pq.read_table(out / "dataset/data/train-00000-of-00001.parquet")
    assert table.column_names[-2:] == ["meta_page", "meta_topic"]
    assert table.column("meta_topic").to_pylist() == [None, "电影", "电影", "电影"]
    assert '"meta_topic": "电影"' in (out / "dataset/jsonl/train.jsonl").read_text("utf-8")


def metadata(folder):
    return YAML(typ="safe").load((folder / "README.md").read_text("utf-8").split("---\n")[1])


def load(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    import datasets

    return datasets.load_dataset(str(folder), cache_dir=str(tmp_path / "hub"))


def test_load_dataset_reads_what_was_written(dataset, tmp_path, monkeypatch):
    loaded = load(dataset, tmp_path, monkeypatch)
    assert {name: len(rows) for name, rows in loaded.items()} == {"train": 5, "validation": 2, "test": 2}
    assert loaded["train"].column_names == ["id", "text", "label", *LINEAGE]
    assert {name: feature.dtype for name, feature in loaded["test"].features.items()} == {
        **dict.fromkeys(["id", "text", "label", *LINEAGE], "string"),
        "label_confidence": "float64",
    }
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


def test_card_metadata_is_complete(dataset):
    assert metadata(dataset) == {
        "pretty_name": "Film reviews",
        "language": ["en", "zh"],
        "license": "cc-by-4.0",
        "multilinguality": ["multilingual"],
        "annotations_creators": ["found"],
        "source_datasets": ["original"],
        "task_categories": ["text-classification"],
        "size_categories": ["n<1K"],
        "configs": [
            {
                "config_name": "default",
                "data_files": [
                    {"split": name, "path": f"data/{name}-*.parquet"} for name in ("train", "validation", "test")
                ],
            }
        ],
    }


def test_card_states_the_facts(dataset):
    text = (dataset / "README.md").read_text("utf-8")
    assert "Short reviews, two classes." in text
    assert "| negative | 2 | 1 | 1 |" in text
    assert "| gold | files | CC BY 4.0 | 2 |" in text
    assert "Most restrictive licence: CC BY 4.0" in text
    assert "| collect | 12 | 0 | 11 | 1 |" in text
    assert "- clean, only dropped 2 empty\\_text." in text
    assert "Augmented rows: 1" in text


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ([], "Personal data and secrets were not looked for."),
        ([{"step": "pii", "notes": {"not_looked_for": ["name", "address"]}}], "not looked for: name, address"),
        ([{"step": "pii", "notes": {"not_looked_for": []}}], "other forms than those known stay."),
    ],
)
def test_the_card_says_what_was_not_looked_for(steps, said):
    report = {"expectations": [], "dataset": {"not_exported": {}}}
    assert said in " ".join(limits(report, {"clean": {"steps": steps}}))


def test_jsonl_holds_the_task_form(dataset):
    lines = (dataset / "jsonl" / "validation.jsonl").read_text("utf-8").splitlines()
    assert json.loads(lines[1]) == {"id": "zh3", "label": "negative", "lang": "zh", "text": "服务态度很差。"}


def test_checksums_cover_every_file(dataset):
    lines = dict(line.split("  ")[::-1] for line in (dataset / "checksums.txt").read_text("utf-8").splitlines())
    files = {p.relative_to(dataset).as_posix() for p in dataset.rglob("*") if p.is_file()} - {"checksums.txt"}
    assert set(lines) == files
    for name, digest in lines.items():
        assert hashlib.sha256((dataset / name).read_bytes()).hexdigest() == digest


def test_croissant_describes_every_file_and_column(dataset):
    value = read_json(dataset / "croissant.json")
    assert value["@type"] == "sc:Dataset"
    assert value["license"] == "cc-by-4.0"
    for file in value["distribution"]:
        assert hashlib.sha256((dataset / file["contentUrl"]).read_bytes()).hexdigest() == file["sha256"]
    files = {file["@id"]: file["contentUrl"] for file in value["distribution"]}
    for record_set in value["recordSet"]:
        for field in record_set["field"]:
            source = field["source"]
            columns = pq.read_schema(dataset / files[source["fileObject"]["@id"]]).names
            assert source["extract"]["column"] in columns
            assert field["dataType"] == ("sc:Float" if field["name"] == "label_confidence" else "sc:Text")
        assert len(record_set["field"]) == len(columns)
    prefixes = {key for key in value["@context"] if not key.startswith("@")}
    used = {match for match in re.findall(r'"@type": "(\w+):', json.dumps(value))}
    assert used <= prefixes


def test_croissant_nests_messages(project):
    folder = project.write(sound_chats(), SUITE, CHAT).validate() / "dataset"
    fields = {field["name"]: field for field in read_json(folder / "croissant.json")["recordSet"][0]["field"]}
    assert fields["messages"]["repeated"] is True
    assert [part["name"] for part in fields["messages"]["subField"]] == ["role", "content"]


def test_a_multi_label_column_stays_a_list(project):
    from tests.validate.conftest import SENTIMENT

    task = SENTIMENT.model_copy(update={"multi_label": True})
    records = [review("a", "Good and bad", ["negative", "positive"]), review("b", "无", [], "test")]
    folder = project.write(records, SUITE, task).validate() / "dataset"
    assert pq.read_table(folder / "data/test-00000-of-00001.parquet").column("label").to_pylist() == [[]]
    assert pq.read_table(folder / "data/train-00000-of-00001.parquet")["label"].to_pylist()[0][0] == "negative"


@pytest.mark.parametrize(
    ("written", "known"),
    [
        ("CC BY 4.0", "cc-by-4.0"),
        ("Apache-2.0", "apache-2.0"),
        ("MIT License", "mit"),
        ("Apache-2.0 (simulated votes)", "apache-2.0"),
        ("BSD", "bsd"),
        ("内部使用", "other"),
        ("", "other"),
    ],
)
def test_hub_id(written, known):
    assert hub_id(written) == known


def test_an_unknown_licence_binds_most():
    assert most_restrictive(["MIT", "CC BY-SA 4.0", "Apache-2.0"]) == "CC BY-SA 4.0"
    assert most_restrictive(["internal use only", "CC BY-NC-ND 4.0"]) == "internal use only"


def test_markup_in_names_is_inert_in_the_card():
    assert plain("<script>x</script> | a_b\n# [c]") == "&lt;script&gt;x&lt;/script&gt; \\| a\\_b \\# \\[c\\]"


def test_the_data_statement_says_what_is_known_and_what_is_not(dataset):
    text = (dataset / "DATA_STATEMENT.md").read_text("utf-8")
    assert "| reviews | files | MIT | 7 |" in text
    assert "Binding licence: CC BY 4.0." in text
    assert "agreement is unknown" in text
    assert "| consistency | 1.000 |" in text
    assert "who wrote the texts" in text


def test_language_models_that_wrote_targets_stand_among_the_licences_and_bind(project):
    rows = sound_reviews()
    rows[0] = replace(rows[0], labels_by=Decision("model:big"))
    reports = reports_for(len(rows))
    about = {"big": {"model": "qwen3-32b", "licence": "CC BY-NC 4.0"}, "unused": {"model": "x", "licence": "none"}}
    reports["label"]["notes"] = {"writers": about}
    out = project.write(rows, SUITE, reports=reports).validate() / "dataset"
    card = (out / "README.md").read_text("utf-8")
    assert "| model:big (qwen3-32b) | language model | CC BY-NC 4.0 | 1 |" in card
    assert "unused" not in card
    assert metadata(out)["license"] == "cc-by-nc-4.0"
    assert "CC BY-NC 4.0" in (out / "DATA_STATEMENT.md").read_text("utf-8")
    about["big"]["licence"] = ""
    out = project.write(rows, SUITE, reports=reports).validate() / "dataset"
    assert "terms of the model not stated" in (out / "README.md").read_text("utf-8")
