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
