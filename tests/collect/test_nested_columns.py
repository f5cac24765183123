"""Shapes in which people keep data: other delimiters, whole files, mails, sheets, nested columns, tokens and tags."""

import json

import pytest

from pipeline.collect.formats import read_file
from pipeline.collect.nested_columns import with_nested
from pipeline.collect.params import FileOptions
from pipeline.collect.rows import BadRow, Row
from tests.collect.reading import read, values

NER = {"type": "ner", "labels": ["PER", "LOC"], "languages": ["en", "zh"]}
MAIL = """From: Ann <ann@example.org>
Subject: =?utf-8?B?5L2g5aW9?=
Date: Mon, 1 Jan 2024 10:00:00 +0000
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary=b

--b
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

Gr=FC=DFe
--b
Content-Type: text/html; charset=utf-8

<p>no</p>
--b--
"""


@pytest.mark.parametrize(
    "text",
    ["文本;标签\n好，不错;good\n", "sep=;\n文本;标签\n好，不错;good\n", "文本|标签\n好，不错|good\n",
     "文本,标签,,\n好，不错,good,,\n",
     "文本,标签\r好，不错,good\r", "文本\t标签\n好，不错\tgood\n"],
)  # fmt: skip
def test_delimiters_and_line_ends_are_found_out(tmp_path, text):
    assert values(read(tmp_path, "a.csv", text)) == [{"文本": "好，不错", "标签": "good"}]


def test_a_delimiter_inside_quotes_is_none_and_one_may_be_named(tmp_path):
    assert values(read(tmp_path, "a.csv", 'text;n\n"a;b,c";1\n')) == [{"text": "a;b,c", "n": "1"}]
    assert values(read(tmp_path, "b.csv", '"a;b"\nx;y\n')) == [{"a;b": "x;y"}]
    assert values(read(tmp_path, "c.csv", "a:b\n1:2\n", delimiter=":")) == [{"a": "1", "b": "2"}]
    assert values(read(tmp_path, "d.csv", "a,b,\n1,2,3\n")) == ["wrong_cell_count"]


def test_a_dotted_path_leads_into_json_text():
    cell = json.dumps({"body": json.dumps({"en": "Where is it?", "zh": "在哪里？"}), "label": "好"}, ensure_ascii=False)
    row = with_nested(
        Row(1, {"payload": cell, "other": "a.b {"}), ["payload.body.zh", "payload.label", "other.x", "x.y"]
    )
    assert [row.values[name] for name in ("payload.body.zh", "payload.label")] == ["在哪里？", "好"]
    assert (row.values["other.x"], row.values["x.y"], row.values["payload"]) == (None, None, cell)


def test_a_whole_file_is_one_row(tmp_path):
    assert values(read(tmp_path, "note.txt", "one\n\ntwo\n", format="document")) == [
        {"text": "one\n\ntwo", "file": "note"}
    ]


def test_a_mail_is_read_in_its_own_charset(tmp_path):
    (row,) = values(read(tmp_path, "m.eml", MAIL))
    assert (row["subject"], row["text"], row["sender"]) == ("你好", "Grüße", "Ann <ann@example.org>")
    assert values(read(tmp_path, "n.eml", "Subject: x\nContent-Type: image/png\n\nabc")) == ["no_text_part"]


def test_the_first_sheet_is_read(tmp_path):
    from openpyxl import Workbook

    book = Workbook()
    for line in (["text", "n", None], ["好", 1.0, None], [None, None, None], ["ok", 2.5, "x"]):
        book.active.append(line)
    book.save(tmp_path / "a.xlsx")
    rows = list(read_file(tmp_path / "a.xlsx", FileOptions(), "a.xlsx", "here"))
    assert values(rows) == [{"text": "好", "n": "1"}, {"text": "ok", "n": "2.5"}]


def test_nested_columns_and_folders(project):
    project.write("pos/a.jsonl", json.dumps({"t": {"en": "fine", "zh": "好"}}))
    project.write("neg/b.jsonl", json.dumps({"t": {"en": "awful"}}))
    labels = {"pos": "positive", "neg": "negative"}
    found = project.collect(path="*/*.jsonl", fields={"text": "t.en"}, target="{folder}", labels=labels)
    assert {row["fields"]["text"]: row["target"] for row in found.rows} == {"fine": "positive", "awful": "negative"}


def test_tokens_and_tags_in_columns(project):
    rows = [
        {"tokens": ["Anna", "lives", "in", "Oslo"], "ner_tags": ["B-PER", "O", "O", "B-LOC"]},
        {"tokens": list("安娜住在奥斯陆"), "ner_tags": [1, 2, 0, 0, 3, 4, 4]},
        {"tokens": ["a"], "ner_tags": []},
        {"tokens": ["a"], "ner_tags": [9]},
    ]
    project.write("a.jsonl", "\n".join(map(json.dumps, rows)))
    names = {"0": "O", "1": "B-PER", "2": "I-PER", "3": "B-LOC", "4": "I-LOC"}
    more = {"fields": {"text": "tokens"}, "target": "ner_tags", "labels": names, "lang": "zh"}
    found = project.collect(NER, path="a.jsonl", **more)
    marked = {row["fields"]["text"]: [(s["start"], s["end"], s["label"]) for s in row["target"]] for row in found.rows}
    assert marked == {
        "Anna lives in Oslo": [(0, 4, "PER"), (14, 18, "LOC")],
        "安娜住在奥斯陆": [(0, 2, "PER"), (4, 7, "LOC")],
    }
    assert [reason for _, reason, _ in found.reasons()] == ["unequal_tags", "unnamed_tag"]


def test_squad_by_hand(tmp_path):
    answers = [
        ([{"text": "Alps", "answer_start": "4"}], None),
        ({"text": ["Alps"], "answer_start": [4.0]}, None),
        ([{"text": "", "answer_start": 0}], True),
    ]
    qas = [
        {"question": f"Q{n}?", "answers": given} | ({"is_impossible": True} if impossible else {})
        for n, (given, impossible) in enumerate(answers)
    ]
    data = {"data": [{"paragraphs": [{"context": "The Alps.", "qas": qas}]}]}
    rows = read(tmp_path, "a.json", json.dumps(data), format="squad")
    assert not any(isinstance(row, BadRow) for row in rows)
    assert [row["answers"] for row in values(rows)] == [[{"start": 4, "text": "Alps"}]] * 2 + [[]]
    assert len({row["id"] for row in values(rows)}) == 3


@pytest.mark.parametrize(
    ("row", "spans"),
    [
        ({"text": "Eva is in Rome", "entities": [], "label": [[0, 3, "PER"]]}, [(0, 3)]),
        ({"text": "Eva is in Rome", "label": [["0", "3", "PER"], [10.0, 14.0, "LOC"]]}, [(0, 3), (10, 14)]),
        ({"text": "Eva", "entities": [{"start": 0, "end": 3, "label": "PER"}], "label": [[0, 3, "PER"]]}, [(0, 3)]),
        ({"text": "Eva", "entities": [], "label": []}, []),
        ({"text": "Eva Rome", "entities": [[0, 3, "PER"]], "label": [[4, 8, "LOC"]]}, "bad_span"),
    ],
)
def test_of_two_lists_the_one_with_marks_counts(tmp_path, row, spans):
    (found,) = read(tmp_path, "a.jsonl", json.dumps(row), format="spans")
    if isinstance(found, BadRow):
        assert found.reason == spans
    else:
        assert [(span["start"], span["end"]) for span in found.values["spans"]] == spans


def test_spans_on_a_text_under_another_key(project):
    project.write("a.jsonl", json.dumps({"data": "Eva is in Rome", "label": [[0, 3, "PER"]]}))
    (row,) = project.collect(NER, path="a.jsonl", format="spans", fields={"text": "data"}, lang="en").rows
    assert row["target"] == [{"start": 0, "end": 3, "label": "PER"}]


def test_label_ids_that_became_floats(project):
    project.write(
        "a.jsonl", '{"text": "fine", "label": 1.0}\n{"text": "awful", "label": 0.0}\n{"text": "x", "label": null}'
    )
    found = project.collect(path="a.jsonl", target="label", labels={"1": "positive", "0": "negative"})
    assert [row["target"] for row in found.rows] == ["positive", "negative", None]


def test_lists_that_a_cell_holds_as_json_are_read(project):
    project.write("a.csv", 'tokens,tags\n"[""Eva"", ""sings""]","[""B-PER"", ""O""]"\n')
    (row,) = project.collect(NER, path="a.csv", fields={"text": "tokens"}, target="tags", lang="en").rows
    assert (row["fields"]["text"], row["target"]) == ("Eva sings", [{"start": 0, "end": 3, "label": "PER"}])
    project.write("q.csv", 'c,q,a\nRome is big,What?,"{""text"": [""Rome""], ""answer_start"": [0]}"\n')
    qa = {"type": "qa", "languages": ["en"]}
    more = {"fields": {"context": "c", "question": "q"}, "target": "a", "lang": "en"}
    assert project.collect(qa, path="q.csv", **more).rows[0]["target"] == [{"start": 0, "text": "Rome"}]


def test_several_labels_as_json_and_a_label_that_looks_like_it(project):
    project.write("a.csv", 'text,label\nhello,"[""a"", ""b""]"\nyo,[]\nho,[1]\nno,[a\n')
    task = {"type": "classification", "labels": ["a", "b", "[1]"], "languages": ["en"], "multi_label": True}
    found = project.collect(task, path="a.csv", target="label", lang="en")
    assert {row["fields"]["text"]: row["target"] for row in found.rows} == {
        "hello": ["a", "b"],
        "yo": [],
        "ho": ["[1]"],
    }
    assert [reason for _, reason, _ in found.reasons()] == ["unknown_label"]


def test_an_answer_that_is_a_text_stays_one(project):
    project.write("a.csv", 'text,target\nRome is big and old,"[""Rome""]"\n')
    task = {"type": "summarization", "languages": ["en"]}
    assert project.collect(task, path="a.csv", target="target", lang="en").rows[0]["target"] == '["Rome"]'
