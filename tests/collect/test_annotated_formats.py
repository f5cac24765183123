"""Readers of annotated texts: CoNLL, JSON spans, SQuAD. What is broken costs itself alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.collect.formats import conll, read_file
from pipeline.collect.formats.conll import spans_of
from pipeline.collect.params import FileOptions
from pipeline.collect.rows import BadRow, Row
from pipeline.core.errors import PipelineError
from tests.collect.test_formats import read

NER = {"type": "ner", "labels": ["PER", "LOC"], "languages": ["en", "zh"]}
QA = {"type": "qa", "languages": ["en", "zh"]}


def surfaces(row: Row | BadRow) -> list[tuple[str, str]]:
    assert isinstance(row, Row), row
    return [(row.values["text"][s["start"] : s["end"]], s["label"]) for s in row.values["spans"]]


def reasons(rows: list[Row | BadRow]) -> list[tuple[int, str | None]]:
    return [(row.number, getattr(row, "reason", None)) for row in rows]


# ------------------------------------------------------------------ conll


def test_conll_two_columns(tmp_path):
    rows = read(tmp_path, "a.x", "Ann\tB-PER\nLee\tI-PER\nleft\tO\n\n\n在\tO\nParis\tB-LOC", format="conll")
    assert [row.number for row in rows] == [1, 6]
    assert rows[0].values["text"] == "Ann Lee left"
    assert surfaces(rows[0]) == [("Ann Lee", "PER")]
    assert surfaces(rows[1]) == [("Paris", "LOC")]
    assert rows[0].values["document"] is None


def test_conll_four_columns_by_space_and_documents(tmp_path):
    text = (
        "-DOCSTART- -X- O O\n\nEU NNP B-NP B-ORG\nrejects VBZ B-VP O\n\nPeter NNP B-NP B-PER\n\n"
        "-DOCSTART- -X- O O\n\nRome NNP B-NP B-LOC\n"
    )
    rows = read(tmp_path, "a.x", text, format="conll")
    assert [surfaces(row) for row in rows] == [[("EU", "ORG")], [("Peter", "PER")], [("Rome", "LOC")]]
    first, second, third = (row.values["document"] for row in rows)
    assert first == second != third
    assert third is not None
    chunks = read(tmp_path, "a.x", text, format="conll", tag_column=2)
    assert surfaces(chunks[0]) == [("EU", "NP"), ("rejects", "VP")]


def test_conll_chinese_has_no_spaces_unless_told(tmp_path):
    text = "张\tB-PER\n三\tI-PER\n去\tO\nN\tB-LOC\nY\tI-LOC\n\u3000\tO\n。\tO\n"
    (row,) = read(tmp_path, "a.x", text, format="conll")
    assert row.values["text"] == "张三去NY\u3000。"
    assert surfaces(row) == [("张三", "PER"), ("NY", "LOC")]
    (row,) = read(tmp_path, "a.x", text, format="conll", joiner=" ")
    assert surfaces(row) == [("张 三", "PER"), ("N Y", "LOC")]


@pytest.mark.parametrize(
    ("tags", "spans", "contradictions"),
    [
        ("B-A I-A O B-A B-A", [(0, 2, "A"), (3, 4, "A"), (4, 5, "A")], 0),  # IOB2
        ("I-A I-A B-A O I-B", [(0, 2, "A"), (2, 3, "A"), (4, 5, "B")], 2),  # IOB1
        ("B-A I-A E-A S-B O S-B", [(0, 3, "A"), (3, 4, "B"), (5, 6, "B")], 0),  # BIOES
        ("B-A M-A E-A W-B", [(0, 3, "A"), (3, 4, "B")], 0),  # BMES with W
        ("B-A L-A U-B", [(0, 2, "A"), (2, 3, "B")], 0),  # BILOU
        ("A A O B", [(0, 2, "A"), (3, 4, "B")], 0),  # no scheme
        ("B-A I-B", [(0, 1, "A"), (1, 2, "B")], 1),
        ("O E-A O", [(1, 2, "A")], 1),
        ("S-A I-A", [(0, 1, "A"), (1, 2, "A")], 1),
        ("B-creative-work I-creative-work", [(0, 2, "creative-work")], 0),
    ],
)
def test_conll_tag_schemes(tags, spans, contradictions):
    assert spans_of(tags.split()) == (spans, contradictions)


def encode(spans: list[tuple[int, int, str]], size: int, scheme: str) -> list[str]:
    tags = ["O"] * size
    for start, end, label in spans:
        for n in range(start, end):
            tags[n] = f"I-{label}" if n > start else f"B-{label}"
        if scheme == "BIOES":
            tags[end - 1] = f"S-{label}" if end - start == 1 else f"E-{label}"
    return tags


@pytest.mark.parametrize("scheme", ["IOB2", "BIOES"])
@given(cuts=st.lists(st.tuples(st.integers(1, 3), st.sampled_from(["A", "B-x", None]))))
def test_conll_decoding_undoes_encoding(scheme, cuts):
    spans, place = [], 0
    for length, label in cuts:
        if label:
            spans.append((place, place + length, label))
        place += length
    assert spans_of(encode(spans, place, scheme)) == (spans, 0)


BAD_CONLL = b"Ann\tB-PER\n\ncaf\xe9\tO\n\nx\tO\ny\n\na\tO\n\tO\n\nz\tI-LOC\n\nBob\tB-P"


def test_conll_broken_lines_cost_their_sentence(tmp_path):
    rows = read(tmp_path, "a.x", BAD_CONLL, format="conll")
    expected = [(1, None), (3, "undecodable"), (6, "wrong_column_count"), (9, "empty_token"), (11, None), (13, None)]
    assert reasons(rows) == expected
    assert rows[2].detail == "1 columns where the file has 2"
    assert rows[4].repaired == "inconsistent_tags"


def test_conll_a_sound_sentence_is_gone_through_once():
    class Counted(list[tuple[int, str]]):
        passes = 0

        def __iter__(self) -> Iterator[tuple[int, str]]:
            self.passes += 1
            return super().__iter__()

    block = Counted((n, f"w{n}\tO\n") for n in range(1, 101))
    row = conll._sentence(block, conll.Layout(2, " "), FileOptions(format="conll"), None)
    assert isinstance(row, Row)
    assert block.passes == 1


@pytest.mark.parametrize(
    ("bad_tags", "reason", "repaired"), [("quarantine", "inconsistent_tags", None), ("iob1", None, None)]
)
def test_conll_inconsistent_tags_by_option(tmp_path, bad_tags, reason, repaired):
    (row,) = read(tmp_path, "a.x", "z\tO\nRome\tI-LOC\n", format="conll", bad_tags=bad_tags)
    assert getattr(row, "reason", None) == reason
    assert getattr(row, "repaired", None) == repaired


def test_conll_without_tags_is_unlabelled_and_comments_are_no_tokens(tmp_path):
    (row,) = read(tmp_path, "a.x", "plain\nwords\n", format="conll")
    assert (row.values["text"], row.values["spans"]) == ("plain words", None)
    (row,) = read(tmp_path, "a.x", "# id 7 domain=en\n#\tO\nword\tO\n", format="conll")
    assert row.values["text"] == "# word"


def test_conll_tag_column_that_is_not_there_stops(tmp_path):
    with pytest.raises(PipelineError, match=r"tag_column 3, but most lines have 2 columns"):
        read(tmp_path, "a.x", "a\tO\n", format="conll", tag_column=3)


def test_conll_through_collect(project):
    project.write("a.conll", BAD_CONLL + b"ER\n\nOslo\tB-CITY\n")
    found = project.collect(NER, path="a.conll", format="conll")
    assert next(row["target"] for row in found.rows) == [{"start": 0, "end": 3, "label": "PER"}]
    assert sorted(found.reasons()) == [
        ("parse", "unknown_label", 15),
        ("read", "empty_token", 9),
        ("read", "undecodable", 3),
        ("read", "wrong_column_count", 6),
    ]
    note = found.report["notes"]["sources"]["s"]
    assert note["repaired"] == {"inconsistent_tags": 1}
    assert (note["read"], note["kept"]) == (7, 3)
    assert {row["source"]["locator"] for row in found.dropped} == {"a.conll"}


def test_labels_are_translated_inside_spans_and_excluded_ones_are_not_marked(project):
    project.write("a.conll", "Ann\tB-person\nin\tO\nOslo\tB-city\nXmas\tB-event\n")
    labels = {"person": "PER", "city": "LOC", "event": None}
    (row,) = project.collect(NER, path="a.conll", format="conll", labels=labels).rows
    assert [span["label"] for span in row["target"]] == ["PER", "LOC"]


# ------------------------------------------------------------------ spans


@pytest.mark.parametrize(
    "marked",
    [
        {"spans": [{"start": 0, "end": 2, "label": "LOC"}]},
        {"entities": [{"start_offset": 0, "end_offset": 2, "type": "LOC"}]},
        {"label": [[0, 2, "LOC"]]},
        {"label": {"LOC": {"北京": [[0, 1]]}}},
        {"label": [{"start": 0, "end": 2, "text": "北京", "labels": ["LOC"]}]},
    ],
)
def test_spans_in_every_form(tmp_path, marked):
    row = {"text": "北京很大", **marked}
    for content in (json.dumps(row), json.dumps([row], indent=1), json.dumps(row, indent=2) * 2):
        rows = read(tmp_path, "a.json", content, format="spans")
        assert [surfaces(r) for r in rows] == [[("北京", "LOC")]] * len(rows)
        assert {r.repaired for r in rows} == {None}


def test_spans_last_included(tmp_path):
    content = json.dumps({"text": "北京很大", "label": [[0, 1, "LOC"]]})
    assert surfaces(read(tmp_path, "a.json", content, format="spans", last_included=True)[0]) == [("北京", "LOC")]


def test_spans_none_is_unlabelled_and_empty_means_nothing_there(tmp_path):
    rows = read(tmp_path, "a.json", '{"text": "a"}\n{"text": "b", "label": []}\n', format="spans")
    assert [row.values["spans"] for row in rows] == [None, []]


def test_spans_a_wrong_place_is_mended_where_the_surface_occurs_once(tmp_path):
    rows = read(
        tmp_path,
        "a.json",
        '{"text": "he met Ann", "label": {"PER": {"Ann": [[3, 5]]}}}\n'
        '{"text": "Ann met Ann", "label": {"PER": {"Ann": [[1, 3]]}}}\n'
        '{"text": "Ann", "label": {"PER": {"Bob": [[0, 2]]}}}\n',
        format="spans",
    )
    assert surfaces(rows[0]) == [("Ann", "PER")]
    assert rows[0].repaired == "span_offset"
    assert reasons(rows) == [(1, None), (2, "surface_mismatch"), (3, "surface_mismatch")]


@pytest.mark.parametrize(
    ("marked", "reason"),
    [
        ('[[0, 9, "PER"]]', "offset_out_of_range"),
        ('[[-1, 1, "PER"]]', "offset_out_of_range"),
        ('[[2, 2, "PER"]]', "offset_out_of_range"),
        ("[[0, 1]]", "bad_span"),
        ('[{"start": "first", "end": 1, "label": "PER"}]', "bad_span"),
        ('[{"start": 0, "end": 1}]', "bad_span"),
        ('"PER"', "bad_span"),
        ('{"PER": ["Ann"]}', "bad_span"),
        ('{"PER": {"Ann": [[0]]}}', "bad_span"),
        ('{"PER": {"Ann": [["0", 2]]}}', "bad_span"),
    ],
)
def test_spans_that_cannot_be_are_quarantined(tmp_path, marked, reason):
    rows = read(tmp_path, "a.json", f'{{"text": "Ann", "label": {marked}}}\n{{"text": "b"}}', format="spans")
    assert reasons(rows) == [(1, reason), (2, None)]


def test_spans_broken_objects_cost_themselves_alone(tmp_path):
    good = json.dumps({"text": "好", "label": []}, indent=2, ensure_ascii=False)
    broken = good.replace('"label"', "label")
    parts = [good, broken, good.replace("好", "caf\xff"), "[1]", '{"a": 1}', good]
    content = "\n".join(parts).encode().replace("\xff".encode(), b"\xe9") + b"\n" + good.encode()[:-1]
    rows = read(tmp_path, "a.json", content, format="spans")
    expected = [None, "not_json", "undecodable", "not_an_object", "missing_text_column", None, "not_json"]
    assert [reason for _, reason in reasons(rows)] == expected
    assert [row.number for row in rows] == [1, 5, 9, 13, 14, 15, 19]


# ------------------------------------------------------------------ lists that are cut off


def test_json_list_that_is_damaged_or_cut_off_keeps_its_sound_elements(tmp_path):
    rows = [{"a": n, "b": "好"} for n in range(4)]
    text = json.dumps(rows, indent=1, ensure_ascii=False)
    cut = read(tmp_path, "a.json", text[: text.rindex("好")])
    assert reasons(cut) == [(1, None), (2, None), (3, None), (4, "not_json"), (5, "truncated_file")]
    damaged = read(tmp_path, "a.json", text.replace('"a": 1', '"a" 1'))
    assert reasons(damaged) == [(1, None), (2, "not_json"), (3, None), (4, None)]
    assert damaged[1].detail.startswith("line 6: line 7, column 7")
    undecodable = read(tmp_path, "a.json", text.encode().replace("好".encode(), b"\xe9", 1))
    assert reasons(undecodable) == [(1, "undecodable"), (2, None), (3, None), (4, None)]


@given(st.integers(0, 400))
def test_json_list_cut_anywhere_loses_no_element_before_the_cut(tmp_path_factory, place):
    rows = [{"a": n, "b": "} ] 好"} for n in range(8)]
    text = json.dumps(rows, indent=1, ensure_ascii=False)[: 1 + place]
    found = read(tmp_path_factory.mktemp("cut"), "a.json", text)
    whole = text.count("\n }")
    assert [row.values for row in found if isinstance(row, Row)] == rows[:whole]
    assert isinstance(found[-1], BadRow) or text.endswith("]")


# ------------------------------------------------------------------ squad


def squad(*paragraphs: dict[str, Any], title: str = "T") -> dict[str, Any]:
    return {"version": "1", "data": [{"title": title, "paragraphs": list(paragraphs)}]}


def qa(identity: str, *answers: tuple[int, str], **more: Any) -> dict[str, Any]:
    given = [{"answer_start": start, "text": text} for start, text in answers]
    return {"id": identity, "question": f"{identity}?", "answers": given, **more}


def test_squad_answers_and_questions_that_have_none(tmp_path):
    paragraph = {
        "context": "他住在北京。",
        "qas": [
            qa("1", (3, "北京")),
            qa("2", is_impossible=True, plausible_answers=[{"text": "他", "answer_start": 0}]),
            {"id": "3", "question": "unknown?"},
        ],
    }
    rows = read(tmp_path, "a.json", json.dumps(squad(paragraph)), format="squad")
    assert [row.values["answers"] for row in rows] == [[{"start": 3, "text": "北京"}], [], None]
    assert len({row.values["context_id"] for row in rows}) == 1
    assert (rows[0].values["id"], rows[0].values["title"], rows[0].number) == ("1", "T", 1)


def test_cmrc_in_its_own_form(tmp_path):
    row = {
        "context_id": "TRIAL_1",
        "context_text": "他住在北京。",
        "title": "x",
        "qas": [{"query_id": "Q1", "query_text": "哪里？", "answers": ["北京", "住在北京"]}],
    }
    (found,) = read(tmp_path, "a.json", json.dumps([row]), format="squad")
    assert [a["start"] for a in found.values["answers"]] == [3, 1]
    assert (found.values["id"], found.values["question"]) == ("Q1", "哪里？")


def test_squad_bad_parts_cost_themselves_alone(tmp_path):
    paragraph = {
        "context": "Ann left",
        "qas": [
            qa("1", (0, "Ann")),
            qa("2", (0, "Ann"), is_impossible=True),
            qa("3", is_impossible=False),
            {"id": "4", "answers": []},
            {"id": "5", "question": "?", "answers": [{"text": "Ann"}]},
            "6",
        ],
    }
    data = squad(paragraph, {"context": "no questions"})
    data["data"].append(7)
    rows = read(tmp_path, "a.json", json.dumps(data), format="squad")
    assert [getattr(row, "reason", None) for row in rows] == [
        None,
        "contradictory_answer",
        "contradictory_answer",
        "not_a_question",
        "bad_answer",
        "not_a_question",
        "not_a_paragraph",
        "not_an_article",
    ]
    assert [row.number for row in rows] == list(range(1, 9))


def test_squad_cut_off_or_in_another_encoding_keeps_its_sound_articles(tmp_path):
    data = squad({"context": "Ann left", "qas": [qa("1", (0, "Ann"))]})
    data["data"] *= 3
    text = json.dumps(data, indent=1)
    cut = read(tmp_path, "a.json", text[: text.rindex("Ann")], format="squad")
    assert [getattr(row, "reason", None) for row in cut] == [None, None, "not_json", "truncated_file"]
    other = read(tmp_path, "a.json", text.encode().replace(b"left", b"l\xe9ft", 1), format="squad")
    assert [getattr(row, "reason", None) for row in other] == ["undecodable", None, None]


@pytest.mark.parametrize(
    ("content", "message"),
    [('{"rows": []}', "found an object with the keys rows"), ("not json", "no list called `data`"), ("7", "a value")],
)
def test_squad_that_is_none_stops(tmp_path, content, message):
    with pytest.raises(PipelineError, match=message):
        read(tmp_path, "a.json", content, format="squad")


def test_squad_through_collect_has_key_group_and_target_of_its_own(project):
    questions = [qa("1", (0, "Ann")), qa("2", (4, "left")), qa("1", (0, "Ann")), qa("3", (99, "left"))]
    project.write("a.json", json.dumps(squad({"context": "Ann left", "qas": questions})))
    found = project.collect(QA, path="a.json", format="squad")
    assert found.reasons() == [("parse", "repeated_key", 3)]
    assert next(row["target"] for row in found.rows) == [{"start": 0, "text": "Ann"}]
    assert len({row["group"] for row in found.rows}) == 1
    assert found.rows[0]["group"].startswith("s:")


def test_answers_in_columns_are_read_as_datasets_has_them(project):
    row = {"context": "Ann left", "question": "who?", "answers": {"text": ["Ann"], "answer_start": [0]}}
    broken = {**row, "answers": {"text": ["Ann"], "answer_start": []}}
    project.write("a.jsonl", f"{json.dumps(row)}\n{json.dumps(broken)}\n")
    found = project.collect(QA, path="a.jsonl", target="answers")
    assert found.rows[0]["target"] == [{"start": 0, "text": "Ann"}]
    assert found.reasons() == [("parse", "bad_answer", 2)]


WEIBO = "科0\tB-ORG\n技1\tI-ORG\n好0\tO\n人0\tO\n们1\tO\n\n一0\tO\n"


def test_segment_digits_are_asked_about_and_stripped_or_kept(tmp_path):
    path = tmp_path / "weibo.conll"
    path.write_text(WEIBO, "utf-8")
    with pytest.raises(PipelineError, match="科0"):
        list(read_file(path, FileOptions(format="conll"), "weibo.conll", "here"))
    for how, text in (("strip", "科技好人们"), ("keep", "科0技1好0人0们1")):
        row = next(iter(read_file(path, FileOptions(format="conll", segment_digits=how), "weibo.conll", "here")))
        assert row.values["text"] == text
        assert row.values["spans"][0]["label"] == "ORG"
