"""`import sft`: steps and functions on rows of the user's own, and projects."""

from __future__ import annotations

import doctest
import json
import re
import shutil
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import sft
import sft.functions
import sft.steps
from pipeline.commands.init import start
from pipeline.core.errors import PipelineError
from tests.conftest import ROOT
from tests.modeling.conftest import bert_folder as bert_folder

TASK = {"type": "classification", "labels": ["a", "b"], "languages": ["en", "zh"]}
ROWS = [
    {"id": 7, "text": "质量很好，&amp;满意", "label": "a"},
    {"id": 8, "text": "", "label": "a"},
    {"id": 9, "text": "the same words", "label": "b"},
    {"id": 10, "text": "the same words", "label": "b"},
    {"id": 11, "text": "other words", "label": "c"},
]


@pytest.mark.parametrize("module", [sft, sft.steps, sft.functions])
def test_the_examples_of_the_docstrings(module):
    found = doctest.testmod(module)
    assert found.attempted
    assert not found.failed


def test_the_examples_of_the_page(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    start("classification", tmp_path / "mails")
    examples = re.findall(r"```python\n(.*?)```", (ROOT / "docs/python.md").read_text("utf-8"), re.S)
    assert len(examples) == 3
    for example in examples:
        exec(example, {})


def test_several_steps_come_with_their_settings():
    steps = {"missing": {"fill": [{"what": "text", "constant": "(无)"}]}, "exact_duplicates": None}
    found = sft.step(steps, ROWS[:4], task=TASK, target="label")
    assert [row["text"] for row in found.kept] == ["质量很好，&amp;满意", "(无)", "the same words"]
    assert found == sft.step(list(steps), ROWS[:4], task=TASK, target="label", settings={"missing": steps["missing"]})
    assert sft.step([], ROWS[:1], task=TASK, target="label").kept == ROWS[:1]


@pytest.mark.parametrize(
    ("steps", "settings", "message"),
    [
        (["missing"], {"mising": {}}, "settings for 'mising'"),
        (["missing"], {"target": "drop"}, "settings for 'target'"),
        ({"missing": {"fil": []}}, None, "fil"),
    ],
)
def test_settings_of_no_step_are_refused(steps, settings, message):
    with pytest.raises(PipelineError, match=message):
        sft.step(steps, ROWS, task=TASK, settings=settings)


@pytest.mark.parametrize("kind", ["list", "pandas", "datasets"])
def test_rows_come_back_in_the_form_they_came_in(kind):
    import datasets

    make = {"list": list, "pandas": pd.DataFrame, "datasets": datasets.Dataset.from_list}[kind]
    result = sft.step(["repair_text", "missing", "exact_duplicates"], make(ROWS), task=TASK, target="label")
    assert type(result.kept) is type(make(ROWS))
    kept = result.kept.to_dict("records") if kind == "pandas" else list(result.kept)
    dropped = result.dropped.to_dict("records") if kind == "pandas" else list(result.dropped)
    assert len(kept) == 2
    copy, other = next((row["id"], row["other_row"]) for row in dropped if row["reason"] == "exact_duplicate")
    assert {copy, ROWS[int(other)]["id"]} == {9, 10}
    assert [row["id"] for row in kept] == [7, ROWS[int(other)]["id"]]
    assert kept[0]["text"] == "质量很好，&满意"
    assert {row["id"]: row["reason"] for row in dropped} == {
        8: "empty_text", copy: "exact_duplicate", 11: "unknown_label"
    }  # fmt: skip
    assert [(e.row, e.column, json.loads(e.after)) for e in result.edits] == [(0, "text", "质量很好，&满意")]
    assert len(kept) + len(dropped) == len(ROWS)


@given(st.lists(st.fixed_dictionaries({"text": st.text(max_size=20), "label": st.sampled_from(["a", "b", "c", ""])})))
def test_nothing_is_lost(rows):
    result = sft.step(
        ["repair_text", "missing", "exact_duplicates", "near_duplicates"], rows, task=TASK, target="label"
    )
    assert len(result.kept) + len(result.dropped) == len(rows)


def test_no_rows_and_wrong_names():
    assert sft.step("missing", [], task=TASK).kept == []
    with pytest.raises(PipelineError, match="Did you mean 'missing'"):
        sft.step("mising", ROWS, task=TASK)
    with pytest.raises(PipelineError, match=r"sft.step: near_duplicates.dropp is not a known setting"):
        sft.step("near_duplicates", ROWS, task=TASK, settings={"dropp": 0.5})
    with pytest.raises(PipelineError, match="Rows of type str"):
        sft.step("missing", "text", task=TASK)


def test_near_duplicates_of_both_languages():
    texts = [
        "我的包裹三天了还没有到，请帮我查一下",
        "我的包裹四天了还没有到，请帮我查一下",
        "the parcel",
        "",
        "the parcel",
    ]
    found = sft.near_duplicates(texts, 0.5)
    assert {(one.first, one.second) for one in found} >= {(0, 1), (2, 4)}
    assert sft.near_duplicates([]) == []
    with pytest.raises(PipelineError, match="at_least is 2"):
        sft.near_duplicates(texts, 2)


def test_copies_of_a_benchmark():
    item = "小明有三个苹果，他又买了五个苹果，请问他现在一共有几个苹果？"
    found = sft.contaminated(
        ["请回答下面的问题。" + item, "今天天气很好"], [item, "A short one about nothing at all to see"]
    )
    assert [(one.text, one.item) for one in found] == [(0, 0)]
    assert found[0].share > 0.9
    assert sft.contaminated(["a"], []) == []


def test_planted_label_errors_come_first():
    good = [f"great {thing}, I love it {n}" for n in range(10) for thing in ("phone", "meal", "film", "hotel", "book")]
    bad = [f"awful {thing}, I hate it {n}" for n in range(10) for thing in ("phone", "meal", "film", "hotel", "book")]
    labels = ["pos"] * 50 + ["neg"] * 50
    labels[3], labels[60] = "neg", "pos"
    found = sft.label_errors(good + bad, labels)
    assert {one.row for one in found[:2]} == {3, 60}
    assert found[0].given != found[0].suggested
    with pytest.raises(PipelineError, match="2 texts, 1 labels"):
        sft.label_errors(["a", "b"], ["x"])


def test_a_project_from_python(tmp_path):
    start("classification", tmp_path)
    project = sft.Project(tmp_path)
    assert project.task.labels == ("billing", "delivery", "technical")
    report = project.run("collect")
    assert report["stage"] == "collect"
    assert project.records("collect").num_rows == report["kept"]
    assert set(project.dropped("collect").column("reason").to_pylist()) >= {"unknown_label"}
    masked = project.step("pii", [{"text": "Write to anna@example.org about it, please"}])
    assert "anna@" not in masked.kept[0]["text"]
    with pytest.raises(PipelineError, match="Did you mean 'clean'"):
        project.run("cleann")
    with pytest.raises(PipelineError, match="no such file"):
        sft.Project(tmp_path / "none")


def test_a_step_finds_the_files_of_its_project(tmp_path, bert_folder):
    params = {"task": {"type": "classification"}, "models": {"encoder": {"name": "encoder"}}}
    (tmp_path / "params.yaml").write_text(json.dumps(params), "utf-8")
    shutil.copytree(bert_folder, tmp_path / "encoder")
    rows = [{"text": "a good day"}, {"text": "一部好电影"}]
    found = sft.Project(tmp_path).step("semantic_duplicates", rows)
    assert len(found.kept) + len(found.dropped) == 2
    assert Path.cwd() != tmp_path
