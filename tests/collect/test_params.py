from __future__ import annotations

import pytest

from pipeline.collect.params import Params
from pipeline.core.errors import PipelineError
from pipeline.core.settings import parse

ROWS = [("it works", "positive", "1"), ("不好用", "negative", "0.6"), ("it works", "positive", "0.5"), ("meh", "", "")]


def csv(rows=ROWS, header="text,label,sure"):
    return "\n".join([header, *(",".join(row) for row in rows)]) + "\n"


@pytest.mark.parametrize(
    ("source", "message", "hint"),
    [
        ({"kind": "fils"}, "collect.sources.s.kind: unknown name 'fils'", "Did you mean 'files'?"),
        (
            {"target": "lable"},
            "collect.sources.s.target: no column 'lable' in a.csv",
            "Did you mean 'label'? Its columns",
        ),
        ({"fields": {"text": "body"}}, "fields.text: no column 'body' in a.csv", "Its columns: label, sure, text"),
        ({"fields": {"txt": "text"}}, "'txt' is no field of the task 'classification'", "Did you mean 'text'?"),
        ({"labels": {"a": "postive"}}, "labels.a: 'postive' is not among task.labels", "Did you mean 'positive'?"),
        ({"target_value": "postive"}, "target_value: 'postive' is not among task.labels", "Did you mean 'positive'?"),
        ({"lang": "fr"}, "'fr' is not in task.languages", "Known: en, zh"),
        ({"lang": None}, "lang is missing: the task has the languages en, zh", "lang: auto"),
        ({"licence": ""}, "licence: String should have at least 2 characters", ""),
        ({"role": "trian"}, "role: Input should be 'train', 'test'", ""),
        ({"targt": "label"}, "targt is not a known setting. Did you mean 'target'?", ""),
        ({"limit": "5"}, "limit: Input should be a valid integer", ""),
        ({"target": "label", "target_value": "positive"}, "both target and target_value are set", ""),
        ({"where": [{"column": "sure", "op": "in", "value": 1}]}, "`in` needs a list", ""),
        ({"where": [{"column": "sur", "op": ">", "value": 1}]}, "where.0.column: no column 'sur'", "'sure'"),
        ({"path": "b.csv"}, "path: no file matches 'b.csv'", "holds: a.csv"),
        ({"path": "nowhere/*.csv"}, "no file matches 'nowhere/*.csv'", "'nowhere' does not exist"),
        ({"encoding": "utf8x"}, "'utf8x' is not an encoding", ""),
        ({"where": [{"column": "sure", "op": ">", "value": 1}]}, "no record came of it. 4 filtered_out", ""),
    ],
)
def test_wrong_settings_are_named(project, source, message, hint):
    project.write("a.csv", csv())
    with pytest.raises(PipelineError) as error:
        project.collect(**{"path": "a.csv", **source})
    assert message in error.value.message
    assert hint in error.value.hint


def test_no_sources_and_odd_names(project):
    with pytest.raises(PipelineError, match="names no source of records"):
        project.collect(sources={"x": {"kind": "crowd", "licence": "MIT", "of": "y", "path": "z"}})
    with pytest.raises(PipelineError, match="kind is missing"):
        project.collect(sources={"x": {"licence": "MIT"}})
    with pytest.raises(PipelineError, match="a source is named 'a b'"):
        parse({"sources": {"a b": {}}}, Params, "collect")
    with pytest.raises(PipelineError, match=r"a source is named 'a/b'.*found .*标签"):
        parse({"sources": {"a/b": {"标签": 1}}}, Params, "collect")
    assert list(parse({"sources": {"工单_2": {}}}, Params, "collect").sources) == ["工单_2"]
