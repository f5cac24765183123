from __future__ import annotations

import pytest

ROWS = [("it works", "positive", "1"), ("不好用", "negative", "0.6"), ("it works", "positive", "0.5"), ("meh", "", "")]


def csv(rows=ROWS, header="text,label,sure"):
    return "\n".join([header, *(",".join(row) for row in rows)]) + "\n"


def test_labels_are_mapped_and_null_drops(project):
    project.write("a.csv", "text,stars\ngood,5\nbad,1\nso so,3\nodd,9\n")
    found = project.collect(path="a.csv", target="stars", labels={"5": "positive", "1": "negative", "3": None})
    assert [row["target"] for row in found.rows] == ["positive", "negative"]
    assert found.reasons() == [("parse", "excluded_label", 4), ("parse", "unknown_label", 5)]
    assert "'9' is not among task.labels" in found.dropped[1]["detail"]
    assert "odd" in found.dropped[1]["detail"]


def test_json_labels_of_other_types_are_mapped(project):
    project.write("a.jsonl", '{"text": "a", "y": 1}\n{"text": "b", "y": false}\n')
    found = project.collect(path="a.jsonl", target="y", labels={"1": "positive", "false": "negative"})
    assert [row["target"] for row in found.rows] == ["positive", "negative"]


def test_several_labels_in_a_cell(project):
    task = {"type": "classification", "labels": ["a", "b"], "languages": ["en"], "multi_label": True}
    project.write("x.csv", "text,y\none,b; a\ntwo,a\n")
    assert [r["target"] for r in project.collect(task, path="x.csv", target="y", target_separator=";").rows] == [
        ["a", "b"],
        ["a"],
    ]


def test_one_target_for_a_whole_file(project):
    project.write("neg.txt", "不好\nbad\n")
    assert [row["target"] for row in project.collect(path="neg.txt", target_value="negative").rows] == ["negative"] * 2


@pytest.mark.parametrize(("policy", "kept", "reasons"), [("unlabelled", 4, []), ("quarantine", 3, ["missing_target"])])
def test_missing_target_follows_the_setting(project, policy, kept, reasons):
    project.write("a.csv", csv())
    found = project.collect(path="a.csv", target="label", missing_target=policy)
    assert len(found.rows) == kept
    assert [row["reason"] for row in found.dropped] == reasons
    assert all(row["target"] or row["labels_by"] is None for row in found.rows)


def test_na_is_a_word_unless_listed(project):
    project.write("a.csv", "text,label\nNA,positive\nx,NA\n")
    assert project.collect(path="a.csv", target="label").texts == ["NA"]
    found = project.collect(path="a.csv", target="label", missing_values=["NA", ""])
    assert [(row["fields"]["text"], row["target"]) for row in found.rows] == [("", "positive"), ("x", None)]


@pytest.mark.parametrize("cell", ["1.5", "-1", "high", "nan"])
def test_bad_confidence_is_quarantined(project, cell):
    project.write("a.csv", f"text,label,sure\na,positive,{cell}\nb,positive,1\n")
    assert project.collect(path="a.csv", target="label", confidence="sure").reasons() == [
        ("parse", "bad_confidence", 2)
    ]


def test_unlabelled_ignores_targets_even_unknown_or_missing_columns(project):
    project.write("a.csv", csv([("x", "whatever", "1")]))
    for target in ("label", "absent"):
        row = project.collect(path="a.csv", target=target, role="unlabelled").rows[0]
        assert (row["target"], row["labels_by"]) == (None, None)


def test_a_test_row_without_answer_is_quarantined(project):
    project.write("a.csv", csv())
    assert project.collect(path="a.csv", target="label", role="test").reasons() == [("parse", "missing_target", 5)]


def test_nan_in_json_is_a_missing_text_or_a_missing_label(project):
    project.write("a.json", '[{"text": "good"}, {"text": NaN, "y": "positive"}, {"text": "好", "y": NaN}]')
    found = project.collect(path="a.json", target="y")
    assert [(row["fields"]["text"], row["target"]) for row in found.rows] == [("good", None), ("好", None)]
    assert found.reasons() == [("parse", "missing_text_column", 2)]


def test_label_ids_and_keys_of_columns_with_gaps_are_whole_numbers(project):
    """pandas writes 1 as 1.0 where a column has gaps, in CSV as in Parquet."""
    project.write("a.csv", "text,y\ngood,1.0\n不好,2.0\nmeh,\nodd,1.5\n")
    named = {"target": "y", "labels": {"1": "positive", "2": "negative"}}
    found = project.collect(path="a.csv", **named)
    assert [row["target"] for row in found.rows] == ["positive", "negative", None]
    assert found.reasons() == [("parse", "unknown_label", 5)]
    project.write("b.jsonl", '{"id": 7.0, "text": "good"}\n{"id": 8.5, "text": "不好"}\n')
    project.write("v.csv", "worker,item,label\nw,7,positive\nw,8.5,negative\n")
    records = {"kind": "files", "role": "train", "licence": "MIT", "lang": "en", "path": "b.jsonl", "key": "id"}
    votes = {"kind": "crowd", "of": "r", "licence": "MIT", "path": "v.csv"}
    assert [len(row["votes"]) for row in project.collect(sources={"r": records, "v": votes}).rows] == [1, 1]
