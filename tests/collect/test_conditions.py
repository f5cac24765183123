from __future__ import annotations

import pytest

from pipeline.collect.conditions import holds
from pipeline.collect.params import Condition
from pipeline.core.settings import parse

ROWS = [("it works", "positive", "1"), ("不好用", "negative", "0.6"), ("it works", "positive", "0.5"), ("meh", "", "")]


def csv(rows=ROWS, header="text,label,sure"):
    return "\n".join([header, *(",".join(row) for row in rows)]) + "\n"


def test_where_and_trusted_when(project):
    project.write("a.csv", csv())
    sure = {"column": "sure", "op": ">=", "value": 0.6}
    found = project.collect(path="a.csv", target="label", where=[sure], trusted_when=[sure | {"value": 1}])
    assert [row["source"]["trusted"] for row in found.rows] == [True, False]
    assert found.reasons() == [("select", "filtered_out", 4), ("select", "filtered_out", 5)]
    assert found.dropped[0]["detail"] == "sure is '0.5', wanted >= 0.6"


@pytest.mark.parametrize(
    ("op", "value", "cell", "expected"),
    [
        ("==", 1, "1.0", True),
        ("==", "1", "1.0", False),
        (">=", 0.5, "", False),
        ("<", 3, None, False),
        ("<", 3, 2, True),
        ("!=", "x", None, True),
        ("in", ["en", "zh"], "zh", True),
        ("in", [1, 2], "2", True),
        ("not in", ["a"], None, True),
        ("==", True, True, True),
        (">", 1, "many", False),
    ],
)
def test_conditions(op, value, cell, expected):
    condition = parse({"column": "c", "op": op, "value": value}, Condition, "here")
    assert holds(condition, {"c": cell}) is expected
