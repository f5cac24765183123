from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.collect.formats import conll
from pipeline.collect.formats.conll import spans_of
from pipeline.collect.params import FileOptions
from pipeline.collect.rows import BadRow, Row
from pipeline.core.errors import PipelineError
from tests.collect.reading import read

NER = {"type": "ner", "labels": ["PER", "LOC"], "languages": ["en", "zh"]}


def surfaces(row: Row | BadRow) -> list[tuple[str, str]]:
    assert isinstance(row, Row), row
    return [(row.values["text"][s["start"] : s["end"]], s["label"]) for s in row.values["spans"]]


def reasons(rows: list[Row | BadRow]) -> list[tuple[int, str | None]]:
    return [(row.number, getattr(row, "reason", None)) for row in rows]


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
