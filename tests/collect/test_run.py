from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.errors import PipelineError
from tests.conftest import written

ROWS = [("it works", "positive", "1"), ("不好用", "negative", "0.6"), ("it works", "positive", "0.5"), ("meh", "", "")]


def csv(rows=ROWS, header="text,label,sure"):
    return "\n".join([header, *(",".join(row) for row in rows)]) + "\n"


def test_limit_keeps_a_stable_sample(project):
    rows = [(f"text {n}", "positive", "1") for n in range(200)]
    project.write("a.csv", csv(rows))
    small = set(project.collect(path="a.csv", limit=50).texts)
    assert len(small) == 50
    project.write("a.csv", csv([*rows, *((f"new {n}", "positive", "1") for n in range(10))]))
    found = project.collect(path="a.csv", limit=50)
    assert len(small - set(found.texts)) <= 10
    assert {row["reason"] for row in found.dropped} == {"over_limit"}
    assert set(project.collect(path="a.csv", limit=50, seed=1).texts) != set(found.texts)


def test_two_runs_give_equal_bytes(project):
    project.write("a.csv", csv([*ROWS, ("x", "wrong", "")]))
    first, second = (project.collect(path="a.csv", target="label", limit=2) for _ in range(2))
    for name in ("records.parquet", "dropped.parquet", "report.json", "metrics.json"):
        assert written(first.out / name) == written(second.out / name)


@given(st.lists(st.binary(max_size=12), max_size=30))
def test_every_line_of_any_bytes_is_kept_or_quarantined(tmp_path_factory, lines):
    from pipeline.collect.formats import read_file
    from pipeline.collect.params import FileOptions

    lines = [line.replace(b"\n", b"") for line in lines]
    path = tmp_path_factory.mktemp("any") / "a.txt"
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    rows = list(read_file(path, FileOptions(), "a.txt", "here"))
    expected = [n for n, line in enumerate(lines, 1) if line.decode("utf-8", "surrogateescape").strip()]
    first_mark = bool(lines) and lines[0].removeprefix(b"\xef\xbb\xbf").strip() == b""
    assert [row.number for row in rows] == [n for n in expected if n != 1 or not first_mark]


@pytest.mark.parametrize("content", ["", "text,label\n", "\n\n"])
def test_a_source_without_rows_stops(project, content):
    project.write("a.csv", content)
    with pytest.raises(PipelineError, match=r"no record came of it\. It has no rows"):
        project.collect(path="a.csv")
