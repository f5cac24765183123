from __future__ import annotations

import json
import random

import pytest

from pipeline.core.errors import PipelineError
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
        "key": None,
    }
    assert (first["group"], first["split"], first["lang"]) == ("s:it works", None, "en")
    assert found.report["kept_by"]["source"] == {"s": 4}


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


def test_key_row_needs_one_file(project):
    project.write("a.csv", "text\none\n")
    assert len(project.collect(path="*.csv", key="row").rows) == 1
    project.write("b.csv", "text\ntwo\n")
    with pytest.raises(PipelineError, match="'row' needs a source of one file"):
        project.collect(path="*.csv", key="row")


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


def test_other_columns_are_kept_as_meta_and_hashed_where_personal(project):
    lines = [
        {"text": "it works", "label": "positive", "sku": 7, "by": "anna@example.org", "tags": ["a", "好"]},
        {"text": "不好用", "label": "negative", "sku": None, "by": "anna@example.org", "tags": ""},
    ]
    project.write("a.jsonl", "\n".join(json.dumps(line, ensure_ascii=False) for line in lines))
    about = {"product": "sku", "author": "by", "tags": "tags"}
    first, second = project.collect(path="a.jsonl", target="label", meta=about, hash_meta=["author"]).rows
    assert (dict(first["meta"])["product"], dict(first["meta"])["tags"]) == ("7", '["a", "好"]')
    assert dict(second["meta"]) == {"author": dict(first["meta"])["author"]}, "the same hash, and nothing for nothing"
    assert "anna" not in str(first["meta"])


def test_a_list_of_columns_keeps_their_names(project):
    project.write("a.csv", "text,label,sku,日期\nit works,positive,7,2024\n")
    (row,) = project.collect(path="a.csv", target="label", meta=["sku", "日期"]).rows
    assert dict(row["meta"]) == {"sku": "7", "日期": "2024"}


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"meta": {"product": "skuu"}}, "meta.product: no column 'skuu'"),
        ({"meta": {"a b": "label"}}, "a meta is named 'a b'"),
        ({"meta": [{"sku": "label"}]}, "meta: Input should be an object"),
        ({"hash_meta": ["author"]}, "hash_meta names 'author'"),
    ],
)
def test_meta_that_is_not_there_is_explained(project, more, message):
    project.write("a.csv", csv())
    with pytest.raises(PipelineError, match=message):
        project.collect(path="a.csv", target="label", **more)
