"""Every kind of source, on the real tool with tiny data."""

from __future__ import annotations

import hashlib
import json
import logging
import sqlite3
from pathlib import Path

import pytest

from pipeline.collect.sources import KINDS
from pipeline.collect.sources.url import portable_address
from pipeline.core.errors import PipelineError
from pipeline.core.registry import pick
from pipeline.core.settings import parse, read_params
from tests.core.test_packages import make_wheel, zipped

TEXTS = "text,label\ngood,positive\n不好,negative\n"


def test_every_kind_is_documented():
    documented = Path("docs/sources.md").read_text("utf-8")
    assert [name for name in KINDS if f"kind: {name}" not in documented] == []


@pytest.mark.parametrize("path", ["params.yaml", "pipeline/commands/templates/chat.yaml"])
def test_the_projects_own_sources_are_valid(path):
    sources = read_params(Path(path))["collect"]["sources"]
    assert sources
    for name, values in sources.items():
        assert parse(values, pick(KINDS, values["kind"], name).settings, name).kind == values["kind"]


# ------------------------------------------------------------------ files


def test_files_in_name_order_with_portable_locators(project):
    for name in ("b/2.csv", "a.csv", "b/1.csv", ".hidden.csv"):
        project.write(name, f"text\n{name}\n")
    project.write("a.csv.dvc", "outs: []")
    found = project.collect(path="**/*.csv")
    assert [row["source"]["locator"] for row in found.rows] == ["a.csv", "b/1.csv", "b/2.csv"]


def test_files_that_are_links_out_of_raw_are_named_by_the_link(project):
    kept = project.folder / "cache" / "0123"
    kept.parent.mkdir()
    kept.write_text("text\none\n", "utf-8")
    project.write("b/x.csv", "text\ntwo\n")
    (project.raw / "a.csv").symlink_to(kept)
    found = project.collect(path="**/*.csv")
    assert [row["source"]["locator"] for row in found.rows] == ["a.csv", "b/x.csv"]


@pytest.mark.parametrize("path", ["data/raw/a.csv", "a.csv", "./a.csv"])
def test_files_path_may_begin_at_the_project_or_at_raw(project, path):
    project.write("a.csv", TEXTS)
    assert project.collect(path=path).rows[0]["source"]["locator"] == "a.csv"


@pytest.mark.parametrize("relative", [True, False])
def test_files_outside_raw_warn_that_dvc_does_not_watch(project, caplog, relative, monkeypatch):
    inner = project.folder / "inner"
    (inner / "data" / "raw").mkdir(parents=True)
    outside = project.folder / "corpus"
    outside.mkdir()
    (outside / "a.csv").write_text(TEXTS, "utf-8")
    monkeypatch.chdir(inner)
    project.folder = inner
    caplog.set_level(logging.WARNING, "pipeline")
    row = project.collect(path="../corpus/*.csv" if relative else str(outside / "a.csv")).rows[0]
    assert row["source"]["locator"] == "corpus/a.csv"
    assert "DVC does not see it change" in caplog.text


def test_files_that_dvc_has_but_not_here(project):
    project.write("a.csv.dvc", "outs: []")
    with pytest.raises(PipelineError, match=r"no file matches 'a\.csv'") as error:
        project.collect(path="a.csv")
    assert "dvc pull" in error.value.hint


# ------------------------------------------------------------------ pypi


def test_pypi_reads_members_and_zips_in_wheels(project, monkeypatch):
    index = project.folder / "index"
    sha256 = make_wheel(index, {"t/a.csv": TEXTS, "t/b.zip": zipped({"b.tsv": "text\tn\n二\t1\n"})})
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index))
    package = {"kind": "pypi", "package": "tiny-data==1.0.0", "sha256": sha256}
    found = project.collect(members="t/a.csv", target="label", **package)
    assert found.rows[0]["source"]["locator"] == "tiny-data==1.0.0/t/a.csv"
    inner = project.collect(members="t/b.zip!b.tsv", **package).rows[0]
    assert (inner["fields"]["text"], inner["source"]["locator"]) == ("二", "tiny-data==1.0.0/t/b.zip!b.tsv")
    with pytest.raises(PipelineError, match=r"params.yaml: collect.sources.s: .* has sha256"):
        project.collect(members="t/a.csv", **package | {"sha256": "0" * 64})
    with pytest.raises(PipelineError, match="sha256: String should match pattern"):
        project.collect(members="t/a.csv", **package | {"sha256": "abc"})


# ------------------------------------------------------------------ hub


def test_hub_local_folder_with_class_names(project):
    import datasets

    features = datasets.Features(
        {"text": datasets.Value("string"), "label": datasets.ClassLabel(names=["negative", "positive"])}
    )
    rows = {"text": ["good", "不好", "?"], "label": [1, 0, -1]}
    folder = project.raw / "ds"
    datasets.Dataset.from_dict(rows, features=features).to_parquet(str(folder / "train.parquet"))
    found = project.collect(kind="hub", path="./data/raw/ds", splits=["train"], target="label")
    assert [(row["fields"]["text"], row["target"]) for row in found.rows] == [
        ("good", "positive"),
        ("不好", "negative"),
        ("?", None),
    ]
    assert found.rows[1]["source"]["locator"] == "hub:ds/train"
    assert found.rows[1]["source"]["row"] == 2
    with pytest.raises(PipelineError, match=r"\(nosplit\) cannot be loaded"):
        project.collect(kind="hub", path="./data/raw/ds", splits=["nosplit"])


def test_hub_needs_a_revision_and_a_place(project):
    with pytest.raises(PipelineError, match="set revision"):
        project.collect(kind="hub", path="org/name", splits=["train"])
    with pytest.raises(PipelineError, match=r"s\.path: no folder '\./absent'"):
        project.collect(kind="hub", path="./absent", splits=["train"])


def test_hub_out_of_reach(project, monkeypatch):
    import datasets
    import huggingface_hub.constants

    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(PipelineError, match=r"org/name \(train\) cannot be loaded") as error:
        project.collect(kind="hub", path="org/name", revision="1", splits=["train"])
    assert "local copy" in error.value.hint


# ------------------------------------------------------------------ sql


@pytest.fixture
def database(project):
    with sqlite3.connect(project.raw / "t.db") as connection:
        connection.execute("CREATE TABLE t (id INTEGER, body TEXT, label TEXT)")
        connection.executemany("INSERT INTO t VALUES (?, ?, ?)", [(7, "good", "positive"), (8, "不好", None)])
    connection.close()
    return {"kind": "sql", "url": "sqlite:///data/raw/t.db", "query": "SELECT * FROM t ORDER BY id"}


def test_sql_rows(project, database):
    found = project.collect(**database, fields={"text": "body"}, target="label", key="id")
    assert [(row["fields"]["text"], row["target"]) for row in found.rows] == [("good", "positive"), ("不好", None)]
    assert found.rows[1]["source"]["locator"] == "sqlite:t.db"


def test_sql_address_from_the_environment(project, database, monkeypatch):
    monkeypatch.setenv("T_DB", database.pop("url"))
    assert len(project.collect(**database, url_env="T_DB", fields={"text": "body"}).rows) == 2
    with pytest.raises(PipelineError, match="the variable ABSENT_DB is not set"):
        project.collect(**database, url_env="ABSENT_DB")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"query": "SELECT * FROM absent"}, "no such table: absent"),
        ({"url": "sqlite:///data/raw/absent.db"}, "no database file 'data/raw/absent.db'"),
        ({"url": "postgresql://me:secret@db/x"}, "url holds a password"),
        ({"url": "not an address secret"}, "the database address cannot be understood"),
        ({"url": "nodb://me@db/x"}, "no driver for nodb"),
        ({"fields": {"text": "boddy"}}, "no column 'boddy' in sqlite:t.db"),
        ({"url_env": "X"}, "set one of url and url_env"),
    ],
)
def test_sql_errors_show_no_secret(project, database, change, message):
    with pytest.raises(PipelineError, match=message) as error:
        project.collect(**database | change)
    assert "secret" not in str(error.value)


def test_sql_password_from_the_environment_is_never_shown(project, database, monkeypatch):
    monkeypatch.setenv("T_DB", "postgresql+absent://me:s3cret@db/x")
    del database["url"]
    with pytest.raises(PipelineError) as error:
        project.collect(**database, url_env="T_DB")
    assert "s3cret" not in str(error.value)


# ------------------------------------------------------------------ url


def test_url_file_pinned_and_cached(project):
    path = project.write("x/a.csv", TEXTS)
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    source = {"kind": "url", "url": path.as_uri(), "sha256": sha256}
    assert project.collect(**source).rows[0]["source"]["locator"] == "file:a.csv"
    path.unlink()
    assert len(project.collect(**source).rows) == 2


def test_url_that_changed_or_is_gone(project, caplog):
    path = project.write("x/a.csv", TEXTS)
    with pytest.raises(PipelineError, match=f"file:a.csv has sha256 [0-9a-f]+, expected {'0' * 64}"):
        project.collect(kind="url", url=path.as_uri(), sha256="0" * 64)
    caplog.set_level(logging.WARNING, "pipeline")
    project.collect(kind="url", url=path.as_uri())
    assert f"pin it with sha256: {hashlib.sha256(path.read_bytes()).hexdigest()}" in caplog.text
    path.unlink()
    with pytest.raises(PipelineError, match=r"file:a\.csv cannot be fetched: FileNotFoundError"):
        project.collect(kind="url", url=path.as_uri())
    with pytest.raises(PipelineError, match="cannot be fetched: ValueError: Protocol not known"):
        project.collect(kind="url", url="nostore://x/a.csv")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://me:secret@host:8/a/b.csv?sig=secret#x", "https://host:8/a/b.csv"),
        ("s3://bucket/a.csv", "s3://bucket/a.csv"),
        ("file:///home/me/a.csv", "file:a.csv"),
        ("/home/me/a.csv", "file:a.csv"),
        ("zip://d/a.csv::https://me:secret@host/x.zip?sig=secret", "zip://d/a.csv::https://host/x.zip"),
        ("simplecache::https://me:secret@host/a.csv", "simplecache::https://host/a.csv"),
        ("zip://a.csv::simplecache::https://me:secret@host/x.zip", "zip://a.csv::simplecache::https://host/x.zip"),
        ("zip://a.csv::/home/me/x.zip", "zip://a.csv::file:x.zip"),
        ("https://me:se::cret@host/a.csv", "https://host/a.csv"),
    ],
)
def test_url_locator_has_no_secret_and_no_local_folder(url, expected):
    assert portable_address(url) == expected


def test_url_error_on_a_chained_address_shows_no_secret(project):
    with pytest.raises(PipelineError, match="cannot be fetched") as caught:
        project.collect(kind="url", format="csv", url="zip://a.csv::nostore://me:secret@host/x.zip")
    assert "secret" not in str(caught.value)


@pytest.mark.slow
def test_url_from_s3(project, monkeypatch):
    import boto3
    from moto.server import ThreadedMotoServer

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        endpoint = f"http://{host}:{port}"
        client = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1")
        client.create_bucket(Bucket="texts")
        client.put_object(Bucket="texts", Key="a.jsonl", Body=json.dumps({"text": "好"}).encode())
        found = project.collect(kind="url", url="s3://texts/a.jsonl", options={"endpoint_url": endpoint})
        assert found.texts == ["好"]
        assert found.rows[0]["source"]["locator"] == "s3://texts/a.jsonl"
    finally:
        server.stop()
