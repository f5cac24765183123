from __future__ import annotations

import pytest
from sqlalchemy import make_url

from pipeline.collect.sources.read_only import check_query, read_only_url
from pipeline.core.errors import PipelineError

READS = [
    "SELECT replace(a, 'x', 'y') FROM t",
    "SELECT 1;",
    "-- first\nSELECT 'a; DROP TABLE t' AS b /* ; */",
    "WITH a AS (SELECT 1) SELECT * FROM a UNION ALL SELECT 2",
    "SELECT date('now') AS d, count(*) OVER (PARTITION BY x) FROM t LIMIT 5 OFFSET 2",
    "SELECT 标签 FROM 评论 WHERE 文本 LIKE '%好%'",
]


@pytest.mark.parametrize("backend", ["sqlite", "postgresql", "mysql", "mssql", "oracle", "duckdb", "somedb"])
@pytest.mark.parametrize("query", READS)
def test_a_query_that_reads_passes(query, backend):
    check_query(query, backend, "here")


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("TRUNCATE TABLE t", "more than read"),
        ("UPDATE t SET a = 1", "more than read: UPDATE"),
        ("SELECT * INTO u FROM t", "more than read: INTO"),
        ("SELECT * FROM t FOR UPDATE", "more than read: LOCK"),
        ("CALL p()", "more than read"),
        ("COPY t TO '/x'", "more than read: COPY"),
        ("", "0 statements"),
        ("SELECT 1; SELECT 2", "2 statements"),
        ("SELECT * FRM t", "line 1, column 14"),
        ("SELECT " + "(" * 5000 + "1" + ")" * 5000, "cannot be read"),
        ("SELECT '", "cannot be read"),
    ],
)
def test_any_other_query_is_refused(query, words):
    with pytest.raises(PipelineError, match=words):
        check_query(query, "postgresql", "here")


def test_only_the_address_of_a_file_changes():
    assert read_only_url(make_url("postgresql://me@host/db")) == make_url("postgresql://me@host/db")
    assert read_only_url(make_url("sqlite:///a.db")).query == {"mode": "ro", "uri": "true"}
