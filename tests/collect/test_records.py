"""Rows to records: ids, targets, languages, trust, conservation, determinism."""

from __future__ import annotations

import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.collect.conditions import holds
from pipeline.collect.params import Condition, Params
from pipeline.core.errors import PipelineError
from pipeline.core.settings import parse
from tests import chats
from tests.collect.conftest import CHAT

ROWS = [("it works", "positive", "1"), ("不好用", "negative", "0.6"), ("it works", "positive", "0.5"), ("meh", "", "")]


def csv(rows=ROWS, header="text,label,sure"):
    return "\n".join([header, *(",".join(row) for row in rows)]) + "\n"


def test_rows_become_records(project):
    project.write("sub/a.csv", csv())
    found = project.collect(path="sub/*.csv", target="label", confidence="sure", group="text")
    first, second, *_ = found.rows
    assert first["fields"] == {"text": "it works"}
    assert (second["target"], second["labels_by"]) == ("negative", {"who": "source:s", "confidence": 0.6})
    assert first["source"] == {
        "name": "s",
        "kind": "files",
        "locator": "sub/a.csv",
        "row": 2,
        "licence": "CC0-1.0",
        "role": "train",
        "trusted": False,
    }
    assert (first["group"], first["split"], first["lang"]) == ("s:it works", None, "en")
    assert found.report["kept_by"]["source"] == {"s": 4}


# ------------------------------------------------------------------ ids


def test_ids_do_not_depend_on_row_order_or_label(project):
    project.write("a.csv", csv())
    ids = {row["id"] for row in project.collect(path="a.csv", target="label").rows}
    shuffled = [(text, "negative", sure) for text, _, sure in ROWS]
    random.Random(1).shuffle(shuffled)
    project.write("a.csv", csv(shuffled))
    assert {row["id"] for row in project.collect(path="a.csv", target="label").rows} == ids
    assert len(ids) == 4


def test_a_row_that_is_dropped_for_its_label_does_not_move_the_ids_of_equal_texts(project):
    project.write("a.csv", csv())
    before = [row["id"] for row in project.collect(path="a.csv", target="label").rows]
    project.write("a.csv", csv([("it works", "wrong", "1"), *ROWS[1:]]))
    found = project.collect(path="a.csv", target="label")
    assert [row["id"] for row in found.rows] == before[1:]
    assert found.dropped[0]["id"] == before[0]


def test_chat_ids_do_not_depend_on_the_reply(project):
    def chat(reply):
        return json.dumps({"messages": [{"role": "user", "content": "你好"}, {"role": "assistant", "content": reply}]})

    ids = []
    for reply in ("好", "嗨"):
        project.write("a.jsonl", chat(reply))
        row = project.collect(CHAT, path="a.jsonl", format="messages", lang="zh").rows[0]
        assert row["target"] == chats.reply(reply)
        ids.append(row["id"])
    assert ids[0] == ids[1]


def test_native_keys_make_ids(project):
    project.write("a.csv", "id,text\nk1,one\nk2,two\n")
    before = project.collect(path="a.csv", key="id").rows
    project.write("a.csv", "id,text\nk2,二\nk1,one\n")
    after = project.collect(path="a.csv", key="id").rows
    assert {row["id"] for row in after} == {row["id"] for row in before}


def test_missing_and_repeated_keys_are_quarantined(project):
    project.write("a.csv", "id,text\nk1,one\n,two\nk1,three\n")
    found = project.collect(path="a.csv", key="id")
    assert found.reasons() == [("parse", "missing_key", 3), ("parse", "repeated_key", 4)]
    assert found.dropped[1]["other_id"] == found.rows[0]["id"]


def test_a_dropped_row_does_not_take_its_key(project):
    rows = "k1,one,no,positive\nk1,two,yes,wrong\nk1,三,yes,positive\nk1,four,yes,positive\n"
    project.write("a.csv", f"id,text,use,label\n{rows}")
    where = [{"column": "use", "op": "==", "value": "yes"}]
    found = project.collect(path="a.csv", key="id", target="label", where=where)
    assert found.texts == ["三"]
    assert found.reasons() == [
        ("select", "filtered_out", 2),
        ("parse", "unknown_label", 3),
        ("parse", "repeated_key", 5),
    ]


def test_key_row_needs_one_file(project):
    project.write("a.csv", "text\none\n")
    assert len(project.collect(path="*.csv", key="row").rows) == 1
    project.write("b.csv", "text\ntwo\n")
    with pytest.raises(PipelineError, match="'row' needs a source of one file"):
        project.collect(path="*.csv", key="row")


# ------------------------------------------------------------------ targets


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


# ------------------------------------------------------------------ roles, conditions, sample


@pytest.mark.parametrize(
    ("role", "split", "target"),
    [("train", None, "positive"), ("test", "test", "positive"), ("benchmark", "benchmark", "positive")],
)
def test_roles_preset_the_split(project, role, split, target):
    project.write("a.csv", csv())
    row = project.collect(path="a.csv", target="label", role=role).rows[0]
    assert (row["split"], row["target"], row["source"]["role"]) == (split, target, role)


def test_unlabelled_ignores_targets_even_unknown_or_missing_columns(project):
    project.write("a.csv", csv([("x", "whatever", "1")]))
    for target in ("label", "absent"):
        row = project.collect(path="a.csv", target=target, role="unlabelled").rows[0]
        assert (row["target"], row["labels_by"]) == (None, None)


def test_a_test_row_without_answer_is_quarantined(project):
    project.write("a.csv", csv())
    assert project.collect(path="a.csv", target="label", role="test").reasons() == [("parse", "missing_target", 5)]


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


# ------------------------------------------------------------------ language, unicode


def test_languages_from_text_and_column(project):
    project.write("a.csv", "text,l\nThis is a plain English sentence.,en-GB\n这是一个中文句子。,zh_CN\nBonjour,fr\n")
    assert [row["lang"] for row in project.collect(path="a.csv", lang="auto").rows][:2] == ["en", "zh"]
    found = project.collect(path="a.csv", lang_column="l")
    assert [row["lang"] for row in found.rows] == ["en", "zh"]
    assert found.reasons() == [("parse", "unknown_language", 4)]


def test_half_a_surrogate_pair_is_quarantined(project):
    project.write("a.jsonl", '{"text": "\\ud83d"}\n{"text": "\\ud83d\\ude00"}\n')
    found = project.collect(path="a.jsonl")
    assert found.texts == ["😀"]
    assert found.reasons() == [("parse", "broken_unicode", 1)]


def test_half_a_surrogate_pair_in_what_is_dropped_is_spelt_out(project):
    rows = [{"text": "a", "n": "x", "y": "\ud83d"}, {"text": "b", "n": "x"}, {"text": "c", "n": "\ud83d"}]
    project.write("a.jsonl", "\n".join(map(json.dumps, rows)))
    where = [{"column": "n", "op": "==", "value": "x"}]
    found = project.collect(path="a.jsonl", target="y", where=where)
    assert found.texts == ["b"]
    assert found.reasons() == [("select", "filtered_out", 3), ("parse", "unknown_label", 1)]
    assert all("\\ud83d" in row["detail"] for row in found.dropped)


def test_rows_without_the_text_are_quarantined_with_their_content(project):
    project.write("a.jsonl", '{"text": null, "n": 1}\n{"text": "ok"}\n{"n": 2}\n')
    found = project.collect(path="a.jsonl")
    assert found.reasons() == [("parse", "missing_text_column", 1), ("parse", "missing_text_column", 3)]
    assert '"n": 2' in found.dropped[1]["detail"]


def test_chat_with_an_unknown_role_is_quarantined(project):
    good = {"conversations": [{"from": "human", "value": "hi"}, {"from": "gpt", "value": "hello"}]}
    bad = {"conversations": [{"from": "narrator", "value": "hi"}, {"from": "gpt", "value": "hello"}]}
    project.write("a.jsonl", json.dumps(good) + "\n" + json.dumps(bad))
    found = project.collect(CHAT, path="a.jsonl", format="sharegpt")
    assert found.reasons() == [("parse", "unknown_role", 2)]
    assert found.rows[0]["fields"]["messages"] == chats.turns([("user", "hi")])


# ------------------------------------------------------------------ the whole stage


def test_two_runs_give_equal_bytes(project):
    project.write("a.csv", csv([*ROWS, ("x", "wrong", "")]))
    first, second = (project.collect(path="a.csv", target="label", limit=2) for _ in range(2))
    for name in ("records.parquet", "dropped.parquet", "report.json", "metrics.json"):
        assert (first.out / name).read_bytes() == (second.out / name).read_bytes()


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


# ------------------------------------------------------------------ settings that are wrong


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


@pytest.mark.parametrize("content", ["", "text,label\n", "\n\n"])
def test_a_source_without_rows_stops(project, content):
    project.write("a.csv", content)
    with pytest.raises(PipelineError, match=r"no record came of it\. It has no rows"):
        project.collect(path="a.csv")


def test_no_sources_and_odd_names(project):
    with pytest.raises(PipelineError, match="names no source of records"):
        project.collect(sources={"x": {"kind": "crowd", "licence": "MIT", "of": "y", "path": "z"}})
    with pytest.raises(PipelineError, match="kind is missing"):
        project.collect(sources={"x": {"licence": "MIT"}})
    with pytest.raises(PipelineError, match="a source is named 'a b'"):
        parse({"sources": {"a b": {}}}, Params, "collect")


def test_a_key_with_two_answers_is_a_conflict_whatever_the_order(project):
    rows = ["k1,one,positive", "k1,one,negative", "k2,two,positive", "k2,two,positive", "k3,三,positive"]
    for order in (rows, rows[::-1]):
        project.write("a.csv", "\n".join(["id,text,label", *order]) + "\n")
        found = project.collect(path="a.csv", key="id", target="label")
        assert sorted(found.texts) == ["two", "三"]
        assert sorted(reason for _, reason, _ in found.reasons()) == ["conflicting_key"] * 2 + ["repeated_key"]


def test_dev_sources_go_to_dev(project):
    project.write("a.csv", "text,label\none,positive\n")
    assert [row["split"] for row in project.collect(path="a.csv", target="label", role="dev").rows] == ["dev"]


@pytest.mark.parametrize(("count", "format", "warns"), [(20, None, True), (19, None, False), (20, "lines", True)])
def test_many_text_files_read_line_by_line_warn(project, caplog, count, format, warns):
    for n in range(count):
        project.write(f"mails/{n:02}.txt", "Hello\nworld\n")
    more = {"format": format} if format else {}
    assert len(project.collect(path="mails/*.txt", **more).rows) == 2 * count
    assert ("each line of them becomes a record" in caplog.text) is warns
