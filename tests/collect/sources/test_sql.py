from __future__ import annotations

import sqlite3

import pytest

from pipeline.core.errors import PipelineError


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


WRITES = [
    "DROP TABLE t",
    "SELECT * FROM t; DROP TABLE t",
    "INSERT INTO t VALUES (1, 'a', 'b')",
    "ATTACH 'data/raw/other.db' AS o",
    "PRAGMA writable_schema = 1",
    "VACUUM INTO 'data/raw/copy.db'",
    "CREATE TABLE u AS SELECT * FROM t",
    "WITH d AS (DELETE FROM t RETURNING *) SELECT * FROM d",
]


@pytest.mark.parametrize("query", WRITES)
def test_sql_that_does_more_than_read_is_refused_and_nothing_happens(project, database, query):
    before = {path.name: path.read_bytes() for path in project.raw.iterdir()}
    with pytest.raises(PipelineError, match=r"collect\.sources\.s\.query (does more than read|holds 2 statements)"):
        project.collect(**database | {"query": query}, fields={"text": "body"})
    assert {path.name: path.read_bytes() for path in project.raw.iterdir()} == before


def test_sql_opens_the_database_for_reading_only(project, database, monkeypatch):
    """What the look at the query would miss, the database refuses."""
    monkeypatch.setattr("pipeline.collect.sources.sql.check_query", lambda *_: None)
    with pytest.raises(PipelineError, match="readonly database"):
        project.collect(**database | {"query": "DELETE FROM t RETURNING *"}, fields={"text": "body"})


def test_sql_from_a_folder_with_signs_in_its_name(project, database):
    path = project.raw / "a b# é" / "t.db"
    path.parent.mkdir()
    (project.raw / "t.db").rename(path)
    database["url"] = "sqlite:///data/raw/a b%23 %C3%A9/t.db"
    assert len(project.collect(**database, fields={"text": "body"}, target="label", key="id").rows) == 2


def test_sql_says_when_it_was_read_and_how_to_read_again(project, database, caplog):
    caplog.set_level("INFO", "pipeline")
    found = project.collect(**database, fields={"text": "body"}, key="id")
    assert found.report["notes"]["sources"]["s"]["read_at"].endswith("+00:00")
    assert "dvc repro -f collect" in caplog.text
